/**
 * Mailgun by Sinch, by its v3 Messages API, in its US and its EU region. One message goes in a call of its own, or up to a
 * thousand in one call whose shared text Mailgun fills in for each recipient. Mailgun takes a call whole or not at all, and
 * can be asked later.
 *
 * Sources: the API description `openapi.yaml` of mailgun/mailgun-mcp-server; the pages on sending, batch sending, test mode,
 * regions, errors and events at documentation.mailgun.com.
 */

import { z } from 'zod'
import { parseDomain } from '../model/address.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError, UserError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import { baseUrlOption } from './http-base-url.ts'
import type { HttpRequest } from './http-call.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { batchFields, type EncodedContent, encodeContent, singleFields } from './mailgun-body.ts'
import { mailgunChecks } from './mailgun-checks.ts'
import { mailgunLookup } from './mailgun-lookup.ts'
import { mailgunOptions, optionBytes } from './mailgun-options.ts'
import { mailgunOutcomes } from './mailgun-outcomes.ts'
import { mailgunFits, mailgunLimits, messageBytes, sharedBytes } from './mailgun-parcel.ts'
import { formBody, formBoundary, formType } from './multipart-form.ts'
import type { Profile } from './provider.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'

const profile: Profile = {
  name: 'mailgun',
  title: 'Mailgun (v3 API)',
  delivers: true,
  batchMax: mailgunLimits.recipients,
  // "account-requests-per-sec limit exceeded" (API description, 429). How many that is, no page says.
  rateCounts: 'calls',
  messageMaxBytes: mailgunLimits.messageBytes,
  // The API description has no idempotency key, and a repeated call is a second mail.
  idempotency: { kind: 'none' },
  // Events come late and are kept for some days.
  lookup: 'traces',
  guarantee:
    'Mailgun cannot be made to ignore a repeated call; `mailblast settle` asks its events, kept for at least 3 days, whom it took, and whoever they do not show waits for your decision.',
  defaultConcurrency: 10,
  sandbox: { by: 'option', option: 'sandbox' },
}

/** "US Mailgun", "EU Mailgun" (API description, `servers`). */
const regionUrls = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' } as const

const options = z.strictObject({
  domain: z
    .string()
    .refine(text => parseDomain(text) === text, 'is not a domain such as mg.example.com, in small letters')
    .describe('The domain at Mailgun that mail is sent with, such as mg.example.com'),
  ...secretKeys('api_key', {
    description:
      'Mailgun API key: a domain sending key can send, one of the account is also asked by `mailblast settle`',
  }),
  region: z
    .enum(['us', 'eu'])
    .default('us')
    .describe('Where the domain was created at Mailgun; it is unknown in the other region'),
  base_url: baseUrlOption(regionUrls.us)
    .removeDefault()
    .optional()
    .describe("Where the API is, if not at the region's own address: an https address, or http on this machine"),
  sandbox: z
    .boolean()
    .default(false)
    .describe("Mailgun's test mode: messages are accepted and not delivered, and are billed all the same"),
  // Their number and length are of the page on tagging; that tags bring a header, of issue 682 of mailgun-php.
  tags: z
    .array(z.string().regex(/^[\x20-\x7e]{1,128}$/, 'is no tag: 1 to 128 characters of ASCII'))
    .max(3, 'are more than 3, which is all that Mailgun takes')
    .default([])
    .describe("Tags for Mailgun's statistics, up to 3; it may add an unsubscribe header to mail with tags"),
})

const settings = z.object({
  domain: z.string(),
  region: z.enum(['us', 'eu']),
  base_url: z.string().optional(),
  sandbox: z.boolean(),
  tags: z.array(z.string()),
})

interface MailgunRoute extends HttpPrepared {
  readonly domain: string
  readonly authorization: string
  readonly content: EncodedContent
}

const vendor: HttpVendor<MailgunRoute> = {
  profile,
  options,

  async prepare(opening) {
    const { domain, region, base_url, sandbox, tags } = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
    const key = headerSecret(secret, 'api_key', where)
    const content = encodeContent(opening.content, { sandbox, tags })
    checkShared(content, where)
    return {
      baseUrl: base_url ?? regionUrls[region],
      domain,
      // "Use `api` as the user name and your API key is the password" (page on authentication).
      authorization: `Basic ${Buffer.from(`api:${key}`).toString('base64')}`,
      content,
    }
  },

  fits(route, messages, most) {
    return mailgunFits(route.content, messages, most)
  },

  request(route, parcel): HttpRequest | Outcome {
    const { content, domain, authorization } = route
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    const impossible = parcel.length === 1 ? tooLarge(content, first) : undefined
    if (impossible !== undefined) return impossible
    const fields = parcel.length === 1 ? singleFields(content, first) : batchFields(content, parcel)
    const boundary = formBoundary(authorization, parcel.map(({ messageId }) => messageId).join('\0'))
    return {
      method: 'POST',
      path: `/v3/${encodeURIComponent(domain)}/messages`,
      headers: { authorization, 'content-type': formType(boundary), accept: 'application/json' },
      body: formBody(boundary, fields),
    }
  },

  outcomes(_, reply, parcel) {
    return mailgunOutcomes(reply, parcel)
  },

  lookup: mailgunLookup,
  checks: mailgunChecks,
}

export const mailgun = httpProviderKind(vendor)

/** What no call could ever carry is the campaign's mistake, and is said before the first one. */
function checkShared(content: EncodedContent, where: string): void {
  const bytes = sharedBytes(content)
  if (bytes > mailgunLimits.messageBytes)
    throw new UserError(
      `text and attachments come to ${Math.ceil(bytes / 1_000_000)} MB, and Mailgun takes messages of up to 25 MB`,
      { where, remedy: 'Make the attachments smaller, or link to them.' },
    )
}

/** What Mailgun would refuse of one message is not handed over. */
function tooLarge(content: EncodedContent, message: FilledMessage): Outcome | undefined {
  const refused = (text: string): Outcome => ({ kind: 'refused', scope: 'message', cause: { class: 'content', text } })
  if (messageBytes(content, message) > mailgunLimits.messageBytes)
    return refused('not sent: text and attachments come to more than the 25 MB that Mailgun takes')
  if (optionBytes(mailgunOptions(content, message)) > mailgunLimits.optionBytes)
    return refused('not sent: its headers come to more than the 16 KB that Mailgun takes')
  return undefined
}
