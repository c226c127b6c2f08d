/**
 * The contract of a provider: who takes messages from us and becomes responsible for them when it accepts. The engine
 * knows this file and no vendor.
 */

import type { z } from 'zod'
import type { Address } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { FilledMessage, SharedContent } from '../model/edition.ts'
import type { RunId } from '../model/message.ts'
import type { Cause, Outcome, Scope } from '../model/outcome.ts'
import type { RateCounts } from '../model/rate.ts'
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
  readonly rateCounts: RateCounts
  /** The largest message it takes, in bytes as sent. */
  readonly messageMaxBytes: number
  /**
   * Whether a repeated call can be made harmless, and for how long after the first. `key`: `send` gives the provider a key
   * made from the Message-IDs of the parcel alone (`parcelKey`), so that the same parcel handed over again has the same key
   * and the same content, and is delivered once.
   */
  readonly idempotency: { readonly kind: 'none' } | { readonly kind: 'key'; readonly windowMs: number }
  /**
   * Whether it can be asked later if it has taken a message, by `lookup`:
   * - `no`
   * - `traces`: that it knows a message proves that it took it; that it knows nothing proves nothing
   * - `conclusive`: that it knows nothing proves that it did not take it
   */
  readonly lookup: 'no' | 'traces' | 'conclusive'
  /** What that means for people in doubt, in one sentence for the operator. */
  readonly guarantee: string
  readonly defaultConcurrency: number
  /**
   * True if receivers may see how fast it is given mail, as they do through a relay that passes on at once. Default: it
   * keeps to each receiver's pace by itself. The built-in paces of sites hold where it is true.
   */
  readonly receiversSeePace?: boolean
  /**
   * How a message can be handed over for real and reach nobody, by an option of the route or at an address of the
   * provider's own. Default: it cannot. `free` if it is sure that it costs nothing, so that it may be done unasked.
   */
  readonly sandbox?:
    | { readonly by: 'option'; readonly option: string; readonly free?: true }
    | { readonly by: 'address'; readonly to: string }
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
  /** The environment, which may name a proxy, or what a vendor's own programs take from it. A secret comes by `secret`. */
  readonly env: Readonly<Record<string, string | undefined>>
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
  /**
   * Asks what became of messages that were handed over without an answer: as many findings as messages, in their order.
   * There unless `profile.lookup` is `no`. It never rejects for anything a network or a provider does, changes nothing
   * there, and is bounded in time; aborting the signal ends it, and what was not asked by then is `unknown`. To be called
   * again only when it has ended.
   */
  lookup?(sought: readonly Sought[], signal: AbortSignal): Promise<readonly Finding[]>
  /**
   * Finds out, without a mail to anybody, whether messages would be taken: the login, the sender, what is left of a quota.
   * It never rejects for anything a network or a provider does, and is bounded in time.
   */
  check?(signal: AbortSignal): Promise<readonly Check[]>
  /** Ends idle connections; to be called once, when nothing is in flight. */
  close(): Promise<void>
}

/** One thing that was found out about a route. */
export interface Check {
  /** What it is about, in a word or two: `API key`, `sender`, `quota`. */
  readonly what: string
  /** `unknown`: the provider does not say, or could not be asked. */
  readonly verdict: 'good' | 'bad' | 'unknown'
  /** What was found, for the operator, with what to do about it if it is bad. Never a secret. */
  readonly words: string
}

/**
 * A message in doubt, as a provider can be asked for it. Another run may have mailed the same address under the same
 * Message-ID (that of a copied journal, for one), so only a mail of this very run is a trace of it.
 */
export interface Sought {
  readonly to: Address
  readonly messageId: string
  readonly run: RunId
}

/**
 * What a provider knows of a message:
 * - `taken`: it has it, and is responsible for it
 * - `not taken`: it has not, and will not have it from that call; only where `profile.lookup` is `conclusive`
 * - `no trace`: it knows nothing of it, which proves nothing
 * - `unknown`: it could not be asked, for this cause. Of scope `route`, others would fare no better now: it wants to be asked
 *   less often (class `throttled`), or does not answer us. Of scope `message`, only this one was of no avail.
 */
export type Finding =
  | { readonly kind: 'taken'; readonly providerId: string }
  | { readonly kind: 'not taken' }
  | { readonly kind: 'no trace' }
  | { readonly kind: 'unknown'; readonly scope: Extract<Scope, 'message' | 'route'>; readonly cause: Cause }
