/** What a provider said of one message. Expected failure is this data, with a named class, and never an exception. */

/** Whose trouble it is. */
export type Scope = 'recipient' | 'message' | 'lane' | 'route'

/**
 * The class of a failure, from which all else follows:
 * - `hard`: this recipient cannot be reached, ever (no such user)
 * - `soft`: this recipient cannot be reached now (mailbox full)
 * - `block`: the receiver refuses us, not the recipient (policy, reputation)
 * - `content`: this message is refused for what it is (too big, spam)
 * - `throttled`: we are asked to be slower
 * - `quota`: an allowance is used up; retrying soon is useless
 * - `auth`: the provider does not accept our credentials
 * - `config`: the request or the account is set up wrongly
 * - `transient`: trouble on the way that may pass (network, server error)
 * - `expired`: no attempt was left, or no time
 * - `unknown`: the call may have been taken, the answer was lost
 */
export type FailureClass =
  | 'hard'
  | 'soft'
  | 'block'
  | 'content'
  | 'throttled'
  | 'quota'
  | 'auth'
  | 'config'
  | 'transient'
  | 'expired'
  | 'unknown'

export const failureClasses: readonly FailureClass[] = [
  'hard',
  'soft',
  'block',
  'content',
  'throttled',
  'quota',
  'auth',
  'config',
  'transient',
  'expired',
  'unknown',
]

export interface Cause {
  readonly class: FailureClass
  /** The provider's own code: an SMTP reply code, an HTTP status, a name (`ECONNREFUSED`). */
  readonly code?: string
  /** RFC 3463 enhanced status code, such as `5.1.1`. */
  readonly status?: string
  /** The provider's own words, on one line, at most `causeTextMax` characters; never a secret. */
  readonly text: string
}

export const causeTextMax = 500

export type Outcome = (
  | { readonly kind: 'accepted'; readonly providerId: string }
  | {
      readonly kind: 'deferred'
      readonly scope: Scope
      readonly cause: Cause
      readonly retryAfterMs?: number
      /**
       * With scope `message`: the call was refused for one of its messages, and it was not said for which. At most so many of
       * them may go together the next time, so that in the end it stands alone.
       */
      readonly partMax?: number
    }
  | { readonly kind: 'refused'; readonly scope: Scope; readonly cause: Cause }
  | { readonly kind: 'in-doubt'; readonly cause: Cause }
) & {
  /**
   * For so long the provider would refuse any further call, whatever became of this message; so the route rests, and nothing
   * went wrong. What is deferred by the route itself says it by `retryAfterMs`.
   */
  readonly restMs?: number
}

/** Untrusted words from outside made fit to keep and show: one line, no control characters, bounded. */
export function causeText(words: string): string {
  const line = words
    .slice(0, causeTextMax * 4)
    .replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return line.length > causeTextMax ? `${line.slice(0, causeTextMax - 1)}…` : line
}

/** What words of a provider have in common with those that differ only in whom they name, and in times and numbers. */
export function causeKind(text: string): string {
  return text.replace(/<[^>]*>|\S+@\S+|\d+/g, '#')
}
