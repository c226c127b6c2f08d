/**
 * What a campaign file's texts stand for: mailboxes, rates, durations, thresholds, sites, headers. Each is a zod schema
 * whose input is what the file holds and whose output is what the model wants. No message repeats the text.
 */

import addressparser from 'nodemailer/lib/addressparser'
import { z } from 'zod'
import { type Mailbox, parseAddress, parseDomain } from '../model/address.ts'
import type { LatencyMetric, ShareMetric, Threshold } from '../model/campaign.ts'
import { parseDurationMs, parseRate, type Rate } from '../model/rate.ts'

/** Text that is not empty. */
export const filled = z.string().refine(text => text.trim() !== '', { error: 'is empty' })

/** Text on one line; line breaks at its end, as YAML's `>` leaves them, do not count. */
export const oneLine = filled.transform((text, context) => {
  const line = text.trim()
  return controls.test(line) ? fail(context, 'must be on one line, without control characters') : line
})

/** A path, of which nothing is checked but that it can be one. */
export const path = filled.refine(text => !text.includes('\0'), { error: 'is not a path' })

/** One address, with or without a name: `Acme News <news@acme.example>`. */
export const mailbox = oneLine.transform((text, context): Mailbox => {
  if (text.includes('{{')) return fail(context, 'is the same for everybody and cannot hold {{…}}')
  const [only, another] = addressparser(text)
  if (another !== undefined) return fail(context, `more than one address is given; ${mailboxExpected}`)
  if (only?.address === undefined) return fail(context, mailboxExpected)
  const parsed = parseAddress(only.address)
  if (!parsed.ok) return fail(context, `${parsed.problem}; ${mailboxExpected}`)
  // The parser makes the best of anything: of `<press news@acme.example>` it would make news@acme.example.
  if (text !== only.address && !text.endsWith(`<${only.address}>`)) return fail(context, mailboxExpected)
  return only.name === '' ? { address: parsed.address } : { name: only.name, address: parsed.address }
})

const mailboxExpected = 'expected is one address, such as news@acme.example or Acme News <news@acme.example>'

const rateExpected = 'a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500'
const rateOrUnlimitedExpected = `${rateExpected}, or unlimited`
const rateList = z.array(rate(rateExpected)).min(1, { error: 'the list is empty' })

/** One rate or a list of them, all of which hold. */
export const rates = z
  .union([rate(rateExpected), rateList], { error: rateExpected })
  .transform((given): readonly Rate[] => (Array.isArray(given) ? given : [given]))

/** The same, or `unlimited`, which is no rate. */
export const ratesOrUnlimited = z
  .union([z.literal('unlimited').transform(() => []), rate(rateOrUnlimitedExpected), rateList], {
    error: rateOrUnlimitedExpected,
  })
  .transform((given): readonly Rate[] => (Array.isArray(given) ? given : [given]))

function rate(expected: string) {
  return z.string(expected).transform((text, context): Rate => {
    const parsed = parseRate(text)
    return parsed === undefined || !Number.isFinite(parsed.count) ? fail(context, expected) : parsed
  })
}

/** `90s`, `15m`, `4h`, `3d`, in milliseconds; more than nothing, and at most a year. */
export const durationMs = z.string(durationExpected()).transform((text, context): number => {
  const parsed = parseDurationMs(text)
  return parsed === undefined || parsed <= 0 || parsed > 366 * 86_400_000 ? fail(context, durationExpected()) : parsed
})

function durationExpected(): string {
  return 'a duration is expected, such as 90s, 15m, 4h or 3d, of a year at most'
}

/** `1%`, `0.5%`: more than nothing and at most a half, from 0 to 1. */
export const share = z.string(shareExpected()).transform((text, context): number => {
  const percent = Number(/^\s*(\d{1,3}(?:\.\d{1,6})?)\s*%\s*$/.exec(text)?.[1])
  return percent > 0 && percent <= 50 ? percent / 100 : fail(context, shareExpected())
})

function shareExpected(): string {
  return 'expected is a share such as 1%, of 50% at most'
}

const shares: readonly ShareMetric[] = ['hard_bounce_rate', 'failure_rate', 'deferral_rate', 'complaint_rate']
const latencies: readonly LatencyMetric[] = ['p50_latency', 'p95_latency', 'p99_latency']

/** All that a threshold may be about. */
export const watched: readonly string[] = [...shares, ...latencies]

/**
 * `hard_bounce_rate > 5% of 200`, or `p95_latency > 2s of 200`. Without `of`, 100 messages must be decided, or 100 calls be
 * made.
 */
export const threshold = thresholdOf(100)

/** The same for a run that is over, whose figures are as many as they will ever be: without `of`, one is enough. */
export const finalThreshold = thresholdOf(1)

function thresholdOf(atLeastDefault: number) {
  return z.string(thresholdExpected()).transform((text, context): Threshold => {
    const match = /^\s*(\w+)\s*>\s*(.*?)(?:\s+of\s+(\d{1,12}))?\s*$/.exec(text)
    const share = shares.find(each => each === match?.[1])
    const latency = latencies.find(each => each === match?.[1])
    const limit = match?.[2] ?? ''
    const common = { text: text.trim(), atLeast: Number(match?.[3] ?? atLeastDefault) }
    if (share !== undefined) {
      const percent = Number(/^(\d{1,3}(?:\.\d{1,6})?)\s*%$/.exec(limit)?.[1])
      if (!(percent < 100) || common.atLeast < 1) return fail(context, `expected is ${shareForm(share)}`)
      return { ...common, metric: share, share: percent / 100 }
    }
    if (latency !== undefined) {
      const limitMs = parseDurationMs(limit)
      if (!(limitMs !== undefined && limitMs > 0) || common.atLeast < 1)
        return fail(context, `expected is ${latencyForm(latency)}`)
      return { ...common, metric: latency, limitMs }
    }
    return fail(context, thresholdExpected())
  })
}

