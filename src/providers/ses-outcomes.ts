/**
 * What SES's answers mean. `SendEmail` takes its message or refuses it; `SendBulkEmail` answers for each entry by itself
 * (`ses-bulk-outcomes.ts`) or refuses the call whole. A refused call has taken nobody.
 *
 * | answer                                                        | outcome |
 * | ------------------------------------------------------------- | ------- |
 * | 2xx with a `MessageId`                                          | accepted |
 * | any other 2xx                                                   | in doubt |
 * | 429, TooManyRequests, Throttling: "Daily message quota exceeded" | refused, route, quota |
 * | 429, TooManyRequests, Throttling: anything else                  | deferred, route, throttled |
 * | LimitExceeded                                                   | refused, route, quota |
 * | MessageRejected: an identity that is not verified, the sender's  | refused, route, config |
 * | … a recipient's, as in SES's sandbox                            | she refused, message, config; the others deferred, message, at once |
 * | … of the sending itself ("Sending suspended for this account")  | refused, route, config |
 * | … anything else, of one                                         | refused, message, content |
 * | … anything else, of several                                     | apart |
 * | BadRequest: an address, of one                                  | refused, recipient, hard: the sender's addresses were looked at before |
 * | … the size, a header, her own attachment, of one                | refused, message, content |
 * | … an address, the size, of several                              | apart |
 * | … anything else                                                 | refused, route, config |
 * | 413                                                             | refused, message, content; of several: apart |
 * | AccountSuspended, SendingPaused, MailFromDomainNotVerified, NotFound | refused, route, config |
 * | 401, 403; signature, token, access denied                       | refused, route, auth |
 * | 400 without a type that broke off                               | deferred, route, transient: what it says is not known |
 * | any other 4xx                                                   | refused, route, config |
 * | 408, RequestAborted; ServiceUnavailable, InternalServiceError   | deferred, route, transient |
 * | any other 5xx                                                   | in doubt: a gateway's, or "an unknown error" (InternalFailure) |
 *
 * Sources: the errors of SES v2's service model; AWS's page on common errors; at docs.aws.amazon.com/ses the pages on sending
 * errors and on quota errors. For being too fast SES v2 says TooManyRequestsException, 429; before, it was Throttling, 400.
 */

