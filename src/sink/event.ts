/**
 * What a sink does, as a watcher sees it. A watcher is called synchronously and before the step is carried out, so that a
 * drill can end the sender at exactly this point.
 */

import type { Behaviour } from './rule.ts'

/**
 * How far a call has come, over SMTP (a transaction) and over HTTP (a request):
 *
 * - `connect` (SMTP): somebody has connected and is not greeted yet
 * - `mail`, `rcpt` (SMTP): the command is here, its answer is not
 * - `data` (SMTP): the DATA command is here, not a byte of the message has been read
 * - `head` (HTTP): the request's head is here, not a byte of its body has been looked at
 * - `lookup` (HTTP): somebody asks what was taken, or about the account; no call of its own
 * - `body`: the first bytes of the message or the request's body have come
 * - `taken`: the whole message is here and is valid, and is not in the ledger yet
 * - `answered`: an answer to the call was written to the socket: to the message, or a refusal at an earlier step
 */
export type SinkPhase = 'connect' | 'mail' | 'rcpt' | 'data' | 'head' | 'lookup' | 'body' | 'taken' | 'answered'

export interface SinkEvent {
  readonly provider: string
  readonly phase: SinkPhase
  /** From 1, in the order in which they were made; SMTP and HTTP count apart. */
  readonly connection: number
  /** The call as the ledger numbers it; null before there is one (`connect`, `lookup`). */
  readonly call: number | null
  /** The addresses as far as they are known: over SMTP from `rcpt` on, over HTTP from `taken` on. They are as in the ledger. */
  readonly to: readonly string[]
  /** What the sink is about to do instead of behaving; null if it behaves. At `answered`, what it has done. */
  readonly misbehaviour: Behaviour | null
  /** Whether the call's lines are in the ledger: only ever at `answered`. */
  readonly inLedger: boolean
}