function thresholdExpected(): string {
  const forms = `${shareForm('<rate>', shares[0])}, or ${latencyForm('<latency>', latencies[1])}`
  return `expected is ${forms}; the rates are ${shares.join(', ')}, the latencies ${latencies.join(', ')}`
}

function shareForm(metric: string, example = metric): string {
  return `${metric} > <percent below 100>% [of <how many decided>], such as "${example} > 5% of 200"`
}

function latencyForm(metric: string, example = metric): string {
  return `${metric} > <duration> [of <how many calls>], such as "${example} > 2s of 200"`
}

/** A site's name, a domain, `*.edu` or `*`, in the form in which `policy/sites` compares them; undefined if none. */
export function sitePattern(text: string): string | undefined {
  const wanted = text.trim().toLowerCase()
  if (wanted === '*' || /^[a-z0-9-]{1,63}$/.test(wanted)) return wanted
  if (!wanted.startsWith('*.')) return parseDomain(wanted)
  // The x makes a domain of a lone ending such as `edu`.
  const domain = parseDomain(`x.${wanted.slice(2)}`)
  return domain === undefined ? undefined : `*.${domain.slice(2)}`
}

export const siteExpected =
  'expected is a site such as google, a domain such as example.org, or an ending such as *.edu'

/** The sites that a route serves. */
export const sitePatterns = z
  .array(
    z.string().transform((text, context): string => {
      if (text.trim().toLowerCase() === 'default') return fail(context, 'leave `sites` out to serve every site')
      return sitePattern(text) ?? fail(context, siteExpected)
    }),
  )
  .min(1, { error: 'the list is empty; leave it out to serve every site' })

/** Addresses, domains and endings (`*.acme.example`) of those who may send by a route. */
export const senders = z
  .array(
    z.string().transform((text, context): string => {
      const pattern = text.trim()
      if (pattern.includes('@')) {
        const parsed = parseAddress(pattern)
        return parsed.ok ? parsed.address : fail(context, parsed.problem)
      }
      const domain = pattern.startsWith('*.') ? parseDomain(pattern.slice(2)) : parseDomain(pattern)
      if (domain === undefined) return fail(context, sendersExpected)
      return pattern.startsWith('*.') ? `*.${domain}` : domain
    }),
  )
  .min(1, { error: 'the list is empty; leave it out to let anybody send' })

const sendersExpected = 'expected is an address, a domain such as acme.example, or an ending such as *.acme.example'

/** Headers beyond the usual ones: names and values, the values with slots. */
export const headers = z.record(z.string(), z.string()).superRefine((given, context) => {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(given)) {
    const problem = headerNameProblem(name, seen) ?? (controls.test(value) ? 'must be on one line' : undefined)
    seen.add(name.toLowerCase())
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [name], message: problem })
  }
})

/** Headers that mailblast or the mail system writes, and where their content comes from instead. */
const reservedHeaders: ReadonlyMap<string, string> = new Map(
  Object.entries({
    from: 'set `from:` instead',
    to: 'it is the recipient',
    cc: 'every recipient gets a message of their own',
    bcc: 'every recipient gets a message of their own',
    subject: 'set `subject:` instead',
    date: 'it is written when the message is sent',
    'message-id': 'mailblast tells by it whether a message was sent before',
    'x-mailblast-run': 'mailblast names the run by it',
    'mime-version': 'it follows from the content',
    'reply-to': 'set `reply_to:` instead',
    sender: 'set `from:` instead',
    'return-path': 'the receiver writes it',
    'dkim-signature': 'it is written when the message is signed',
    received: 'mail servers write it',
  }),
)

/**
 * Header names are held to the letters of an HTTP token (RFC 9110, section 5.6.2), which RFC 5322 allows, for many
 * providers take headers through an HTTP API; and to the line length of RFC 5322, section 2.1.1.
 */
function headerNameProblem(name: string, seen: ReadonlySet<string>): string | undefined {
  const lower = name.toLowerCase()
  if (!/^[\w!#$%&'*+.^`|~-]{1,76}$/.test(name)) return 'is not the name of a header, such as X-Campaign'
  if (seen.has(lower)) return 'is given twice'
  const reason =
    reservedHeaders.get(lower) ?? (lower.startsWith('content-') ? 'it follows from the content' : undefined)
  return reason === undefined ? undefined : `cannot be set here: ${reason}`
}

/** A URL of which at least `https://` is no slot. */
export const httpsUrl = oneLine.transform((text, context): string => {
  if (!text.startsWith('https://')) return fail(context, 'must begin with https:// (RFC 8058)')
  const plain = withoutSlots(text)
  return /\s/.test(plain) || !URL.canParse(plain) ? fail(context, 'is not a URL') : text
})

/** An address in which slots may stand: `u+{{unsubscribe_token}}@acme.example`. */
export const slottedAddress = oneLine.transform((text, context): string => {
  if (/^mailto:/i.test(text)) return fail(context, 'leave out `mailto:`')
  const parsed = parseAddress(withoutSlots(text))
  return parsed.ok ? text : fail(context, parsed.problem)
})

function withoutSlots(text: string): string {
  return text.replace(/\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}/g, 'x')
}

const controls = /[\0-\x1f\x7f-\x9f\u2028\u2029]/

/** Ends a transformation with a problem; what it returns is never used. */
export function fail(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