import type { Mailbox } from '../model/address.ts'
import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { apart, deferred, inDoubt, notSentForAnother, refused, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { bulkOutcomes } from './ses-bulk-outcomes.ts'
import { type SesError, sesError, sesWords } from './ses-error.ts'
import { aboutAddress, aboutSender, aboutSending, aboutSize, isQuota, unverified } from './ses-words.ts'

export function sesOutcomes(reply: HttpReply, parcel: readonly FilledMessage[], from: Mailbox): readonly Outcome[] {
  if (reply.status < 300) return parcel.length === 1 ? [taken(reply)] : bulkOutcomes(reply, parcel, from)
  const error = sesError(reply)
  const refusal: Refusal = {
    reply,
    parcel,
    from,
    error,
    code: error.type === '' ? String(reply.status) : `${reply.status} ${error.type}`,
    said: wordsOf(reply, 'Amazon SES', sesWords(error)),
  }
  return (byType[error.type] ?? byStatus(reply, error))(refusal)
}

interface Refusal {
  readonly reply: HttpReply
  readonly parcel: readonly FilledMessage[]
  readonly from: Mailbox
  readonly error: SesError
  readonly code: string
  readonly said: string
}

type Treatment = (refusal: Refusal) => readonly Outcome[]

const config: Treatment = ({ parcel, code, said }) => forAll(parcel, refused('route', 'config', code, said))
const auth: Treatment = ({ parcel, code, said }) => forAll(parcel, refused('route', 'auth', code, said))
const later: Treatment = ({ parcel, code, said }) => forAll(parcel, deferred('transient', code, said))
const doubt: Treatment = ({ parcel, code, said }) => forAll(parcel, inDoubt(code, said))
const quota: Treatment = ({ parcel, code, said }) => forAll(parcel, refused('route', 'quota', code, said))

const tooFast: Treatment = refusal =>
  isQuota(refusal.error.message)
    ? quota(refusal)
    : forAll(refusal.parcel, deferred('throttled', refusal.code, refusal.said))

/** The signature holds for some minutes around the moment it was made, by SES's clock. */
const untimely: Treatment = refusal => auth({ ...refusal, said: `${refusal.said}; check the clock of this machine` })

const content: Treatment = ({ parcel, code, said }) =>
  forAll(parcel, parcel.length === 1 ? refused('message', 'content', code, said) : apart(parcel.length, code, said))

const rejected: Treatment = refusal => {
  const { parcel, from, error, code, said } = refusal
  const identities = unverified(error.message, from)
  if (identities === undefined) return aboutSending(error.message) ? config(refusal) : content(refusal)
  const named = parcel.map(({ to }) => identities !== 'sender' && identities.has(to.toLowerCase()))
  if (!named.includes(true)) return config(refusal)
  // Each such call takes at least one message out, so this ends.
  return named.map(isNamed => (isNamed ? refused('message', 'config', code, said) : notSentForAnother(code)))
}

const badRequest: Treatment = refusal => {
  const { parcel, error, code, said } = refusal
  const { message } = error
  if (aboutSender(message)) return config(refusal)
  if (aboutAddress(message))
    return parcel.length === 1
      ? [refused('recipient', 'hard', code, said)]
      : forAll(parcel, apart(parcel.length, code, said))
  if (aboutSize(message)) return content(refusal)
  const [first] = parcel
  const isOwn = parcel.length === 1 && (/header/i.test(message) || (first?.attachments.length ?? 0) > 0)
  return isOwn && /header|attachment|file|content.?id/i.test(message) ? content(refusal) : config(refusal)
}

const byType: Readonly<Record<string, Treatment>> = {
  TooManyRequestsException: tooFast,
  ThrottlingException: tooFast,
  Throttling: tooFast,
  RequestThrottled: tooFast,
  LimitExceededException: quota,
  MessageRejected: rejected,
  BadRequestException: badRequest,
  ValidationException: badRequest,
  ValidationError: badRequest,
  InvalidParameterValue: badRequest,
  RequestEntityTooLargeException: content,
  AccountSuspendedException: config,
  SendingPausedException: config,
  MailFromDomainNotVerifiedException: config,
  NotFoundException: config,
  AccessDeniedException: auth,
  AccessDenied: auth,
  NotAuthorized: auth,
  OptInRequired: auth,
  ExpiredTokenException: auth,
  ExpiredToken: auth,
  UnrecognizedClientException: auth,
  InvalidClientTokenId: auth,
  InvalidSignatureException: refusal => (/expired|not yet current/i.test(refusal.said) ? untimely : auth)(refusal),
  SignatureDoesNotMatch: auth,
  IncompleteSignature: auth,
  IncompleteSignatureException: auth,
  MissingAuthenticationToken: auth,
  MissingAuthenticationTokenException: auth,
  RequestExpired: untimely,
  RequestTimeoutException: later,
  RequestAbortedException: later,
  // "The request couldn't be processed because an error occurred" (service model), "a temporary failure of the server".
  InternalServiceErrorException: later,
  ServiceUnavailable: later,
  ServiceUnavailableException: later,
}

function byStatus({ status, whole }: HttpReply, { type }: SesError): Treatment {
  if (status >= 500) return doubt
  if (status === 401 || status === 403) return auth
  if (status === 408) return later
  if (status === 413) return content
  if (status === 429) return tooFast
  return status === 400 && type === '' && !whole ? later : config
}

/** "A unique identifier for the message that is generated when the message is accepted" (service model). */
function taken(reply: HttpReply): Outcome {
  const body = reply.json()
  const id =
    typeof body === 'object' && body !== null && 'MessageId' in body && typeof body.MessageId === 'string'
      ? causeText(body.MessageId)
      : ''
  if (id !== '') return { kind: 'accepted', providerId: id }
  return inDoubt(reply.status, wordsOf(reply, 'Amazon SES', ''))
}
