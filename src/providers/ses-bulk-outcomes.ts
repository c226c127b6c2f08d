/**
 * The answer to `SendBulkEmail`: "One object per intended recipient" (service model), in the order of the entries, each with
 * a status of its own inside a success.
 *
 * | status of an entry                                        | outcome |
 * | --------------------------------------------------------- | ------- |
 * | SUCCESS                                                     | accepted |
 * | TRANSIENT_FAILURE                                           | deferred, route, transient: SES's own trouble |
 * | ACCOUNT_THROTTLED                                           | deferred, route, throttled |
 * | ACCOUNT_DAILY_QUOTA_EXCEEDED                                | refused, route, quota |
 * | MESSAGE_REJECTED: the sender is not verified                | refused, route, config |
 * | MESSAGE_REJECTED: the recipient is not, as in the sandbox   | refused, message, config |
 * | MESSAGE_REJECTED: anything else                             | refused, message, content |
 * | INVALID_PARAMETER, FAILED: an address                       | refused, recipient, hard |
 * | INVALID_PARAMETER, FAILED: the sender's                     | refused, route, config |
 * | INVALID_PARAMETER, FAILED: anything else                    | refused, message, content |
 * | what is set up wrongly, or paused                           | refused, route, config |
 * | any other status, or none                                   | in doubt |
 *
 * Of the statuses the service model has two spellings, one in its list and one in its prose; both are known here. An answer
 * with another number of results cannot be matched to the entries: then all of them are in doubt.
 */

import type { Mailbox } from '../model/address.ts'
import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { plural } from '../model/words.ts'
import { deferred, inDoubt, refused, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { aboutAddress, aboutSender, aboutSending, unverified } from './ses-words.ts'

export function bulkOutcomes(reply: HttpReply, parcel: readonly FilledMessage[], from: Mailbox): readonly Outcome[] {
  const results = resultsIn(reply.json())
  if (results === undefined) return forAll(parcel, inDoubt(reply.status, wordsOf(reply, 'Amazon SES', '')))
  if (results.length !== parcel.length)
    return forAll(
      parcel,
      inDoubt(
        reply.status,
        `Amazon SES gave ${plural(results.length, 'result')} for ${plural(parcel.length, 'entry', 'entries')}`,
      ),
    )
  return results.map(result => outcomeOf(readResult(result), from))
}

interface EntryResult {
  readonly status: string
  readonly error: string
  readonly messageId: string
}

function outcomeOf({ status, error, messageId }: EntryResult, from: Mailbox): Outcome {
  const said = error === '' ? `Amazon SES says ${status}` : `${error} (${status})`
  switch (status) {
    case 'SUCCESS':
      return { kind: 'accepted', providerId: causeText(messageId) }
    case 'TRANSIENT_FAILURE':
      return deferred('transient', status, said)
    case 'ACCOUNT_THROTTLED':
      return deferred('throttled', status, said)
    case 'ACCOUNT_DAILY_QUOTA_EXCEEDED':
      return refused('route', 'quota', status, said)
    case 'MESSAGE_REJECTED': {
      const identities = unverified(error, from)
      if (identities === 'sender' || aboutSending(error)) return refused('route', 'config', status, said)
      return refused('message', identities === undefined ? 'content' : 'config', status, said)
    }
    case 'INVALID_PARAMETER':
    case 'INVALID_PARAMETER_VALUE':
    case 'FAILED':
      if (aboutSender(error)) return refused('route', 'config', status, said)
      return aboutAddress(error)
        ? refused('recipient', 'hard', status, said)
        : refused('message', 'content', status, said)
    default:
      if (setUpWrongly.has(status)) return refused('route', 'config', status, said)
      return inDoubt(status === '' ? 200 : status, status === '' ? 'Amazon SES gave no status' : said)
  }
}

const setUpWrongly: ReadonlySet<string> = new Set([
  'MAIL_FROM_DOMAIN_NOT_VERIFIED',
  'CONFIGURATION_SET_NOT_FOUND',
  'CONFIGURATION_SET_DOES_NOT_EXIST',
  'TEMPLATE_NOT_FOUND',
  'TEMPLATE_DOES_NOT_EXIST',
  'ACCOUNT_SUSPENDED',
  'INVALID_SENDING_POOL_NAME',
  'INVALID_SENDING_POOL',
  'ACCOUNT_SENDING_PAUSED',
  'CONFIGURATION_SET_SENDING_PAUSED',
])

function resultsIn(body: unknown): readonly unknown[] | undefined {
  if (typeof body !== 'object' || body === null || !('BulkEmailEntryResults' in body)) return undefined
  return Array.isArray(body.BulkEmailEntryResults) ? body.BulkEmailEntryResults : undefined
}

function readResult(result: unknown): EntryResult {
  const text = (key: string): string => {
    if (typeof result !== 'object' || result === null) return ''
    const value: unknown = Object.getOwnPropertyDescriptor(result, key)?.value
    return typeof value === 'string' ? value : ''
  }
  return { status: text('Status').toUpperCase(), error: text('Error'), messageId: text('MessageId') }
}
