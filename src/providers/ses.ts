/**
 * Amazon SES, by its API v2. One message goes in a call of its own (`SendEmail`), or up to fifty in one call whose shared
 * text SES fills in for each recipient (`SendBulkEmail`); there each entry has an answer of its own. SES tells what it took
 * by events alone, so it cannot be asked.
 *
 * Sources: the service model `sesv2-2019-09-27` of AWS's libraries; the pages of the developer guide at
 * docs.aws.amazon.com/ses on personalized email, quotas, header fields, attachments and the mailbox simulator.
 */

import { InvariantError, UserError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import { refused } from './answer-outcomes.ts'
import type { HttpRequest } from './http-call.ts'
import { type HttpPrepared, type HttpVendor, httpProviderKind } from './http-provider.ts'
import { piecesBytes } from './json-text.ts'
import type { Profile } from './provider.ts'
import { attachmentProblem } from './ses-attachment.ts'
import { bulkBody, type EncodedContent, encodeContent, singleBody } from './ses-body.ts'
import { sesChecks } from './ses-checks.ts'
import { chainOfCredentials } from './ses-credentials.ts'
import { sesOutcomes } from './ses-outcomes.ts'
import { isBeyondAscii, needsOwnCall, sesFits, sesLimits, unsendable } from './ses-parcel.ts'
import { readSesSettings, sesOptions } from './ses-settings.ts'
import { prepareSigning, type SignRequest } from './ses-signing.ts'

const profile: Profile = {
  name: 'ses',
  title: 'Amazon SES (API v2)',
  delivers: true,
  batchMax: sesLimits.entries,
  // "SES quotas are based on the number of recipients rather than on the number of messages" (page on quotas).
  rateCounts: 'messages',
  messageMaxBytes: sesLimits.messageBytes,
  // The service model has no idempotency token, and a repeated call is a second mail.
  idempotency: { kind: 'none' },
  // `GetMessageInsights` wants the id that a lost answer would have held; anything else comes by event destinations.
  lookup: 'no',
  guarantee:
    'Amazon SES cannot be made to ignore a repeated call and tells what it took by events alone, so `mailblast settle` leaves whoever is in doubt to your decision.',
  defaultConcurrency: 10,
  // "simulates a successful delivery"; it counts towards the rate and not towards the daily quota (mailbox simulator).
  sandbox: { by: 'address', to: 'success@simulator.amazonses.com' },
}

interface SesRoute extends HttpPrepared {
  readonly content: EncodedContent
  readonly sign: SignRequest
}

const vendor: HttpVendor<SesRoute> = {
  profile,
  options: sesOptions,

  async prepare(opening) {
    const { region, baseUrl, configurationSet, credentials } = await readSesSettings(opening)
    const content = encodeContent(opening.content, configurationSet)
    checkShared(content, `route ${opening.route.name}`)
    const find =
      'accessKeyId' in credentials
        ? async () => credentials
        : chainOfCredentials(credentials.profile, opening.keepSecret)
    return { baseUrl, content, sign: await prepareSigning({ region, baseUrl }, find) }
  },

  fits({ content }, messages, most) {
    return sesFits(content, messages, most)
  },

  async request({ content, sign }, parcel, nowMs): Promise<HttpRequest | Outcome> {
    const [first] = parcel
    if (first === undefined) throw new InvariantError('a parcel has no message')
    if (parcel.length > 1) {
      // What a bulk call cannot express would not be refused but arrive wrong, so it is looked at once more.
      const wrong = parcel.find(message => !content.canMerge || needsOwnCall(content, message))
      if (wrong !== undefined) throw new InvariantError(`message ${wrong.id} cannot go in a call with others`)
      return sign(call('/v2/email/outbound-bulk-emails', bulkBody(content, parcel)), nowMs)
    }
    if (isBeyondAscii(first.to))
      return refused('message', 'config', 'address', 'SES takes no address with a character beyond ASCII before the @')
    const problem = unsendable(first)
    if (problem !== undefined) return refused('message', 'content', 'limit', problem)
    const body = singleBody(content, first)
    const bytes = piecesBytes(body)
    if (bytes > sesLimits.messageBytes)
      return refused(
        'message',
        'content',
        'limit',
        `it comes to ${bytes} bytes, and SES takes ${sesLimits.messageBytes}`,
      )
    return sign(call('/v2/email/outbound-emails', body), nowMs)
  },

  outcomes({ content }, reply, parcel) {
    return sesOutcomes(reply, parcel, content.shared.from)
  },

  checks: sesChecks,
}

export const ses = httpProviderKind(vendor)

function call(path: string, body: HttpRequest['body']): HttpRequest {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  return { method: 'POST', path, headers, body }
}

/** What no call could ever carry is the campaign's mistake, and is said before the first one. */
function checkShared({ shared, bulk }: EncodedContent, where: string): void {
  const odd = [shared.from, shared.replyTo].find(mailbox => isBeyondAscii(mailbox?.address ?? ''))
  if (odd)
    throw new UserError(`${odd.address} has a character beyond ASCII before the @, which SES does not take`, {
      where,
      remedy: 'Give an address in ASCII as from and reply_to.',
    })
  for (const attachment of shared.attachments) {
    const problem = attachmentProblem(attachment)
    if (problem !== undefined) throw new UserError(problem, { where, remedy: 'Give the attachment a shorter name.' })
  }
  if (bulk.length > sesLimits.messageBytes)
    throw new UserError(
      `text and attachments come to ${Math.ceil(bulk.length / 1_000_000)} MB, and SES takes messages of up to 40 MB`,
      { where, remedy: 'Make the attachments smaller, or link to them.' },
    )
}
