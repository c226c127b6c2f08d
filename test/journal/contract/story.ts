/** All that is known of one address. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal, Lease, Story } from '../../../src/journal/journal.ts'
import type { Settlement } from '../../../src/model/message.ts'
import {
  accepted,
  address,
  beginOne,
  cause,
  claimAll,
  deferred,
  failed,
  minute,
  noon,
  own,
  type Place,
  prepare,
  recipients,
  second,
  start,
} from '../samples.ts'

export function storyContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  /** `november: accepted by beta (alpha at 0 s took 1 s with 2, beta at 60 s took 1 s with 1 last)` */
  function told(story: Story): string[] {
    return story.chapters.map(({ run, record, attempts }) => {
      const calls = attempts.map(each =>
        [
          `${each.route} at ${(each.begunAtMs - noon) / second} s`,
          each.settledAtMs === null ? '' : `took ${(each.settledAtMs - each.begunAtMs) / second} s`,
          each.givenUpAtMs === null ? '' : 'given up',
          `with ${each.messages}`,
          each.isLast ? 'last' : '',
        ]
          .filter(Boolean)
          .join(' '),
      )
      const state = [record.state, record.skipReason, record.class].filter(Boolean).join(' ')
      return `${run.key}, line ${record.line}: ${state} (${calls.join(', ')})`
    })
  }

  function callAll(run: string, atMs: number, route: string, settlement: Settlement): void {
    const messageIds = claimAll(journal, run, atMs).map(({ id }) => id)
    const [begun] = journal.begin(lease, [{ run, route, messageIds, nowMs: atMs }])
    const settlements = messageIds.map(messageId => ({ messageId, settlement }))
    journal.settle([{ attempt: begun?.attempt ?? 0, nowMs: atMs + second, settlements }])
  }

  test('nobody has heard of her', () => {
    start(journal, ['bob'])
    expect(journal.story(address('ada'))).toEqual({ suppression: null, chapters: [] })
  })

  test('every run, the newest first, with every call she was in', () => {
    const first = start(journal, ['ada', 'bob'])
    callAll(first, noon, 'alpha', deferred(noon + minute))
    callAll(first, noon + minute, 'beta', accepted)
    const second = start(journal, ['eve', 'ada'])
    callAll(second, noon, 'alpha', failed('hard'))
    const third = prepare(journal, ['bob'], { key: 'december' })
    const skipped = [{ address: address('ada'), line: 9, reason: 'beyond the limit' as const }]
    journal.enqueue(third, { recipients: [], skipped, problems: [], nowMs: noon })
    journal.openRun(third)
    prepare(journal, ['ada'], { key: 'january' })
    expect(told(journal.story(address('ada')))).toEqual([
      'december, line 9: skipped beyond the limit ()',
      'november, line 3: skipped already had it ()',
      'november, line 2: accepted (alpha at 0 s took 1 s with 2, beta at 60 s took 1 s with 2 last)',
    ])
  })

  test('a call that nobody heard, and one that is open', () => {
    const run = start(journal, ['ada'])
    beginOne(
      journal,
      lease,
      run,
      claimAll(journal, run).map(({ id }) => id),
    )
    expect(told(journal.story(address('ada')))).toEqual(['november, line 2: queued (alpha at 0 s with 1)'])
    journal.release(lease)
    lease = own(journal, 'november', { pid: 2 })
    journal.recover(run, noon + minute)
    expect(told(journal.story(address('ada')))).toEqual([
      'november, line 2: in doubt unknown (alpha at 0 s given up with 1 last)',
    ])
  })

  test('a call is hers by her number, and not by one that begins like it', () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`)
    const run = start(journal, names)
    const [first, ...others] = claimAll(journal, run).map(({ id }) => id)
    beginOne(journal, lease, run, [first ?? 0], 'alpha')
    for (const each of others) beginOne(journal, lease, run, [each], 'beta')
    expect(journal.story(address('p0')).chapters[0]?.attempts.map(({ route }) => route)).toEqual(['alpha'])
  })

  test('in any case of her letters, and with why she is not mailed', () => {
    const run = prepare(journal, [])
    const [upper, lower] = [recipients(['Ada.L'], 2), recipients(['ada.l'], 3)]
    journal.enqueue(run, { recipients: [...upper, ...lower], skipped: [], problems: [], nowMs: noon })
    journal.openRun(run)
    callAll(run, noon, 'alpha', { to: 'failed', cause: cause('hard', 'no such user'), suppress: true })
    for (const each of ['ada.l', 'Ada.L', 'ADA.L']) {
      const { suppression, chapters } = journal.story(address(each))
      expect(chapters.map(({ record }) => record.line)).toEqual([2, 3])
      expect(suppression).toEqual({
        address: address('ada.l'),
        reason: 'hard bounce',
        source: `run ${run}: no such user`,
        atMs: noon + second,
      })
    }
  })
}
