/**
 * Resend, by its email API: one message in a call of its own, or up to a hundred finished ones without attachments in a
 * batch, of which each is taken or refused by itself. A call can be repeated within a day and is delivered once.
 *
 * It cannot be asked for what it has taken: a single email is found by its id only, which a lost answer does not give, and
 * the list of emails (`GET /emails`) has neither our marks nor a filter, so another run's mail would look the same.
 *
 * Sources: Resend's API description `resend.openapi.json`; its pages on batch validation modes, idempotency keys, rate
 * limits and errors at resend.com/docs; the notes of resend/resend-skills (what a batch cannot hold, 40 MB).
 */

import { z } from 'zod'
import { domainOf } from '../model/address.ts'
import { InvariantError, UserError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import { refused } from './answer-outcomes.ts'
import { baseUrlOption } from './http-base-url.ts'
import type { HttpRequest } from './http-call.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { parcelKey } from './idempotency.ts'
import { piecesBytes } from './json-text.ts'
import { arrayBody, arrayFits } from './message-array.ts'
import type { Profile } from './provider.ts'
import { prepareResend, type ResendBody } from './resend-body.ts'
import { resendChecks } from './resend-checks.ts'
import { resendOutcomes } from './resend-outcomes.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'

export const resendLimits = {
  /** "up to 100 batch emails at once" (API description, `/emails/batch`). */
  messages: 100,
  /** "40 MB" an email, its attachments in base64 included. What a call may have as a whole is not stated: no more than one. */
  bytes: 40_000_000,
} as const

const profile: Profile = {
  name: 'resend',
  title: 'Resend (email API)',
  delivers: true,
  batchMax: resendLimits.messages,
  // "2 requests per second" a team, unless it has been raised; the headers `ratelimit-*` count requests (page on rate limits).
  rateCounts: 'calls',
  messageMaxBytes: resendLimits.bytes,
  // "We keep idempotency keys in our system for 24 hours", for a single email and for a batch (page on idempotency keys).
  idempotency: { kind: 'key', windowMs: 24 * 60 * 60_000 },
  lookup: 'no',
  guarantee:
    'Resend remembers a call for 24 hours, so `mailblast settle` repeats one whose answer was lost and nobody gets two mails; after that whoever is in doubt waits for your decision.',
  // With two requests a second, more would only wait for each other.
  defaultConcurrency: 2,
  // "delivered@resend.dev": is taken and delivered to nobody, with real events (resend-skills, on testing).
  sandbox: { by: 'address', to: 'delivered@resend.dev' },
}

const options = z.strictObject({
  ...secretKeys('api_key', {
    description: 'Resend API key; with full access, `mailblast providers test` can look at the domain too',
  }),
  base_url: baseUrlOption('https://api.resend.com'),
})

const settings = z.object({ base_url: z.string() })

export interface ResendRoute extends HttpPrepared {
  readonly headers: Readonly<Record<string, string>>
  readonly body: ResendBody
  readonly fromDomain: string
  /** Whether an attachment goes with every message, so that none can go in a batch. */
  readonly sharesFiles: boolean
}

const vendor: HttpVendor<ResendRoute> = {
  profile,
  options,

  async prepare(opening) {
    const { base_url } = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
    const key = headerSecret(secret, 'api_key', where)
    const { attachments, from } = opening.content
    const fileBytes = attachments.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 3) * 4, 0)
    if (fileBytes > profile.messageMaxBytes)
      throw new UserError(
        `the attachments come to ${Math.ceil(fileBytes / 1_000_000)} MB as they are sent, and Resend takes messages of up to 40 MB`,
        { where, remedy: 'Make the attachments smaller, or link to them.' },
      )
    return {
      baseUrl: base_url,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json' },
      body: prepareResend(opening.content),
      fromDomain: domainOf(from.address),
      sharesFiles: attachments.length > 0,
    }
  },

  fits({ body, sharesFiles }, messages, most) {
    return arrayFits(messages, most, {
      bytes: resendLimits.bytes,
      // A batch takes no attachments.
      bytesOf: message => (sharesFiles || message.attachments.length > 0 ? Infinity : piecesBytes(body(message))),
    })
  },

  request({ body, headers }, parcel): HttpRequest | Outcome {
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    const keyed = { ...headers, 'idempotency-key': parcelKey(parcel) }
    if (parcel.length === 1) {
      const pieces = body(first)
      if (piecesBytes(pieces) > resendLimits.bytes)
        return refused(
          'message',
          'content',
          'not sent',
          'it is larger than the 40 MB that Resend takes, attachments included',
        )
      return { method: 'POST', path: '/emails', headers: keyed, body: pieces }
    }
    return {
      method: 'POST',
      path: '/emails/batch',
      // "Permissive mode processes all emails, allowing for partial success": a bad address costs only itself.
      headers: { ...keyed, 'x-batch-validation': 'permissive' },
      body: arrayBody(parcel.map(body)),
    }
  },

  outcomes: (_, reply, parcel) => resendOutcomes(reply, parcel),

  checks: resendChecks,
}

export const resend = httpProviderKind(vendor)
