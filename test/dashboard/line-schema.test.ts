/** The JSON Schema of `--json`. That real lines are as it says is checked wherever a test runs the program. */

import { expect, expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import { lineJsonSchema, lineSchemas, type noticeSchemas, type Said } from '../../src/dashboard/line-schema.ts'
import type { Wire } from '../../src/dashboard/wire.ts'
import { checkLines } from '../support/json-lines.ts'

test('every notice that there can be is as its schema says, and nothing else is', () => {
  type Line = z.output<(typeof noticeSchemas)[keyof typeof noticeSchemas]>
  expectTypeOf<Wire<Said>>().toExtend<Line>()
  expectTypeOf<Line>().toExtend<Wire<Said>>()
})

test('the schema: what is published changes only on purpose', async () => {
  await expect(`${JSON.stringify(lineJsonSchema(), null, 2)}\n`).toMatchFileSnapshot('../golden/notices.schema.json')
})

test('a line that is not as its schema says fails the test that made it', () => {
  const back = { type: 'route-back', at: '2026-11-22T09:00:00.000Z', route: 'smtp' }
  const wrong = [
    { ...back, at: 0 },
    { ...back, route: undefined },
    { ...back, until: null },
    { ...back, type: 'route-gone' },
  ]
  expect(() => checkLines(`run 1\n${JSON.stringify(back)}\n{"type":"cut off`)).not.toThrow()
  for (const line of wrong) expect(() => checkLines(`${JSON.stringify(line)}\n`)).toThrow()
})

test('each type of line says in words when it is', () => {
  expect(
    Object.entries(lineSchemas)
      .map(([type, { description }]) => `${type}: ${description}`)
      .join('\n'),
  ).toMatchInlineSnapshot(`
    "plan: Before a send: what would be sent, by which routes, how long it may take
    started: The delivery begins
    settled: A call has ended, and what became of its messages is in the journal
    route-resting: Nothing goes by a route until then
    route-back: A route that rested for trouble answers again
    route-stopped: A route is not used any more in this process
    site-resting: Nothing goes to a receiving site until then
    pace-changed: A receiver or provider is given less, or more again
    waiting: Nothing can be sent until then
    stalled: Nothing has been sent since then
    asked: Somebody else has changed what is to be done
    canary: Everybody of the canary has been tried, or has done well enough for the others to follow
    guard: A threshold was crossed
    stopping: No new call is made; so many are open
    ended: The delivery is over
    summary: The last line of all: the report
    doubts-settled: What \`settle\` has done"
  `)
})
