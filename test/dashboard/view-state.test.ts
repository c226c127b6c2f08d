/** The state is bounded however long the run, and the same whether notices come one by one or together. */

import { expect, test } from 'vitest'
import { noView, secondsKept, viewed } from '../../src/dashboard/view-state.ts'
import { countsAddUp } from '../../src/model/message.ts'
import type { Notice, SettledMessage } from '../../src/model/notice.ts'
import { dashboardRun, startMs } from '../support/dashboard-run.ts'

test('notices taken one by one come to the same as all at once', () => {
  const notices = dashboardRun(30)
  const oneByOne = notices.reduce((state, notice) => viewed(state, [notice]), noView)
  expect(oneByOne).toEqual(viewed(noView, notices))
  expect(countsAddUp(oneByOne.counts)).toBe(true)
})

test('a hundred thousand sites, words and seconds leave no more behind than is kept, and the busiest stay', () => {
  let state = viewed(noView, dashboardRun(1))
  for (let round = 0; round < 100; round++) {
    const messages = Array.from({ length: 1000 }, (_, index): SettledMessage => {
      const number = round * 1000 + index
      const cause = { class: 'hard', code: `5${number}`, text: 'no' } as const
      return { address: 'a@b', site: `s${number}.example`, line: 1, state: 'failed', cause }
    })
    const busy: SettledMessage = { address: 'a@b', site: 'busy.example', line: 1, state: 'accepted' }
    const notice: Notice = {
      type: 'settled',
      atMs: startMs + round * 60_000,
      route: 'smtp',
      tookMs: 1,
      messages: [...messages, busy, busy],
    }
    state = viewed(state, [notice])
  }
  expect(state.sites.size).toBeLessThanOrEqual(2000)
  expect(state.sites.get('busy.example')?.accepted).toBe(200)
  expect(state.reasons.size).toBeLessThanOrEqual(1200)
  expect(state.perSecond.length).toBeLessThanOrEqual(secondsKept)
})

test('of the calls of a route the last two hundred are kept', () => {
  const calls = Array.from({ length: 250 }, (_, index): Notice => {
    return { type: 'settled', atMs: startMs + index, route: 'smtp', tookMs: index + 1, messages: [] }
  })
  const { tookMs } = viewed(noView, calls).routes.get('smtp') ?? {}
  expect(tookMs).toEqual(Array.from({ length: 200 }, (_, index) => index + 51))
})

test('reasons that differ only in whom they name are one', () => {
  const refused = (number: number): SettledMessage => ({
    address: `p${number}@b.example`,
    site: 'b.example',
    line: number,
    state: 'failed',
    cause: { class: 'hard', code: '550', status: '5.1.1', text: `<p${number}@b.example>: no such user, id ${number}` },
  })
  const state = viewed(noView, [
    { type: 'settled', atMs: startMs, route: 'smtp', tookMs: 1, messages: [refused(1), refused(22), refused(333)] },
  ])
  expect([...state.reasons.values()].map(reason => reason.count)).toEqual([3])
})
