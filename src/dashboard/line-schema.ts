/**
 * The JSON Schema of what `--json` of the commands that send, and `--log`, write: one object a line. Every notice is held to its type by the compiler;
 * plan and summary, which are made elsewhere, by tests.
 */

import { z } from 'zod'
import { jsonVersion } from '../model/json-version.ts'
import type { Notice } from '../model/notice.ts'
import { failureClasses } from '../model/outcome.ts'
import { waitCauses } from '../model/wait.ts'
import type { Wire } from './wire.ts'

/** What `--json` says. */
export type Said = Exclude<Notice, { readonly type: 'standing' }>

const moment = z.iso.datetime()
const at = moment.describe('When it happened')
/** Where it can be told by no time, such as that of the operator. */
const untilOrNever = moment.nullable()
const number = z.int().min(0)
const run = z.string().describe('The id of the run')
const text = z.string()

const cause = z
  .object({
    class: z.enum(failureClasses).describe('The class of the failure'),
    code: text.exactOptional().describe("The provider's own code: an SMTP reply code, an HTTP status, a name"),
    status: text.exactOptional().describe('The enhanced status code of RFC 3463, such as 5.1.1'),
    text: text.describe("The provider's own words, on one line"),
  })
  .meta({ id: 'cause', description: 'Why: what a provider or receiver said' })

const counts = z
  .object({
    rows: number.describe('The sum of all others'),
    accepted: number,
    failed: number,
    skipped: number,
    in_doubt: number,
    waiting: number,
    row_problems: number,
  })
  .meta({ id: 'counts', description: 'How many rows of the list are where' })

const messageState = z.enum(['queued', 'accepted', 'failed', 'skipped', 'in doubt'])
const waiter = z.enum(['run', 'route', 'site'])
const waitCause = z.enum(waitCauses)
const stopCause = z.enum(['interrupted', 'guard', 'no route left', 'due later', 'paused', 'cancelled', 'taken over'])

/** Of each type of notice. */
export const noticeSchemas = {
  started: z
    .object({
      type: z.literal('started'),
      at,
      run,
      campaign: text.describe('The name of the campaign'),
      counts,
      recovered: number.describe(
        'How many were found in calls that a dead process had left open, and are in doubt now',
      ),
    })
    .describe('The delivery begins'),
  settled: z
    .object({
      type: z.literal('settled'),
      at,
      route: text,
      took_ms: z.number().min(0).describe('How long the call took'),
      messages: z.array(
        z.object({
          address: text,
          site: text.describe('The receiving site'),
          line: number.describe('The line of the list'),
          state: messageState.describe('Where it is now; queued: it is tried again'),
          cause: cause.exactOptional(),
          due_at: moment
            .nullable()
            .exactOptional()
            .describe('When it is tried again, where it is queued; null: at once'),
        }),
      ),
    })
    .describe('A call has ended, and what became of its messages is in the journal'),
  'route-resting': z
    .object({ type: z.literal('route-resting'), at, route: text, until: untilOrNever, cause })
    .describe('Nothing goes by a route until then'),
  'route-back': z
    .object({ type: z.literal('route-back'), at, route: text })
    .describe('A route that rested for trouble answers again'),
  'route-stopped': z
    .object({ type: z.literal('route-stopped'), at, route: text, cause })
    .describe('A route is not used any more in this process'),
  'site-resting': z
    .object({ type: z.literal('site-resting'), at, site: text, until: untilOrNever, cause })
    .describe('Nothing goes to a receiving site until then'),
  'pace-changed': z
    .object({
      type: z.literal('pace-changed'),
      at,
      what: z.enum(['site', 'route']),
      name: text,
      from_per_second: z.number(),
      rate_counts: z.enum(['messages', 'calls']).describe('What these paces are of'),
      to_per_second: z.number().nullable().describe('Null: its full pace'),
      cause: cause.nullable().describe('Who asks us to be slower; null: a raise'),
    })
    .describe('A receiver or provider is given less, or more again'),
  waiting: z
    .object({ type: z.literal('waiting'), at, until: untilOrNever, what: waiter, name: text, why: waitCause })
    .describe('Nothing can be sent until then'),
  stalled: z
    .object({
      type: z.literal('stalled'),
      at,
      since: untilOrNever,
      waits: z.array(z.object({ what: waiter, name: text, cause: waitCause, until: untilOrNever })),
    })
    .describe('Nothing has been sent since then'),
  asked: z
    .object({ type: z.literal('asked'), at, what: z.enum(['paused', 'goes on', 'other paces']), open_calls: number })
    .describe('Somebody else has changed what is to be done'),
  canary: z
    .object({ type: z.literal('canary'), at, what: z.enum(['holding', 'over']), count: number, until: untilOrNever })
    .describe('Everybody of the canary has been tried, or has done well enough for the others to follow'),
  guard: z
    .union([
      z.object({ type: z.literal('guard'), at, threshold: text, share: z.number(), of: number }),
      z.object({ type: z.literal('guard'), at, threshold: text, latency_ms: z.number(), calls: number }),
    ])
    .describe('A threshold was crossed'),
  stopping: z
    .object({ type: z.literal('stopping'), at, why: stopCause, open_calls: number })
    .describe('No new call is made; so many are open'),
  ended: z
    .object({
      type: z.literal('ended'),
      at,
      run,
      ending: z.union([
        z.object({ kind: z.literal('finished') }),
        z.object({
          kind: z.literal('stopped'),
          why: stopCause,
          detail: text.describe('The same in words'),
          next_due_at: moment.nullable(),
        }),
      ]),
      counts,
    })
    .describe('The delivery is over'),
} as const satisfies { readonly [Type in Said['type']]: z.ZodType<Wire<Extract<Said, { readonly type: Type }>>> }

