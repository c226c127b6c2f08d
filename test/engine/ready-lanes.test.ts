import { describe, expect, test } from 'vitest'
import { ReadyLanes } from '../../src/engine/ready-lanes.ts'

interface TestLane {
  readonly name: string
  openCalls: number
}

const lane = (name: string, openCalls = 0): TestLane => ({ name, openCalls })
const a = ['a']
const b = ['b']
const both = ['a', 'b']

function namesOf(ready: ReadyLanes<TestLane>, route = 'a'): string {
  return [...ready.of(route)].map(each => each.name).join(' ')
}

describe('the order', () => {
  test('is that in which they came, those with fewer open calls before the others', () => {
    const ready = new ReadyLanes<TestLane>()
    const lanes = [lane('slow', 3), lane('one'), lane('busy', 1), lane('two'), lane('slower', 40)]
    for (const each of lanes) ready.join(each, a)
    expect([namesOf(ready), ready.unused]).toEqual(['one two busy slow slower', 2])
  })

  test('changes with the open calls, and with each turn', () => {
    const ready = new ReadyLanes<TestLane>()
    const [one, two, three] = [lane('one'), lane('two'), lane('three')]
    for (const each of [one, two, three]) ready.join(each, a)
    ready.goLast(one, a)
    expect(namesOf(ready)).toBe('two three one')
    two.openCalls = 2
    ready.join(two, a)
    expect([namesOf(ready), ready.unused]).toEqual(['three one two', 2])
    two.openCalls = 0
    ready.join(two, a)
    ready.join(three, a)
    expect([namesOf(ready), ready.unused]).toEqual(['three one two', 3])
  })

  test('lets a lane that has had its turn come round again, after all that wait for theirs', () => {
    const ready = new ReadyLanes<TestLane>()
    for (const each of [lane('one'), lane('two'), lane('three', 1), lane('four', 2)]) ready.join(each, a)
    const turns: string[] = []
    for (const each of ready.of('a')) {
      turns.push(each.name)
      if (turns.length === 9) break
      if (each.openCalls < 1) each.openCalls += 1
      ready.goLast(each, a)
    }
    expect(turns.join(' ')).toBe('one two three one two three one two three')
  })
})

describe('a route', () => {
  test('sees what is offered to it, in the order that all others see', () => {
    const ready = new ReadyLanes<TestLane>()
    const shared = lane('shared')
    ready.join(lane('a1'), a)
    ready.join(shared, both)
    ready.join(lane('b1'), b)
    ready.join(lane('a2', 1), a)
    ready.join(lane('nobody’s'), [])
    expect([namesOf(ready, 'a'), namesOf(ready, 'b'), namesOf(ready, 'c')]).toEqual(['a1 shared a2', 'shared b1', ''])
    shared.openCalls = 2
    ready.join(shared, both)
    expect([namesOf(ready, 'a'), namesOf(ready, 'b')]).toEqual(['a1 a2 shared', 'b1 shared'])
    ready.join(shared, b)
    expect([namesOf(ready, 'a'), namesOf(ready, 'b')]).toEqual(['a1 a2', 'b1 shared'])
    expect([ready.delete(shared), ready.delete(shared), ready.has(shared)]).toEqual([true, false, false])
    expect([namesOf(ready, 'a'), namesOf(ready, 'b'), ready.unused]).toEqual(['a1 a2', 'b1', 3])
  })
})
