/** Which routes may carry a message, and which of those that are free gets the next one. */

import { createHash } from 'node:crypto'
import type { Priority, RouteSettings } from '../model/campaign.ts'
import { patternCovers } from './sites.ts'

/** Whether a route is configured for a site and domain. */
export function serves(route: Pick<RouteSettings, 'sites'>, site: string, domain: string): boolean {
  return route.sites === null || route.sites.some(pattern => patternCovers(pattern, site, domain))
}

/**
 * Whether a route may be configured for some domain of a site of which this domain is known. It is not known which others a
 * site has; the only site that has no other is the one of its name.
 */
export function mayServe(route: Pick<RouteSettings, 'sites'>, site: string, domain: string): boolean {
  if (serves(route, site, domain)) return true
  return site !== domain && route.sites?.some(pattern => pattern.includes('.')) === true
}

/** Messages in one call, at most: what the provider takes and the campaign allows. */
export function parcelMax(route: RouteSettings, profile: { readonly batchMax: number }): number {
  if (route.batch === 'off') return 1
  return route.batch === 'auto' ? profile.batchMax : Math.min(route.batch, profile.batchMax)
}

/**
 * The account behind a route, under a name that tells nothing of it: routes with the same provider and options are one
 * account, whatever they are called, in whichever campaign.
 */
export function accountOf({ provider, options }: Pick<RouteSettings, 'provider' | 'options'>): string {
  const named = JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${provider}:${createHash('sha256').update(named).digest('hex').slice(0, 16)}`
}

/** What is known of a route's turn. */
export interface RouteTurn {
  readonly weight: number
  /** From nearly 0 to 1: see `policy/health`. */
  readonly score: number
  /** Messages given to it, each divided by the weight and score that it had then. */
  readonly passed: number
}

/**
 * The order in which routes are offered messages. A critical run's go to the healthiest. Those of others are shared by weight
 * and health (stride scheduling): whoever would have passed least comes first. On a par the one named first in the campaign
 * does. So routes that are all free share as they should, and a busy one holds up nobody.
 */
export function byTurn<Route extends RouteTurn>(routes: readonly Route[], priority: Priority): readonly Route[] {
  if (priority === 'critical') return [...routes].sort((a, b) => rounded(b.score) - rounded(a.score))
  return [...routes].sort((a, b) => a.passed + stride(a) - (b.passed + stride(b)))
}

/** By how much a route's turn passes with one message. */
export function stride({ weight, score }: Pick<RouteTurn, 'weight' | 'score'>): number {
  return 1 / (weight * score)
}

/** Differences in health that are smaller than this are chance, and the order of the campaign counts. */
function rounded(score: number): number {
  return Math.round(score * 10)
}
