/**
 * A rule as a file or a command line gives it, and what it comes to. What is wrong with it is said in words of its own, for
 * whoever reads it may be rehearsing for the first time.
 */

import { z } from 'zod'
import { parseDomain } from '../model/address.ts'
import { parseDurationMs } from '../model/rate.ts'
import { deferrals, refusals, voices } from './replies.ts'
import { behaviours, type Rule, rulePhases } from './rule.ts'
import { contradictions } from './rule-contradictions.ts'
import { sinkVendors } from './vendors.ts'

const providers = ['smtp', ...sinkVendors.map(vendor => vendor.name)]

/** `1%`, or a number from 0 to 1. */
const share = z
  .union([z.number(), z.string()], { error: 'expected is a share such as 1% or 0.01' })
  .transform(given => (typeof given === 'number' ? given : parseShare(given)))
  .refine(value => value > 0 && value <= 1, { error: 'expected is a share such as 1%, more than 0 and at most 100%' })

const durationMs = z
  .string({ error: 'expected is a duration such as 500ms or 30s' })
  .refine(text => parseDurationMs(text) !== undefined, { error: 'expected is a duration such as 500ms or 30s' })
  .transform(text => parseDurationMs(text) ?? 0)

const countFrom = (least: number) =>
  z
    .int({ error: 'expected is a whole number' })
    .min(least, { error: `expected is at least ${least}` })
    .max(1e9)

const site = z.string().refine(text => text === '*' || sitePattern(text) !== undefined, {
  error: 'expected is a domain such as yahoo.com, a pattern such as *.edu, or *',
})

const wrongStatus = 'expected is a status from 400 to 599'
const providerList = providers.map(name => `\`${name}\``).join(' or ')

const ruleFields = z.strictObject({
  provider: z.enum(providers, { error: `expected is ${providerList}` }).optional(),
  site: z.union([site, z.array(site).min(1, { error: 'expected is at least one domain' })]).optional(),
  do: z.enum(behaviours),
  phase: z.enum(rulePhases).optional(),
  share: share.optional(),
  after: countFrom(0).optional(),
  first: countFrom(1).optional(),
  delay: durationMs.optional(),
  say: z.enum([...refusals, ...deferrals, 'throttled']).optional(),
  voice: z.enum(voices).optional(),
  reply: z
    .string()
    .regex(/^[45]\d\d [\x20-\x7e]{1,400}$/, 'expected is a reply such as 550 5.7.1 Go away')
    .optional(),
  status: z.int({ error: wrongStatus }).min(400, { error: wrongStatus }).max(599, { error: wrongStatus }).optional(),
  body: z.string().max(10_000, { error: 'expected are at most 10,000 characters' }).optional(),
  retry_after: durationMs.optional(),
  taken: z.boolean({ error: 'expected is true or false' }).optional(),
  for: durationMs.optional(),
})

export type { Rule } from './rule.ts'

/** One rule as a file or a command line gives it. */
export const ruleSchema = ruleFields
  .superRefine((rule, context) => {
    for (const { path, message } of contradictions(rule)) context.addIssue({ code: 'custom', path: [path], message })
  })
  .transform(
    (rule): Rule => ({
      provider: rule.provider ?? null,
      sites: sitesOf(rule),
      do: rule.do,
      phase: rule.phase ?? null,
      share: rule.share ?? 1,
      after: rule.after ?? 0,
      first: rule.first ?? null,
      delayMs: rule.delay ?? 0,
      say: rule.say ?? null,
      voice: rule.voice ?? null,
      reply: rule.reply ?? null,
      status: rule.status ?? null,
      body: rule.body ?? null,
      retryAfterSeconds: rule.retry_after === undefined ? null : Math.ceil(rule.retry_after / 1000),
      taken: rule.taken ?? rule.do === 'lose-answer',
      forMs: rule.for ?? null,
    }),
  )

/** A file of rules. */
export const rulesFileSchema = z.strictObject({
  rules: z.array(ruleSchema).max(1000, { error: 'expected are at most 1,000 rules' }),
})

/** The names that a rule can have, for suggestions. */
export const ruleFieldNames: readonly string[] = Object.keys(ruleFields.shape)

export type RuleFields = z.output<typeof ruleFields>

function sitesOf({ site: given }: RuleFields): readonly string[] | null {
  const patterns = given === undefined ? [] : typeof given === 'string' ? [given] : given
  return patterns.length === 0 || patterns.includes('*') ? null : patterns.flatMap(text => sitePattern(text) ?? [])
}

/** A domain or `*.suffix` in lower case and punycode, as recipient domains are compared; undefined if it is neither. */
function sitePattern(text: string): string | undefined {
  if (!text.startsWith('*.')) return parseDomain(text)
  // A suffix may be a single label, which is no domain yet.
  const inside = parseDomain(`any.${text.slice(2)}`)
  return inside === undefined ? undefined : `*${inside.slice('any'.length)}`
}

function parseShare(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text)
  return match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1)
}
