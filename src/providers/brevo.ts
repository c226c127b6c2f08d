/**
 * Brevo, formerly Sendinblue, by its API v3. A message goes in a call of its own, of which Brevo takes a thousand a second; with
 * `batch_headers`, up to a thousand go in one call. Brevo refuses a call that it has had a moment ago, and can be asked
 * later by address.
 *
 * Sources: the models of getbrevo/brevo-node, made from Brevo's API description; its guides at developers.brevo.com,
 * where a fact names its page; django-anymail, which is tested against Brevo's API, for what Brevo does not write down.
 */

import { z } from 'zod'
import { InvariantError, UserError } from '../model/errors.ts'
import { bytes, plural } from '../model/words.ts'
import {
  attachmentLack,
  type BrevoContent,
  batchBaseBytes,
  brevoBatch,
  brevoMisfit,
  brevoSingle,
  brevoVersion,
  encodeBrevo,
  nameMax,
  writtenName,
} from './brevo-body.ts'
import { brevoChecks } from './brevo-checks.ts'
import { brevoLookup } from './brevo-lookup.ts'
import { brevoOutcomes } from './brevo-outcomes.ts'
import { holdsTemplateTag } from './brevo-template.ts'
import { baseUrlOption } from './http-base-url.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { piecesBytes } from './json-text.ts'
import type { Profile, RouteOpening } from './provider.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'

const profile: Profile = {
  name: 'brevo',
  title: 'Brevo, formerly Sendinblue (API v3)',
  delivers: true,
  // "Send up to 1000 email messages in one API call" (guide to batches); 2,000 recipients a call, of which each version has one.
  batchMax: 1000,
  rateCounts: 'calls',
  // Its reference states no number. 20 MB, attachments encoded, is on the safe side, and is kept to until one is found.
  messageMaxBytes: 20_000_000,
  // "The TTL for idempotencyKey is 30 minutes" (guide to idempotency); 15, says the changelog of 10 November 2021. A window
  // that is taken for longer than it is would mail somebody twice.
  idempotency: { kind: 'key', windowMs: 15 * 60_000 },
  // The list of sent mails runs behind, and by default reaches back 30 days.
  lookup: 'traces',
  guarantee:
    'Brevo ignores a call that is repeated within 15 minutes; after that, `mailblast settle` asks whom it has mailed in the last 30 days, and whoever it does not show waits for your decision.',
  defaultConcurrency: 10,
  sandbox: { by: 'option', option: 'sandbox' },
}

const options = z.strictObject({
  ...secretKeys('api_key', { description: 'Brevo API key (v3), not an SMTP key' }),
  base_url: baseUrlOption('https://api.brevo.com/v3'),
  sandbox: z.boolean().default(false).describe("Brevo's sandbox mode: calls are checked, nothing is delivered"),
  batch_headers: z
    .boolean()
    .default(false)
    .describe(
      'Send many messages in one call. Their headers, List-Unsubscribe among them, then go by a way that Brevo does not document; look at what arrives before you rely on it',
    ),
})

const settings = z.object({ base_url: z.string(), sandbox: z.boolean(), batch_headers: z.boolean() })

interface BrevoRoute extends HttpPrepared {
  readonly headers: Readonly<Record<string, string>>
  readonly content: BrevoContent
  readonly batches: boolean
  readonly from: string
}

const vendor: HttpVendor<BrevoRoute> = {
  profile,
  options,

  async prepare(opening) {
    const { base_url, sandbox, batch_headers } = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
    const key = headerSecret(secret, 'api_key', where)
    checkShared(opening.content, where)
    const content = encodeBrevo(opening.content, sandbox)
    return {
      baseUrl: base_url,
      headers: { 'api-key': key, 'content-type': 'application/json', accept: 'application/json' },
      content,
      batches: batch_headers,
      from: opening.content.from.address,
    }
  },

  /**
   * Every message has headers of its own, its marker at least, and most have the List-Unsubscribe without which people can only
   * complain. The reference has no `headers` in a version; two clients send them, and if Brevo ever drops them, nothing
   * says so. So a batch is for whoever has looked, and nobody else loses anything by calls of one: as many go in a second.
   */
  fits(route, messages, most) {
    const [first] = messages
    if (!route.batches || first === undefined || !fitsBatch(route, first)) return 1
    const seen = new Set<string>()
    let total = batchBaseBytes(route.content)
    for (const message of messages.slice(0, most)) {
      const address = message.to.toLowerCase()
      if (seen.has(address) || message.run !== first.run || !fitsBatch(route, message)) break
      total += piecesBytes(brevoVersion(route.content, message)) + 3
      if (total > profile.messageMaxBytes) break
      seen.add(address)
    }
    return Math.max(1, seen.size)
  },

  request({ content, headers }, parcel) {
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    if (parcel.length === 1) {
      const misfit = brevoMisfit(content, first, profile.messageMaxBytes)
      if (misfit !== undefined) return misfit
    }
    const body = parcel.length === 1 ? brevoSingle(content, first) : brevoBatch(content, parcel)
    return { method: 'POST', path: '/smtp/email', headers, body }
  },

  outcomes: (_, reply, parcel) => brevoOutcomes(reply, parcel),
  lookup: brevoLookup,
  checks: brevoChecks,
}

export const brevo = httpProviderKind(vendor)

/** A file of her own goes with her alone; and what cannot go at all is said in a call of its own, which is none. */
function fitsBatch({ content }: BrevoRoute, message: Parameters<typeof brevoMisfit>[1]): boolean {
  return message.attachments.length === 0 && brevoMisfit(content, message, profile.messageMaxBytes) === undefined
}

/** What no call could ever carry is the campaign's mistake, and is said before the first one. */
function checkShared({ from, replyTo, html, text, attachments }: RouteOpening['content'], where: string): void {
  if (html === null)
    throw new UserError('the campaign has only text, and Brevo takes no mail without HTML', {
      where,
      remedy: 'Give the campaign a template with HTML, such as one in Markdown, or another provider.',
    })
  if (text?.some(holdsTemplateTag))
    throw new UserError('the text part holds {{, {% or {#, which Brevo would take for its own template language', {
      where,
      remedy: 'Write it otherwise, with a space between, or give the campaign a text of its own by `text:`.',
    })
  const long = [from, replyTo].find(mailbox => writtenName(mailbox?.name ?? '').length > nameMax)
  if (long)
    throw new UserError(
      `the name of ${long.address} has more than ${plural(nameMax, 'character')} as Brevo must be given it`,
      {
        where,
        remedy: 'Shorten it, or leave out what is not ASCII or is no letter.',
      },
    )
  for (const file of attachments) {
    const lack = attachmentLack(file)
    if (lack !== undefined)
      throw new UserError(lack, { where, remedy: 'Link to it instead, or use another provider for this campaign.' })
  }
  const parts = [...html, ...(text ?? [])].reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  const files = attachments.reduce((sum, file) => sum + Math.ceil(file.bytes.length / 3) * 4, 0)
  if (parts + files > profile.messageMaxBytes)
    throw new UserError(
      `text and attachments come to ${bytes(parts + files)}, and Brevo takes messages of up to ${bytes(profile.messageMaxBytes)}`,
      { where, remedy: 'Make the attachments smaller, or link to them.' },
    )
}
