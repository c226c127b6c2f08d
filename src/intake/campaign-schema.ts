/**
 * The campaign file's fields, each with its description: what the reader checks, and what `mailblast schema` prints for
 * editors. A provider's own fields come from its `options`.
 */

import { z } from 'zod'
import type { SitePace, SitesBy } from '../model/campaign.ts'
import type { ProviderKind } from '../providers/provider.ts'
import { secretsOf } from '../providers/secret-option.ts'
import { isEncoding } from './encoding.ts'
import {
  durationMs,
  filled,
  finalThreshold,
  headers,
  httpsUrl,
  mailbox,
  oneLine,
  path,
  rates,
  ratesOrUnlimited,
  senders,
  share,
  siteExpected,
  sitePattern,
  sitePatterns,
  slottedAddress,
  threshold,
  watched,
} from './fields.ts'
import { scheduleField } from './schedule-fields.ts'
import { warmUpField } from './warm-up-field.ts'

const atLeastOne = { error: 'must be at least 1' }
const concurrency = z.int().min(1, atLeastOne).max(1000, { error: 'must be at most 1000' })

/** What every route has, whatever its provider. */
export const routeFields = {
  provider: filled.describe('Who takes the messages: `mailblast providers` lists them'),
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: 'must consist of at most 64 letters, digits, dots, dashes and underscores' })
    .optional()
    .describe('Name of the route in reports, unique in the campaign. Default: the provider'),
  rate: rates.optional().describe('How fast, such as 100/s; several hold at once: [100/s, 50000/d]. Default: no limit'),
  concurrency: concurrency.optional().describe('Calls that may be open at once. Default: what suits the provider'),
  weight: z
    .number()
    .positive({ error: 'must be more than 0' })
    .max(1_000_000, { error: 'must be at most 1000000' })
    .default(1)
    .describe('Its share of the messages, in proportion to the weights of the other routes'),
  order: z
    .int()
    .min(1, atLeastOne)
    .max(100, { error: 'must be at most 100' })
    .default(1)
    .describe(
      'Its place in line: a route of order 2 stands in for those of order 1 while they are stopped, rest or have used up their quota',
    ),
  senders: senders
    .optional()
    .describe('Who may send by it: addresses and domains. A campaign from somebody else is refused. Default: anybody'),
  sites: sitePatterns
    .optional()
    .describe('The sites it serves, by name (google), domain (example.org) or ending (*.edu). Default: all'),
  batch: z
    .union([z.literal('auto'), z.literal('off'), z.int().min(1, atLeastOne)], {
      error: 'expected is auto (as many as the provider takes), off (one) or a whole number from 1',
    })
    .default('auto')
    .describe('Messages in one call: auto (as many as the provider takes), off (one), or a number'),
  warmup: warmUpField
    .optional()
    .describe(
      'For a route that receivers do not know yet: few messages on its first day, and more on each further one',
    ),
} as const

const pace = z.strictObject({
  rate: ratesOrUnlimited
    .optional()
    .describe('How fast, such as 20/s; several hold at once; or unlimited. Default: unlimited'),
  concurrency: concurrency.optional().describe('Calls with messages for the site that may be open at once'),
})

interface SitesGiven {
  readonly sitesBy: SitesBy
  /** By pattern, in the form in which `policy/sites` compares them. */
  readonly paces: Readonly<Record<string, SitePace>>
}

const sitePaces = z
  .object({
    mx: z
      .boolean()
      .optional()
      .describe(
        'true makes one site of all domains whose mail one receiver takes, by their MX records. Default: false',
      ),
  })
  .catchall(pace)
  .transform(({ mx, ...given }, context): SitesGiven => {
    const paces = new Map<string, SitePace>()
    for (const [name, { rate, concurrency }] of Object.entries(given)) {
      const pattern = sitePattern(name)
      if (pattern === undefined || pattern === 'mx' || paces.has(pattern)) {
        const known = pattern === 'mx' ? 'is no site; what makes sites by MX is `mx: true`' : 'the site is given twice'
        context.addIssue({ code: 'custom', path: [name], message: pattern === undefined ? siteExpected : known })
      } else paces.set(pattern, { rates: rate ?? [], concurrency: concurrency ?? null })
    }
    return { sitesBy: mx === true ? 'mx' : 'domain', paces: Object.fromEntries(paces) }
  })

