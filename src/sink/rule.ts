/**
 * Rules by which a sink misbehaves: whom they concern, when, how often, and what it does then. `rules.ts` reads them
 * from files and `rule-text.ts` from a line.
 */

import type { Saying, Voice } from './replies.ts'

/**
 * - `refuse`: a refusal for good
 * - `defer`: a refusal for now
 * - `throttle`: "slow down"; over HTTP with a wait in the provider's form if the rule has one
 * - `slow`: does everything right, after `delay`
 * - `lose-answer`: takes the mail, then drops the connection before answering
 * - `drop`: drops the connection; nothing is taken
 * - `garbage`: answers with something that is no answer; `taken` says if the mail is taken
 * - `refuse-part`: refuses one mail of a call; what becomes of the others is the vendor's way (SendGrid: nothing is taken)
 * - `hang`: never answers; nothing is taken unless `taken` says so
 * - `refuse-connections`: closes the port after so many connections, for some time or for good
 */
export const behaviours = [
  'refuse',
  'defer',
  'throttle',
  'slow',
  'lose-answer',
  'drop',
  'garbage',
  'refuse-part',
  'hang',
  'refuse-connections',
] as const
export type Behaviour = (typeof behaviours)[number]

/**
 * Where a rule applies. `answer` is when the whole mail is there and is to be taken and answered. The others are the steps
 * at which the sink may interfere before that: `connect`, `mail`, `rcpt` and `data` over SMTP, `head` over HTTP, `body` over
 * both (when its first bytes have come), and `lookup` when an HTTP provider is asked what it took, or about the account.
 */
export const rulePhases = ['connect', 'mail', 'rcpt', 'data', 'head', 'body', 'answer', 'lookup'] as const
export type RulePhase = (typeof rulePhases)[number]

export type Transport = 'smtp' | 'http'

export interface Rule {
  /** Null: all of them. */
  readonly provider: string | null
  /** Recipient domains, exact (`yahoo.com`) or by suffix (`*.edu`); a call is concerned if one of its recipients is. Null: all. */
  readonly sites: readonly string[] | null
  readonly do: Behaviour
  /** Null: where its behaviour usually shows (`usualPhase`). */
  readonly phase: RulePhase | null
  /** Of the occasions that fit, how many are met, by chance: above 0 and up to 1. */
  readonly share: number
  /** How many occasions that fit pass first. */
  readonly after: number
  /** How many of the occasions after that can be met at all; null: all. */
  readonly first: number | null
  /** How long it waits before it does what it does. */
  readonly delayMs: number
  /** What a refusal says; null: what its behaviour usually says. */
  readonly say: Saying | null
  /** In whose manner; null: as the recipient's site speaks. */
  readonly voice: Voice | null
  /** An SMTP reply of one's own, such as `550 5.7.1 Go away`. */
  readonly reply: string | null
  /** An HTTP answer of one's own. */
  readonly status: number | null
  readonly body: string | null
  readonly retryAfterSeconds: number | null
  /** Whether `garbage` or `hang` takes the mail. */
  readonly taken: boolean
  /** How long `refuse-connections` lasts; null: for good. */
  readonly forMs: number | null
}

/** Where a rule applies that does not say it. Over HTTP nobody is known before the whole request is there. */
export function usualPhase(rule: Pick<Rule, 'do' | 'sites'>, transport: Transport): RulePhase {
  if (rule.do === 'drop') return transport === 'http' && rule.sites !== null ? 'answer' : 'body'
  return transport === 'smtp' && isRefusal(rule.do) ? 'rcpt' : 'answer'
}

/** What a refusal says unless its rule says otherwise: at `connect` and `mail` no recipient is known who could be at fault. */
export function usualSaying(behaviour: Behaviour, phase: RulePhase): Saying {
  if (behaviour === 'throttle') return 'throttled'
  if (behaviour === 'defer') return 'busy'
  return phase === 'rcpt' || phase === 'answer' ? 'no-such-user' : 'blocked'
}

function isRefusal(behaviour: Behaviour): boolean {
  return behaviour === 'refuse' || behaviour === 'defer' || behaviour === 'throttle'
}
