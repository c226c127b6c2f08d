/**
 * Twilio SendGrid, by its v3 Mail Send API. One message goes in a call of its own, or up to a thousand in one call whose
 * shared text SendGrid fills in for each recipient. SendGrid takes a call whole or not at all, and can be asked later by
 * accounts that pay for it.
 *
 * Sources: the API description `tsg_mail_v3.json` of twilio/sendgrid-oai; its overview and errors pages at
 * twilio.com/docs/sendgrid/api-reference/mail-send; its rate limits page.
 */

import { z } from 'zod'
import { InvariantError, UserError } from '../model/errors.ts'
import { baseUrlOption } from './http-base-url.ts'
import type { HttpRequest } from './http-call.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import type { Profile } from './provider.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'
import { batchBody, type EncodedContent, encodeContent, singleBody } from './sendgrid-body.ts'
import { sendgridChecks } from './sendgrid-checks.ts'
import { sendgridLookup } from './sendgrid-lookup.ts'
import { sendgridOutcomes } from './sendgrid-outcomes.ts'
import { sendgridFits, sendgridLimits } from './sendgrid-parcel.ts'

const profile: Profile = {
  name: 'sendgrid',
  title: 'Twilio SendGrid (v3 API)',
  delivers: true,
  batchMax: sendgridLimits.personalizations,
  // "10,000 requests per second" (mail send FAQ of 2021); X-RateLimit-* count requests too (rate limits page).
  rateCounts: 'calls',
  // "The total size of your email, including attachments, must be less than 30MB" (overview page).
  messageMaxBytes: 30_000_000,
  // The API description has no idempotency key, and a repeated call is a second mail.
  idempotency: { kind: 'none' },
  // The Email Activity API runs behind and forgets, and is a paid addition that most accounts lack.
  lookup: 'traces',
  guarantee:
    'SendGrid cannot be made to ignore a repeated call; `mailblast settle` asks its Email Activity (a paid addition) whom it took, and whoever it does not show waits for your decision.',
  defaultConcurrency: 10,
  // "mail_settings.sandbox_mode": calls are checked, and nothing is delivered or charged (its page on sandbox mode).
  sandbox: { by: 'option', option: 'sandbox', free: true },
}

const options = z.strictObject({
  ...secretKeys('api_key', {
    description: 'SendGrid API key with the permission "Mail Send", and "Email Activity" for `mailblast settle`',
  }),
  // EU regional subusers: https://api.eu.sendgrid.com (API description, `servers`).
  base_url: baseUrlOption('https://api.sendgrid.com'),
  sandbox: z.boolean().default(false).describe("SendGrid's sandbox mode: calls are checked, nothing is delivered"),
})

const settings = z.object({ base_url: z.string(), sandbox: z.boolean() })

interface SendGridRoute extends HttpPrepared {
  readonly headers: Readonly<Record<string, string>>
  readonly content: EncodedContent
}

const vendor: HttpVendor<SendGridRoute> = {
  profile,
  options,

  async prepare(opening) {
    const { base_url, sandbox } = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
    const key = headerSecret(secret, 'api_key', where)
    const content = encodeContent(opening.content, sandbox)
    checkShared(content, where)
    return {
      baseUrl: base_url,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json' },
      content,
    }
  },

  fits(route, messages, most) {
    return sendgridFits(route.content, messages, most)
  },

  request(route, parcel): HttpRequest {
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    const body = parcel.length === 1 ? singleBody(route.content, first) : batchBody(route.content, parcel)
    return { method: 'POST', path: '/v3/mail/send', headers: route.headers, body }
  },

  outcomes(route, reply, parcel) {
    return sendgridOutcomes(reply, parcel, route.content.sandbox)
  },

  lookup: sendgridLookup,
  checks: sendgridChecks,
}

export const sendgrid = httpProviderKind(vendor)

/** What no call could ever carry is the campaign's mistake, and is said before the first one. */
function checkShared(content: EncodedContent, where: string): void {
  for (const attachment of content.shared.attachments)
    if (attachment.bytes.length === 0)
      throw new UserError(`the attachment ${attachment.fileName} is empty, which SendGrid refuses`, {
        where,
        remedy: 'Take it out of attachments, or give it content.',
      })
  const bytes = content.batch.length + content.attachments.length
  if (bytes > profile.messageMaxBytes)
    throw new UserError(
      `text and attachments come to ${Math.ceil(bytes / 1_000_000)} MB, and SendGrid takes messages of up to 30 MB`,
      { where, remedy: 'Make the attachments smaller, or link to them.' },
    )
}