const sitesByMx = z.literal('mx').transform((): SitesGiven => ({ sitesBy: 'mx', paces: {} }))

const columns = z
  .record(z.string(), filled)
  .describe('Field name to column name, where they differ; `email` names the column with the address')

const delimiter = z
  .string()
  .transform((text, context): string => {
    if (text === 'tab') return '\t'
    if (/^[\t!#$%&'*+,./:;<=>?@\\^_`|~-]$/.test(text)) return text
    context.addIssue({ code: 'custom', message: 'expected is one character, such as ";" or "|", or tab' })
    return z.NEVER
  })
  .describe('What separates the cells: one character, or tab. Default: detected')

const encoding = z
  .string()
  .refine(isEncoding, { error: 'no such encoding is known; expected is a label such as windows-1252' })
  .describe('Encoding of the file, by its WHATWG label, such as windows-1252. Default: UTF-8')

const recipients = z.strictObject({
  path: path.describe('Path of the CSV file, or - for standard input'),
  columns: columns.optional(),
  delimiter: delimiter.optional(),
  encoding: encoding.optional(),
})

const retryDelays = z
  .array(durationMs)
  .min(1, { error: 'the list is empty' })
  .max(100, { error: 'the list is longer than 100' })

const retryPlan = z.strictObject({
  delays: retryDelays.optional().describe('As `retry.delays`, for failures of this class. Default: as there'),
  max_age: durationMs.optional().describe('As `retry.max_age`, for failures of this class. Default: as there'),
})

/** A throttle burns no attempt, so of its plan only the age is of use. */
const retryClasses = z
  .strictObject({
    soft: retryPlan.optional().describe('The recipient cannot be reached now, such as a full mailbox'),
    block: retryPlan.optional().describe('The receiver refuses us for now, as by greylisting'),
    content: retryPlan.optional().describe('The message is refused for now'),
    throttled: retryPlan
      .omit({ delays: true })
      .optional()
      .describe('We are asked to be slower, which burns no attempt: the pace decides when it is tried again'),
    transient: retryPlan.optional().describe('Trouble on the way, such as a server error'),
  })
  .default({})
  .describe('What holds instead for failures of one class')

const defaultDelaysMs = [60_000, 5 * 60_000, 15 * 60_000, 3_600_000, 4 * 3_600_000]
const defaultMaxAgeMs = 72 * 3_600_000
const defaultHoldMs = 30 * 60_000

/** The file as a whole. `route` is the schema of one route, of which each provider has its own. */
export function campaignSchema<Route extends z.ZodType>(route: Route) {
  return z.strictObject({
    name: oneLine.describe('Name of the campaign, for people; may hold {{…}} from `data` and --var'),
    key: oneLine
      .optional()
      .describe('A recipient is mailed once per key; may hold {{…}} from `data` and --var. Default: the name'),
    from: mailbox.describe('Who it is from: Acme News <news@acme.example>'),
    reply_to: mailbox.optional().describe('Where answers go. Default: to the sender'),
    subject: oneLine.describe('Subject line; may hold {{…}}'),
    template: path.optional().describe('File of the HTML part, relative to the campaign file, as all paths are'),
    layout: path.optional().describe('File of the layout around the template, which stands where {{{body}}} is'),
    text: path.optional().describe('File of the text part. Default: made from the HTML part'),
    partials: z
      .union([path, z.record(z.string(), path)], { error: 'expected is a folder, or names and paths of partials' })
      .optional()
      .describe('Folder of partials, or partials by name and path'),
    recipients: z
      .union([path, recipients], { error: 'expected is a path, or a mapping with `path`' })
      .describe('The list: path of a CSV file, or "-" for standard input'),
    columns: columns.optional(),
    data: z.record(z.string(), z.json()).default({}).describe('Merge fields that are the same for everybody'),
    headers: headers.default({}).describe('Headers beyond the usual ones: name and value, which may hold {{…}}'),
    attachments: z
      .array(path)
      .default([])
      .describe("Files that go with every message; with {{…}} in the path, a file of each recipient's own"),
    list: z
      .strictObject({
        unsubscribe_url: httpsUrl
          .optional()
          .describe('Where one click unsubscribes (RFC 8058): an https URL, which may hold {{unsubscribe_token}}'),
        unsubscribe_mailto: slottedAddress
          .optional()
          .describe('Address to which a mail unsubscribes, which may hold {{unsubscribe_token}}'),
        postal_address: filled.optional().describe('Postal address of the sender, which some laws ask for'),
      })
      .refine(given => Object.keys(given).length > 0, { error: 'is empty' })
      .optional()
      .describe('How recipients leave the list'),
    empty: z
      .enum(['error', 'allow'])
      .default('error')
      .describe('What a printed field that is empty does: it is an error of its row, or allowed'),
    routes: z.array(route).describe('The ways out: provider accounts with their limits'),
    sites: z
      .union([sitesByMx, sitePaces], { error: 'expected is mx, or a mapping of sites to their paces' })
      .optional()
      .describe(
        'How each receiving site is paced, over all routes: by name, domain or ending, or `default`. Large sites have built-in paces on routes where receivers see ours; naming one replaces its own. `mx` alone, or `mx: true` among them, makes one site of all domains whose mail one receiver takes',
      ),
    schedule: scheduleField
      .optional()
      .describe('When messages may leave: start, end, windows and quiet hours. Default: at any time'),
    retry: z
      .strictObject({
        delays: retryDelays
          .default(defaultDelaysMs)
          .describe('Wait before the second, third, … attempt; the last one repeats. Default: 1m, 5m, 15m, 1h, 4h'),
        max_age: durationMs
          .default(defaultMaxAgeMs)
          .describe('How long after it was first put off a message is still worth an attempt. Default: 72h'),
        classes: retryClasses,
      })
      .default({ delays: defaultDelaysMs, max_age: defaultMaxAgeMs, classes: {} })
      .describe('When what was deferred is tried again'),
    guard: z
      .strictObject({
        stop_when: z
          .array(threshold)
          .default([])
          .describe(
            `Stops the run when crossed, such as "hard_bounce_rate > 5% of 200" or "p95_latency > 2s of 200": ${watched.join(', ')}`,
          ),
        max_recipients: z.int().min(1, atLeastOne).optional().describe('How many are mailed at most in one run'),
      })
      .default({ stop_when: [] })
      .describe('When a run stops by itself'),
    thresholds: z
      .array(finalThreshold)
      .default([])
      .describe(
        `What the finished run is judged by, such as "failure_rate > 1%"; if one is crossed, send exits with 3: ${watched.join(', ')}`,
      ),
    priority: z
      .enum(['critical', 'transactional', 'bulk'])
      .default('bulk')
      .describe(
        'Which of several runs goes first where they use the same provider account. A critical run also takes the healthiest route. Default: bulk',
      ),
    canary: z
      .strictObject({
        share: share.describe('How many of the recipients, such as 1%'),
        hold: durationMs
          .default(defaultHoldMs)
          .describe('How long to wait for what becomes of them before the others are mailed. Default: 30m'),
      })
      .optional()
      .describe('Mails a few first, spread over the sites, and the others only if no threshold of `guard` is crossed'),
  })
}

/** The JSON Schema of the campaign file (draft 2020-12), with the routes of these providers. */
export function campaignJsonSchema(kinds: readonly ProviderKind[]): object {
  const schema = campaignSchema(z.union(kinds.map(routeSchema)))
  return {
    ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    title: 'mailblast campaign',
    description: 'What is to be sent, from whom, to whom, how fast',
  }
}

function routeSchema({ profile, options }: ProviderKind) {
  const required = secretsOf(options).filter(secret => secret.required)
  const oneKeyEach = required.map(({ keys }) => ({ oneOf: keys.map(key => ({ required: [key] })) }))
  return z
    .strictObject({ ...routeFields, provider: z.literal(profile.name).describe(profile.title), ...options.shape })
    .meta({ description: profile.title, ...(oneKeyEach.length === 0 ? {} : { allOf: oneKeyEach }) })
}
