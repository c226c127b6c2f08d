import fc from 'fast-check'
import { expect, test } from 'vitest'
import { comes, TimeQueue } from '../../src/engine/time-queue.ts'

test('what waits is taken when its time has come, the earliest first', () => {
  const queue = new TimeQueue<string>()
  for (const [item, atMs] of [
    ['c', 30],
    ['a', 10],
    ['b', 20],
  ] as const)
    queue.set(item, atMs)
  expect(queue.first()).toEqual({ item: 'a', atMs: 10 })
  expect([queue.takeDue(9), queue.takeDue(25), queue.takeDue(25), queue.takeDue(25)]).toEqual([
    undefined,
    'a',
    'b',
    undefined,
  ])
  expect([queue.size, queue.timeOf('a'), queue.timeOf('c')]).toEqual([1, undefined, 30])
})

test('what waits for no time is there, but is never first', () => {
  const queue = new TimeQueue<string>()
  queue.set('call', Number.POSITIVE_INFINITY)
  queue.set('operator', Number.MAX_SAFE_INTEGER)
  expect([queue.size, queue.first(), queue.takeDue(Number.MAX_SAFE_INTEGER)]).toEqual([2, undefined, undefined])
  queue.set('call', 10)
  expect(queue.takeDue(10)).toBe('call')
  expect([comes(10), comes(Number.MAX_SAFE_INTEGER), comes(Number.POSITIVE_INFINITY)]).toEqual([true, false, false])
})

const item = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const time = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }) }, fc.constant(Number.POSITIVE_INFINITY))
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), item, atMs: time }),
  fc.record({ do: fc.constant('delete' as const), item, atMs: time }),
  fc.record({ do: fc.constant('take' as const), item, atMs: fc.integer({ min: 0, max: 20 }) }),
)

test('whatever is set, deleted and taken, it is as a list that is searched', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const queue = new TimeQueue<string>()
      const plain = new Map<string, number>()
      for (const { do: what, item, atMs } of steps) {
        if (what === 'set') {
          queue.set(item, atMs)
          plain.set(item, atMs)
        } else if (what === 'delete') expect(queue.delete(item)).toBe(plain.delete(item))
        else {
          const least = Math.min(...plain.values())
          const taken = queue.takeDue(atMs)
          // Of those with the same time any may be first.
          if (least > atMs) expect(taken).toBe(undefined)
          else expect(plain.get(taken ?? '')).toBe(least)
          if (taken !== undefined) plain.delete(taken)
        }
        const times = [...plain.values()].filter(comes).sort((a, b) => a - b)
        expect([queue.size, queue.first()?.atMs]).toEqual([plain.size, times[0]])
        expect(new Map(queue.items())).toEqual(plain)
        const latest = queue.latest(3).map(each => plain.get(each))
        expect(latest).toEqual([...plain.values()].sort((a, b) => b - a).slice(0, 3))
      }
    }),
    { seed: 1, numRuns: 300 },
  )
})