const tallied = { count: number }
const byState = { waiting: number, accepted: number, failed: number, in_doubt: number }
const rowsLeftOut = {
  skipped: z.array(z.object({ reason: text, ...tallied })),
  row_problems: z.array(z.object({ reason: text, ...tallied })),
}

const plan = z
  .object({
    type: z.literal('plan'),
    version: z.literal(jsonVersion),
    campaign: text,
    key: text,
    from: text,
    to_send: number,
    rows: number,
    ...rowsLeftOut,
    priority: z.enum(['critical', 'transactional', 'bulk']),
    routes: z.array(
      z.object({
        name: text,
        title: text,
        guarantee: text.describe('What can be found out where an answer is lost'),
        delivers: z.boolean(),
        share: number.describe('How many messages it is expected to carry'),
        stands_in: z.boolean(),
        warm_up: z.object({ today: number, used_today: number, days: number.nullable() }).nullable(),
      }),
    ),
    sites: z.array(z.object({ site: text, ...tallied })),
    built_in: z
      .array(z.object({ site: text, rates: z.array(text), concurrency: number.nullable() }))
      .describe('Sites that are paced without the campaign having said so'),
    stop_when: z.array(text),
    thresholds: z.array(text),
    canaries: number.nullable().describe('How many are mailed first; null: everybody at once'),
    estimate_ms: z.number().nullable().describe('How long it may take; null: as long as the provider takes'),
    starts_at: moment.nullable(),
    ends_at: moment.nullable(),
    too_late: number.describe('How many cannot leave before the schedule ends'),
    samples: z.array(z.object({ line: number, to: text, subject: text, opening: text })),
  })
  .describe('Before a send: what would be sent, by which routes, how long it may take')

const threshold = { threshold: text, crossed: z.boolean() }

const summary = z
  .object({
    type: z.literal('summary'),
    version: z.literal(jsonVersion),
    outcome: z.enum(['mailed twice', 'cancelled', 'superseded', 'done', 'with failures', 'unfinished']),
    run: run.nullable().describe('Null: there was nothing to send, and there is no run'),
    campaign: text,
    key: text,
    state: z.enum(['preparing', 'open', 'finished', 'cancelled', 'superseded']).nullable(),
    started_at: moment,
    finished_at: moment.nullable(),
    stopped: text.nullable().describe('Why it last stopped before its end'),
    next_due_at: moment.nullable(),
    counts,
    thresholds: z.array(
      z.union([
        z.object({ ...threshold, measured: z.number(), count: number, of: number }).describe('A share'),
        z.object({ ...threshold, measured: z.number(), calls: number }).describe('A latency, in milliseconds'),
        z.object({ ...threshold, measured: z.null() }).describe('Too few to judge by'),
      ]),
    ),
    ...rowsLeftOut,
    classes: z.array(z.object({ state: messageState, class: z.enum(failureClasses), ...tallied })),
    causes: z.array(z.object({ state: messageState, cause, ...tallied, example: text })),
    settled: z
      .array(z.object({ by: z.enum(['asked', 'repeated', 'operator', 'resent']), state: messageState, ...tallied }))
      .describe('Who was once in doubt, and who said what became of them'),
    routes: z.array(z.object({ route: text, attempts: number, ...byState })),
    sites: z.array(z.object({ site: text, ...byState })).describe('The busiest'),
    site_count: number,
    rejects_file: text.nullable(),
    results_file: text.nullable(),
    in_doubt: z
      .array(z.object({ address: text, line: number, route: text, since: moment.nullable(), cause: cause.nullable() }))
      .describe('Everybody in doubt, by name'),
  })
  .describe('The last line of all: the report')

const doubtsSettled = z
  .object({
    type: z.literal('doubts-settled'),
    run,
    accepted: number.exactOptional().describe('On the word of the operator'),
    failed: number.exactOptional().describe('On the word of the operator'),
    accepted_by_asking: number.exactOptional(),
    accepted_by_repeating: number.exactOptional(),
    queued: number.exactOptional().describe('To be sent to again'),
    waiting: number.exactOptional().describe('Everybody in the run who waits'),
    left: z
      .array(z.object({ route: text, reason: text, ...tallied, example: text }))
      .exactOptional()
      .describe('Still in doubt, and why'),
    stopped: z.boolean().exactOptional().describe('Whether it was interrupted before everybody was asked about'),
    in_doubt: number.describe('Still in doubt in the run'),
  })
  .describe('What `settle` has done')

/** The schema of every type of line. */
export const lineSchemas: Readonly<Record<string, z.ZodType>> = {
  plan,
  ...noticeSchemas,
  summary,
  'doubts-settled': doubtsSettled,
}

const ofLaterVersion = z
  .object({ type: text.meta({ not: { enum: Object.keys(lineSchemas) } }) })
  .describe('A type of a later version, to be passed over')

/** JSON Schema, draft 2020-12, of one line. It lets unknown fields pass, for new ones may come without a new version. */
export function lineJsonSchema(): object {
  return {
    ...z.toJSONSchema(z.union([...Object.values(lineSchemas), ofLaterVersion]), {
      io: 'input',
      override({ jsonSchema }) {
        // The format says it, and the largest integer of JavaScript is no limit of ours.
        delete jsonSchema.pattern
        delete jsonSchema.maximum
      },
    }),
    title: `mailblast notices, version ${jsonVersion}`,
    description:
      'One line of what send, resume, retry and settle write with --json, and of --log. Times are RFC 3339 in UTC.',
  }
}
