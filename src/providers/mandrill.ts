/**
 * Mailchimp Transactional, which is Mandrill, by its API 1.4. Each message goes in a call of its own: several recipients of one
 * call can have different merge fields, but no headers of their own, and List-Unsubscribe is one. What a call means is
 * said per recipient in an answer of status 200, so a success is read as closely as a refusal.
 *
 * Sources: the API description `transactional.openapi.json` of mailchimp/mailchimp-client-lib-codegen; the knowledge base
 * at mandrill.zendesk.com, where a fact names its page.
 */

import { z } from 'zod'
import { InvariantError, UserError } from '../model/errors.ts'
import { bytes } from '../model/words.ts'
import { baseUrlOption } from './http-base-url.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { piecesBytes } from './json-text.ts'
import { encodeMandrill, type MandrillContent, mandrillBody, mandrillMisfit } from './mandrill-body.ts'
import { mandrillChecks } from './mandrill-checks.ts'
import { mandrillLookup } from './mandrill-lookup.ts'
import { mandrillOutcomes } from './mandrill-outcomes.ts'
import type { Profile } from './provider.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'

const profile: Profile = {
  name: 'mandrill',
  title: 'Mailchimp Transactional, formerly Mandrill (API 1.4)',
  delivers: true,
  // Merge tags are not evaluated in headers (knowledge base), so that no two recipients of a call can have different ones.
  batchMax: 1,
  rateCounts: 'calls',
  // The API description states no number. 25 MB, attachments encoded, is the usual one, and is kept to until one is found.
  messageMaxBytes: 25_000_000,
  // The API description has no idempotency key, and a repeated call is a second mail.
  idempotency: { kind: 'none' },
  // A search runs behind what was taken, and forgets what was delivered after 30 days (page on searching activity).
  lookup: 'traces',
  guarantee:
    'Mandrill cannot be made to ignore a repeated call; `mailblast settle` searches what it has taken in the last 30 days, and whoever it does not find waits for your decision.',
  defaultConcurrency: 10,
}

const options = z.strictObject({
  ...secretKeys('api_key', { description: 'API key of Mailchimp Transactional (Mandrill)' }),
  base_url: baseUrlOption('https://mandrillapp.com/api/1.4'),
  subaccount: z.string().min(1).optional().describe('Subaccount that the mails count for; it must exist'),
  ip_pool: z.string().min(1).optional().describe('Pool of dedicated IP addresses to send from'),
  return_path_domain: z.string().min(1).optional().describe('Domain of the return path, instead of one of Mandrill'),
  important: z.boolean().default(false).describe('Deliver these mails ahead of others of the account'),
})

const settings = z.object({
  base_url: z.string(),
  subaccount: z.string().optional(),
  ip_pool: z.string().optional(),
  return_path_domain: z.string().optional(),
  important: z.boolean(),
})

export interface MandrillRoute extends HttpPrepared {
  readonly headers: Readonly<Record<string, string>>
  /** `"key":"…"`, with which the body of every request begins. */
  readonly key: string
  readonly content: MandrillContent
  readonly fromDomain: string
  readonly openedAtMs: number
}

const vendor: HttpVendor<MandrillRoute> = {
  profile,
  options,

  async prepare(opening) {
    const { base_url, ...given } = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
    // It travels in the body, but a key with a space or a line break in it is no key there either.
    const key = headerSecret(secret, 'api_key', where)
    const content = encodeMandrill(opening.content, given)
    checkShared(content, where)
    const { address } = opening.content.from
    return {
      baseUrl: base_url,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      key: `"key":${JSON.stringify(key)}`,
      content,
      fromDomain: address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
      openedAtMs: opening.nowMs(),
    }
  },

  fits: () => 1,

  request(route, [message]) {
    if (message === undefined) throw new InvariantError('a parcel has no message')
    const body = mandrillBody(route.content, message, route.key)
    const misfit = mandrillMisfit(message, piecesBytes(body), profile.messageMaxBytes)
    if (misfit !== undefined) return misfit
    return { method: 'POST', path: '/messages/send', headers: route.headers, body }
  },

  outcomes: (_, reply, [message]) => {
    if (message === undefined) throw new InvariantError('a parcel has no message')
    return [mandrillOutcomes(reply, message)]
  },

  lookup: mandrillLookup,
  checks: mandrillChecks,
}

export const mandrill = httpProviderKind(vendor)

/** What no call could ever carry is the campaign's mistake, and is said before the first one. */
function checkShared({ shared, sharedBytes }: MandrillContent, where: string): void {
  const odd = shared.attachments.find(each => each.contentId !== undefined && !/^image\//i.test(each.contentType))
  if (odd !== undefined)
    throw new UserError(`${odd.fileName} is shown in the HTML by cid:, and Mandrill shows only images so`, {
      where,
      remedy: 'Give it a file name that ends as an image does, or take it out of the HTML.',
    })
  if (sharedBytes > profile.messageMaxBytes)
    throw new UserError(
      `text and attachments come to ${bytes(sharedBytes)}, and Mandrill takes messages of up to ${bytes(profile.messageMaxBytes)}`,
      { where, remedy: 'Make the attachments smaller, or link to them.' },
    )
}
