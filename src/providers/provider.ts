/**
 * The contract of a provider: who takes messages from us and becomes responsible for them when it accepts. The engine
 * knows this file and no vendor.
 */

import type { z } from 'zod'
import type { RouteSettings } from '../model/campaign.ts'
import type { FilledMessage, SharedContent } from '../model/edition.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Secret, SecretReference } from '../model/secret.ts'

/** Plain facts about a provider, each with its source in the vendor's file. */
export interface Profile {
  /** Its name in the campaign file. */
  readonly name: string
  /** What it is, in a few words. */
  readonly title: string
  /** False if nothing it takes ever reaches a recipient, so that a send needs no confirmation. */
  readonly delivers: boolean
  /** Messages in one call, at most. */
  readonly batchMax: number
  /** What its rate limits count. */
  readonly rateCounts: 'messages' | 'calls'
  /** The largest message it takes, in bytes as sent. */
  readonly messageMaxBytes: number
  /** Whether a repeated call can be made harmless, and for how long. */
  readonly idempotency: { readonly kind: 'none' } | { readonly kind: 'key'; readonly windowMs: number }
  /** Whether it can be asked later if it has taken a message. */
  readonly canBeAsked: boolean
  /** What that means for people in doubt, in one sentence for the operator. */
  readonly guarantee: string
  readonly defaultConcurrency: number
}

/** What the registry lists: one per vendor. */
export interface ProviderKind {
  readonly profile: Profile
  /** The keys it adds to a route in the campaign file. Secrets are checked to be references here. */
  readonly options: z.ZodObject
  /** Makes a route ready to send; resolves no name and opens no connection yet. Throws UserError for unusable options. */
  open(opening: RouteOpening): Promise<Provider>
}

export interface RouteOpening {
  readonly route: RouteSettings
  readonly content: SharedContent
  /** Folder to which relative paths in the options refer. */
  readonly folder: string
  readonly secret: (reference: SecretReference) => Promise<Secret>
  readonly nowMs: () => number
}

/** An open way out: one provider account with its connections, and the run's fixed text encoded for it. */
export interface Provider {
  readonly profile: Profile
  /**
   * How many of these messages, from the front, go in one call: at least 1, at most the route's batch size. Pure; cuts
   * parcels by the vendor's limits of size and number.
   */
  fits(messages: readonly FilledMessage[]): number
  /**
   * Hands a parcel over in one call and says what became of each message: as many outcomes as messages, in their order.
   * It never rejects for anything a network or a provider does, never retries, and reports `in-doubt` whenever the
   * messages may have been taken and no full answer says so. Aborting the signal ends the call at once under the same
   * rule.
   */
  send(parcel: readonly FilledMessage[], signal: AbortSignal): Promise<readonly Outcome[]>
  /** Ends idle connections; to be called once, when nothing is in flight. */
  close(): Promise<void>
}
