/**
 * Retries over three days as they really leave, in as many processes as cron begins. The receivers' words are those of SMTP
 * servers, so what is tried again by which plan is what the provider makes of them.
 */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { campaignSchema } from '../../src/intake/campaign-schema.ts'
import type { RetrySettings } from '../../src/model/campaign.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { waitSentence } from '../../src/model/wait.ts'
import { plural } from '../../src/model/words.ts'
import { classifyReply, type Negative } from '../../src/providers/smtp-reply.ts'
import { accepted, DeliveryBench, hour, minute } from '../support/delivery-bench.ts'
import { clockTime, elapsed, endWords, inStints, type Stint } from '../support/stints.ts'

const zone = 'Europe/Berlin'
/** A Saturday, in whose night clocks are put back: three days are 72 hours all the same. */
const startMs = Date.parse('2026-10-24T10:00:00+02:00')

const { delays: delaysMs, max_age: maxAgeMs } = campaignSchema(z.unknown()).shape.retry.parse(undefined)
const byDefault: RetrySettings = { delaysMs, maxAgeMs, classes: {} }
const byClass: RetrySettings = {
  ...byDefault,
  classes: {
    soft: { delaysMs: [hour, 6 * hour], maxAgeMs: 24 * hour },
    transient: { delaysMs: [2 * minute], maxAgeMs: 11 * minute },
  },
}

const rcpt = (code: number, text: string): Negative => classifyReply({ stage: 'rcpt', code, text })
const full = rcpt(452, '4.2.2 The mailbox is full')
const greylisted = rcpt(450, '4.2.0 Greylisted, come back in ten minutes')
const tooFast = rcpt(421, '4.7.28 An unusual rate of mail')

interface Person {
  readonly about: string
  /** What becomes of her call, which is her `nth`. */
  readonly says: (nth: number, sinceMs: number) => Outcome
}

const stays: Person = { about: 'her mailbox stays full', says: () => full }
const grey: Person = {
  about: 'she is greylisted for ten minutes',
  says: (_, sinceMs) => (sinceMs < 10 * minute ? greylisted : accepted),
}

test('retries over 72 hours, by default', async () => {
  const text = await schedule(byDefault, {
    'full@stays.example': stays,
    'full@cleared.example': {
      about: 'her mailbox is full until the fifth call',
      says: nth => (nth < 5 ? full : accepted),
    },
    'ada@grey.example': grey,
    'ada@asks.example': {
      about: 'her server asks for two hours, twice',
      says: nth => (nth < 3 ? { ...full, retryAfterMs: 2 * hour } : accepted),
    },
    'ada@fast.example': {
      about: 'her site is asked too fast for half a minute: it rests, and no attempt is burned',
      says: (_, sinceMs) => (sinceMs < 30_000 ? tooFast : accepted),
    },
  })
  await expect(text).toMatchFileSnapshot('../golden/retry-72h.txt')
})

test('retries of classes with plans of their own', async () => {
  const text = await schedule(byClass, {
    'full@stays.example': { ...stays, about: 'soft: after 1h, then every 6h up to 24h' },
    'ada@grey.example': { ...grey, about: 'transient: every 2m up to 11m, and greylisted for ten' },
    'ada@greyer.example': { about: 'the same, and greylisted for longer', says: () => greylisted },
  })
  await expect(text).toMatchFileSnapshot('../golden/retry-by-class-72h.txt')
})

/** What became of everybody, call by call; who is listed as failed; and what each process did and waited for. */
async function schedule(retry: RetrySettings, people: Readonly<Record<string, Person>>): Promise<string> {
  const bench = new DeliveryBench(Object.keys(people), { startMs, retry, takesMs: 0 })
  const callsFor = (to: string) => bench.calls.filter(call => call.to[0] === to)
  const stints = await inStints(bench, ({ to: [to = ''], atMs }) => {
    return people[to]?.says(callsFor(to).length, atMs - startMs) ?? accepted
  })
  const records = new Map([...bench.journal.records(bench.run.id)].map(each => [each.address, each]))
  const failed = [...bench.journal.failed(bench.run.id, { classes: null })]
  bench.close()
  return [
    'called when, in hours and minutes',
    ...Object.entries(people).flatMap(([to, { about }]) => [
      `  ${to}: ${about}`,
      `    ${callsFor(to)
        .map(call => elapsed(call.atMs - startMs))
        .join(' ')}`,
      `    ${records.get(to)?.state}, ${plural(records.get(to)?.attempts ?? 0, 'attempt')}`,
    ]),
    '',
    'listed as failed',
    ...failed.map(({ address, attempts, cause }) => {
      const { class: failureClass, code, status, text } = cause
      return `  ${address}: ${failureClass}, ${plural(attempts, 'attempt')}, ${code} ${status} ${text}`
    }),
    '',
    'processes, each begun when the one before it has said',
    ...stints.flatMap(stintLines),
    '',
  ].join('\n')
}

function stintLines({ fromMs, toMs, calls, notices, ending }: Stint): string[] {
  const waits = notices.filter(notice => notice.type === 'waiting')
  const bySentence = Map.groupBy(waits, notice => waitSentence({ ...notice, cause: notice.why }))
  const since = (atMs: number): string => elapsed(atMs - startMs)
  const begins = `${since(fromMs).padStart(6)}  ${clockTime(fromMs, zone)}: ${plural(calls.length, 'call')}`
  const ends = `ends: ${endWords(ending, zone)}`
  if (waits.length === 0 && toMs === fromMs) return [`${begins}; ${ends}`]
  return [
    begins,
    ...[...bySentence].map(
      ([sentence, of]) => `        waits at ${of.map(each => since(each.atMs)).join(', ')}: ${sentence}`,
    ),
    `${since(toMs).padStart(6)}  ${ends}`,
  ]
}
