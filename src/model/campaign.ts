/**
 * A campaign after its file has been read and checked: who gets what, from whom, how fast. It holds no secret, only
 * references to secrets, so all of it may be frozen in the journal.
 */

import type { Mailbox } from './address.ts'
import type { Json, UnsubscribeSettings } from './edition.ts'
import type { FailureClass } from './outcome.ts'
import type { Rate } from './rate.ts'
import type { Schedule, WarmUp } from './schedule.ts'

export interface Campaign {
  readonly name: string
  /** A recipient is mailed once per key. */
  readonly key: string
  /** The campaign file, absolute; paths in the campaign are relative to its folder. */
  readonly file: string
  readonly from: Mailbox
  readonly replyTo: Mailbox | null
  readonly subject: string
  readonly template: string | null
  readonly layout: string | null
  readonly text: string | null
  /** Folder of partials, or partials by name and path. */
  readonly partials: string | Readonly<Record<string, string>> | null
  readonly recipients: RecipientsSettings
  readonly data: Readonly<Record<string, Json>>
  readonly headers: Readonly<Record<string, string>>
  readonly attachments: readonly string[]
  readonly list: UnsubscribeSettings | null
  readonly empty: 'error' | 'allow'
  readonly delivery: DeliverySettings
}

export interface RecipientsSettings {
  /** Path of the CSV file, or `-` for standard input. */
  readonly path: string
  /** Field name to column name, where they differ; `email` names the column with the address. */
  readonly columns: Readonly<Record<string, string>>
  /** Null: detected. */
  readonly delimiter: string | null
  /** A WHATWG encoding label, such as `windows-1252`. Null: UTF-8, or UTF-16 if the file begins with its mark. */
  readonly encoding: string | null
}

/** The part that a run freezes and the engine obeys. */
export interface DeliverySettings {
  readonly routes: readonly RouteSettings[]
  readonly sites: Readonly<Record<string, SitePace>>
  readonly sitesBy: SitesBy
  /** When messages may leave; null: at any time. */
  readonly schedule: Schedule | null
  readonly retry: RetrySettings
  readonly guard: GuardSettings
  /** What a run's figures are judged by when it is over; one that is crossed makes it end as one with failures. */
  readonly thresholds: readonly Threshold[]
  readonly priority: Priority
  /** Null: everybody is mailed at once. */
  readonly canary: CanarySettings | null
}

/**
 * Which of several runs goes first where they use the same provider account: `critical` before `transactional` before
 * `bulk`. A critical run also takes the healthiest route, where the others share by weight.
 */
export type Priority = 'critical' | 'transactional' | 'bulk'

/** A few are mailed first, and the others only if that has gone well. */
export interface CanarySettings {
  /** From 0 to 1. */
  readonly share: number
  /** How long it is waited for what becomes of them. */
  readonly holdMs: number
}

/** Paces that were set while a run was under way: they go over those that it was frozen with. */
export interface PacingChange {
  /** By the route's name. */
  readonly routes: Readonly<Record<string, RoutePace>>
  /** By pattern, in the place of all of `DeliverySettings.sites`; null: those still hold. */
  readonly sites: Readonly<Record<string, SitePace>> | null
}

export interface RoutePace {
  readonly rates: readonly Rate[]
  /** Null: as the route was frozen. */
  readonly concurrency: number | null
}

export const noPacingChange: PacingChange = { routes: {}, sites: null }

/**
 * Which domains are one site: those of a family that mailblast knows, and by MX also all whose mail the same receiver
 * takes, such as those of Google Workspace.
 */
export type SitesBy = 'domain' | 'mx'

export interface RouteSettings {
  /** Unique in its campaign; the provider's name unless given. */
  readonly name: string
  readonly provider: string
  /** All of them hold at once; empty: no limit but concurrency. */
  readonly rates: readonly Rate[]
  /** Calls that may be open at once. */
  readonly concurrency: number
  readonly weight: number
  /** Its place in line: it stands in for routes of a lower one while they are out of use. */
  readonly order: number
  /** Addresses and domains that may send by it; null: any. */
  readonly senders: readonly string[] | null
  /** Site names and domain patterns (`*.edu`) it serves; null: all. */
  readonly sites: readonly string[] | null
  /** Messages in one call: as many as the provider takes, one, or so many. */
  readonly batch: 'auto' | 'off' | number
  /** How many messages it may be given a day while receivers get to know it; null: as many as its rates allow. */
  readonly warmup: WarmUp | null
  /** What this provider alone needs, as its own schema has checked it; secrets by reference. */
  readonly options: Readonly<Record<string, Json>>
}

/** How one receiving site is paced, over all routes. */
export interface SitePace {
  readonly rates: readonly Rate[]
  /** Calls that carry messages for this site and may be open at once; null: as many as the routes allow. */
  readonly concurrency: number | null
}

export interface RetrySettings extends RetryPlan {
  /** What holds instead for failures of one class. */
  readonly classes: Readonly<Partial<Record<FailureClass, RetryPlan>>>
}

export interface RetryPlan {
  /** Wait before the second, third, … attempt; the last one repeats. */
  readonly delaysMs: readonly number[]
  /** How long after its first attempt a message is still worth another. */
  readonly maxAgeMs: number
}

export interface GuardSettings {
  readonly stopWhen: readonly Threshold[]
  readonly maxRecipients: number | null
}

/** What of a run is watched, and from where on it stops. As JSON it is frozen with every run, so its fields keep their names. */
export type Threshold = ShareThreshold | LatencyThreshold

/** `hard_bounce_rate > 5% of 200`: crossed once at least `atLeast` are decided and the share is above `share`. */
export interface ShareThreshold {
  readonly text: string
  readonly metric: ShareMetric
  /** From 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

export type ShareMetric = 'hard_bounce_rate' | 'failure_rate' | 'deferral_rate' | 'complaint_rate'

/** `p95_latency > 2s of 200`: crossed once at least `atLeast` calls were made and that percentile of the last is above. */
export interface LatencyThreshold {
  readonly text: string
  readonly metric: LatencyMetric
  readonly limitMs: number
  readonly atLeast: number
}

export type LatencyMetric = 'p50_latency' | 'p95_latency' | 'p99_latency'
