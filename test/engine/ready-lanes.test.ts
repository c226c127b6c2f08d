import { describe, expect, test } from 'vitest'
import { ReadyLanes } from '../../src/engine/ready-lanes.ts'

interface TestLane {
  readonly name: string
  openCalls: number
  readonly routes: readonly string[]
}

const lane = (name: string, openCalls = 0, routes: readonly string[] = ['a']): TestLane => ({ name, openCalls, routes })

function namesOf(ready: ReadyLanes<TestLane>, route = 'a'): string {
  return [...ready.of(route)].map(each => each.name).join(' ')
}

describe('the order', () => {
  test('is that in which they came, those with fewer open calls before the others', () => {
    const ready = new ReadyLanes<TestLane>()
    for (const each of [lane('slow', 3), lane('one'), lane('busy', 1), lane('two'), lane('slower', 40)])
      ready.goLast(each)
    expect(namesOf(ready)).toBe('one two busy slow slower')
  })

  test('changes with the open calls, and with each turn', () => {
    const ready = new ReadyLanes<TestLane>()
    const [one, two, three] = [lane('one'), lane('two'), lane('three')]
    for (const each of [one, two, three]) ready.goLast(each)
    ready.goLast(one)
    expect(namesOf(ready)).toBe('two three one')
    two.openCalls = 2
    ready.join(two)
    expect(namesOf(ready)).toBe('three one two')
    two.openCalls = 0
    ready.join(two)
    ready.join(three)
    expect(namesOf(ready)).toBe('three one two')
  })

  test('lets a lane that has had its turn come round again, after all that wait for theirs', () => {
    const ready = new ReadyLanes<TestLane>()
    for (const each of [lane('one'), lane('two'), lane('three', 1), lane('four', 2)]) ready.goLast(each)
    const turns: string[] = []
    for (const each of ready.of('a')) {
      turns.push(each.name)
      if (turns.length === 9) break
      if (each.openCalls < 1) each.openCalls += 1
      ready.goLast(each)
    }
    expect(turns.join(' ')).toBe('one two three one two three one two three')
  })
})

describe('a route', () => {
  test('sees its own lanes only, each as all others see it', () => {
    const ready = new ReadyLanes<TestLane>()
    const both = lane('both', 0, ['a', 'b'])
    for (const each of [lane('a1'), both, lane('b1', 0, ['b']), lane('a2', 1), lane('nobody’s', 0, [])])
      ready.goLast(each)
    expect([namesOf(ready, 'a'), namesOf(ready, 'b'), namesOf(ready, 'c')]).toEqual(['a1 both a2', 'both b1', ''])
    both.openCalls = 2
    ready.join(both)
    expect([namesOf(ready, 'a'), namesOf(ready, 'b')]).toEqual(['a1 a2 both', 'b1 both'])
    expect([ready.delete(both), ready.delete(both)]).toEqual([true, false])
    expect([namesOf(ready, 'a'), namesOf(ready, 'b')]).toEqual(['a1 a2', 'b1'])
  })
})
