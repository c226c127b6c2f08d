/**
 * Postmark, by its email API: one message in a call of its own, or up to five hundred finished ones in a batch, of which
 * each is taken or refused by itself. It can be asked later for what it has taken.
 *
 * Sources: Postmark's API description `server.swagger.yml`; the pages on the email API, batch email, message streams and
 * the API's overview at postmarkapp.com/developer; support articles 1299 (List-Unsubscribe) and 1125 (metadata).
 */

import { z } from 'zod'
import { InvariantError, UserError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import { refused } from './answer-outcomes.ts'
import { baseUrlOption } from './http-base-url.ts'
import type { BodyPiece } from './http-body.ts'
import type { HttpRequest } from './http-call.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { piecesBytes } from './json-text.ts'
import { arrayBody, arrayFits } from './message-array.ts'
import { type PostmarkBody, preparePostmark } from './postmark-body.ts'
import { postmarkChecks } from './postmark-checks.ts'
import { postmarkLookup } from './postmark-lookup.ts'
import { postmarkOutcomes } from './postmark-outcomes.ts'
import type { Profile } from './provider.ts'
import { requiredSecret, secretKeys } from './secret-option.ts'

export const postmarkLimits = {
  /** "500 messages per batch", "50 MB per batch", "10 MB per message", attachments included (page on batch email). */
  messages: 500,
  requestBytes: 50_000_000,
  messageBytes: 10_000_000,
  /** "5 MB" each of HtmlBody and TextBody (page on the email API). */
  partBytes: 5_000_000,
} as const

const profile: Profile = {
  name: 'postmark',
  title: 'Postmark (email API)',
  delivers: true,
  batchMax: postmarkLimits.messages,
  // Postmark states no rate; what it answers 429 to are requests (overview page).
  rateCounts: 'calls',
  messageMaxBytes: postmarkLimits.messageBytes,
  // The API description has no idempotency key, and a repeated call is a second mail.
  idempotency: { kind: 'none' },
  // The search for messages runs behind what is taken, and forgets after 45 days unless a longer time is paid for.
  lookup: 'traces',
  guarantee:
    'Postmark cannot be made to ignore a repeated call; `mailblast settle` asks its message search whom it took, and whoever it does not show waits for your decision.',
  defaultConcurrency: 10,
  // The token for tests belongs to no account, so it can cost nobody anything (overview page, on testing).
  sandbox: { by: 'option', option: 'sandbox', free: true },
}

const options = z.strictObject({
  ...secretKeys('server_token', { description: 'Server API token, from the API Tokens tab of a Postmark server' }),
  base_url: baseUrlOption('https://api.postmarkapp.com'),
  message_stream: z
    .string()
    .regex(/^[a-z0-9_-]{1,100}$/i, { error: 'is not the ID of a message stream, such as broadcast' })
    .default('broadcast')
    .describe(
      'ID of the message stream. Mail to many belongs on a broadcast stream; Postmark puts an unsubscribe link under mails that have none there',
    ),
  unsubscribe: z
    .enum(['own', 'postmark'])
    .default('own')
    .describe(
      "Whose List-Unsubscribe the mails have: the campaign's `own`, for which a broadcast stream needs Postmark's approval, or that which `postmark` puts in, the campaign's then being left out",
    ),
  track_opens: z
    .boolean()
    .optional()
    .describe("Open tracking; as the server is set if absent, like Postmark's TrackOpens"),
  track_links: z
    .enum(['None', 'HtmlAndText', 'HtmlOnly', 'TextOnly'])
    .optional()
    .describe("Link tracking; as the server is set if absent, like Postmark's TrackLinks"),
  sandbox: z
    .boolean()
    .default(false)
    .describe("Sends with Postmark's test token in place of yours: calls are checked, nothing is delivered"),
})

const settings = z.object({
  base_url: z.string(),
  message_stream: z.string(),
  unsubscribe: z.enum(['own', 'postmark']),
  track_opens: z.boolean().optional(),
  track_links: z.string().optional(),
  sandbox: z.boolean(),
})

/** With it "your messages are validated but not delivered" (overview page, on testing). */
const testToken = 'POSTMARK_API_TEST'

export interface PostmarkRoute extends HttpPrepared {
  /** With the account's own token, for questions. */
  readonly asking: Readonly<Record<string, string>>
  /** The same for mails, which a sandbox hands over with the test token. */
  readonly sending: Readonly<Record<string, string>>
  readonly body: PostmarkBody
  readonly messageStream: string
  readonly unsubscribe: 'own' | 'postmark'
  readonly sandbox: boolean
  /** Whether an attachment goes with every message. */
  readonly sharesFiles: boolean
}

const vendor: HttpVendor<PostmarkRoute> = {
  profile,
  options,

  async prepare(opening) {
    const given = settings.parse(opening.route.options)
    const where = `route ${opening.route.name}`
    const secret = await opening.secret(requiredSecret(opening.route.options, 'server_token'))
    const asking = {
      'x-postmark-server-token': headerSecret(secret, 'server_token', where),
      'content-type': 'application/json',
      accept: 'application/json',
    }
    const { attachments } = opening.content
    const fileBytes = attachments.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 3) * 4, 0)
    if (fileBytes > profile.messageMaxBytes)
      throw new UserError(
        `the attachments come to ${Math.ceil(fileBytes / 1_000_000)} MB as they are sent, and Postmark takes messages of up to 10 MB`,
        { where, remedy: 'Make the attachments smaller, or link to them.' },
      )
    return {
      baseUrl: given.base_url,
      asking,
      sending: given.sandbox ? { ...asking, 'x-postmark-server-token': testToken } : asking,
      body: preparePostmark(opening.content, {
        messageStream: given.message_stream,
        unsubscribe: given.unsubscribe,
        trackOpens: given.track_opens,
        trackLinks: given.track_links,
      }),
      messageStream: given.message_stream,
      unsubscribe: given.unsubscribe,
      sandbox: given.sandbox,
      sharesFiles: attachments.length > 0,
    }
  },

  fits({ body }, messages, most) {
    return arrayFits(messages, most, {
      bytes: postmarkLimits.requestBytes,
      bytesOf(message) {
        const pieces = body.message(message)
        return tooLarge(body.partBytes(message), pieces) === undefined ? piecesBytes(pieces) : Infinity
      },
    })
  },

  request({ body, sending }, parcel): HttpRequest | Outcome {
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    if (parcel.length > 1) {
      const messages = parcel.map(message => body.message(message))
      return { method: 'POST', path: '/email/batch', headers: sending, body: arrayBody(messages) }
    }
    const pieces = body.message(first)
    const problem = tooLarge(body.partBytes(first), pieces)
    if (problem !== undefined) return refused('message', 'content', 'not sent', problem)
    return { method: 'POST', path: '/email', headers: sending, body: pieces }
  },

  outcomes: (route, reply, parcel) => postmarkOutcomes(reply, parcel, route.sharesFiles),

  lookup: postmarkLookup,
  checks: postmarkChecks,
}

export const postmark = httpProviderKind(vendor)

/** Why Postmark could never take a message; undefined if it can. */
function tooLarge(partBytes: number, pieces: readonly BodyPiece[]): string | undefined {
  if (partBytes > postmarkLimits.partBytes) return 'its text is larger than the 5 MB that Postmark takes'
  if (piecesBytes(pieces) > postmarkLimits.messageBytes)
    return 'it is larger than the 10 MB that Postmark takes, attachments included'
  return undefined
}
