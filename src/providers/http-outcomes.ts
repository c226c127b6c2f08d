/**
 * What becomes of a parcel when no vendor's words decide it: the call did not go through, or the answer is of a kind that
 * means the same everywhere. Pure. Whatever may have been taken is in doubt; only what cannot have been taken is tried again.
 */

import { type Cause, causeText, type Outcome } from '../model/outcome.ts'
import type { CallEnding, HttpFailure } from './http-call.ts'

/**
 * The outcome of a call that brought no status.
 *
 * | ending                                            | outcome |
 * | ------------------------------------------------- | ------- |
 * | not sent, the server's certificate is not accepted | refused, route, config |
 * | not sent, the request cannot be written as HTTP     | refused, route, config |
 * | not sent, a proxy does not let us pass              | refused, route, config |
 * | not sent, anything else                             | deferred, route, transient |
 * | no answer                                           | in doubt |
 */
export function outcomeOfFailure(ending: Exclude<CallEnding, { kind: 'answered' }>): Outcome {
  if (ending.kind === 'not sent') return notSent(ending.failure)
  return { kind: 'in-doubt', cause: causeOf('unknown', 'sent, but no answer', ending.failure) }
}

/**
 * The outcome of a status that means the same everywhere; undefined if the answer is for the vendor to read.
 *
 * | status                               | outcome |
 * | ------------------------------------ | ------- |
 * | 2xx before the request was sent whole | in doubt: it answers something that was not asked |
 * | 303 See Other                        | in doubt: it may follow a POST that was carried out (RFC 9110, 15.4.4) |
 * | any other 3xx                        | refused, route, config: redirects are never followed |
 */
export function outcomeOfStatus(status: number, sentWhole: boolean): Outcome | undefined {
  const code = String(status)
  if (status < 300 && !sentWhole) return doubt(code, `answered ${status} before the request was sent whole`)
  if (status === 303) return doubt(code, 'answered 303: the result is elsewhere, and redirects are not followed')
  if (status >= 300 && status < 400) {
    const text = `answered ${status}, a redirect, which is not followed: check base_url`
    return { kind: 'refused', scope: 'route', cause: { class: 'config', code, text } }
  }
  return undefined
}

/**
 * What a vendor makes of an answer, corrected for a request that was not sent whole: a 5xx cannot have been taken then. A doubt
 * at a 4xx is another one, and stays: the vendor knows of an earlier call for the same people, as it may by a key in the head
 * of this one, and that may have been taken.
 */
export function correctedFor(status: number, sentWhole: boolean, outcome: Outcome): Outcome {
  if (sentWhole || status < 500 || outcome.kind !== 'in-doubt') return outcome
  return { kind: 'deferred', scope: 'route', cause: { ...outcome.cause, class: 'transient' } }
}

function notSent(failure: HttpFailure): Outcome {
  const unusable =
    (failure.code !== undefined && (certificateErrors.has(failure.code) || ownErrors.has(failure.code))) ||
    refusedByProxy.test(failure.text)
  const cause = causeOf(unusable ? 'config' : 'transient', 'not sent', failure)
  return { kind: unusable ? 'refused' : 'deferred', scope: 'route', cause }
}

function doubt(code: string, text: string): Outcome {
  return { kind: 'in-doubt', cause: { class: 'unknown', code, text } }
}

function causeOf(failureClass: Cause['class'], what: string, failure: HttpFailure): Cause {
  const text = causeText(`${what}: ${failure.text}`)
  return failure.code === undefined ? { class: failureClass, text } : { class: failureClass, code: failure.code, text }
}

/** undici will not write such a request: a header or path that is none. Nothing of it has left. */
const ownErrors: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** undici's words for a proxy that lets us not pass (RFC 9110, sections 15.5.2, 15.5.4 and 15.5.8): waiting changes nothing about it. */
const refusedByProxy = /^Proxy response \((401|403|407)\)/

/** "X509 certificate error codes" of nodejs.org/api/tls.html, and Node's own for a name that does not match. */
const certificateErrors: ReadonlySet<string> = new Set([
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
