/** What a send is going to do, computed from the prepared run before anything leaves. */

import type { Journal, Tally } from '../journal/journal.ts'
import type { DeliverySettings, SitePace } from '../model/campaign.ts'
import type { FilledMessage, SharedContent } from '../model/edition.ts'
import { joinText } from '../model/edition.ts'
import type { Run } from '../model/run.ts'
import { builtInPace, builtInSites } from '../policy/built-in-paces.ts'
import type { Profile } from '../providers/provider.ts'
import { type Estimate, estimate, seenRoutes, slowestRate } from './estimate.ts'
import { type PlannedRoute, plannedRoutes, type Today } from './planned-routes.ts'
import { type Timing, timing } from './timing.ts'

export interface Plan {
  readonly run: Run
  readonly tally: Tally
  readonly from: string
  /** The first messages as their recipients will see them. */
  readonly samples: readonly Sample[]
  readonly routes: readonly PlannedRoute[]
  /** The busiest sites that are paced without the campaign's having said so, and that have more than a second's worth. */
  readonly builtIn: readonly BuiltIn[]
  readonly estimate: Estimate
  readonly timing: Timing
  /** How many are mailed first, so that the others only are if that has gone well; null: everybody at once. */
  readonly canaries: number | null
}

export interface Sample {
  readonly line: number
  readonly to: string
  readonly subject: string
  /** The beginning of the text part, or of the HTML part where there is no text. */
  readonly opening: string
}

export interface BuiltIn {
  readonly site: string
  readonly pace: SitePace
}

export interface PlanFacts {
  readonly run: Run
  readonly journal: Journal
  readonly content: SharedContent
  readonly profileOf: (provider: string) => Profile
  readonly samples: readonly { readonly line: number; readonly message: FilledMessage }[]
  readonly today: Today
}

export function plan({ run, journal, content, profileOf, samples, today }: PlanFacts): Plan {
  const { delivery } = run
  const tally = journal.tally(run.id)
  const routes = plannedRoutes(delivery.routes, tally, profileOf, journal, today)
  const estimated = estimate(delivery, tally, profileOf)
  const { from } = content
  return {
    run,
    tally,
    from: from.name === undefined ? from.address : `${from.name} <${from.address}>`,
    samples: samples.map(({ line, message }) => ({
      line,
      to: message.to,
      subject: message.subject,
      opening: opening(content, message),
    })),
    routes,
    builtIn: builtIn(delivery, tally, profileOf),
    estimate: estimated,
    timing: timing(delivery, estimated, routes, tally.counts.waiting, today.nowMs),
    canaries: delivery.canary === null ? null : journal.canaries(run.id).chosen,
  }
}

function opening(content: SharedContent, message: FilledMessage): string {
  if (content.text !== null) return joinText(content.text, message.text)
  return content.html === null ? '' : joinText(content.html, message.html)
}

/** Which built-in paces will be felt. */
export function builtIn(
  delivery: DeliverySettings,
  tally: Pick<Tally, 'sites'>,
  profileOf: (provider: string) => Pick<Profile, 'receiversSeePace'>,
): readonly BuiltIn[] {
  const paced = new Set(builtInSites(delivery.sites, seenRoutes(delivery, profileOf), delivery.sitesBy))
  return tally.sites
    .filter(({ site }) => paced.has(site))
    .map(({ site, waiting }) => ({ site, waiting, pace: builtInPace(site) }))
    .filter(({ waiting, pace }) => waiting > 1000 * slowestRate(pace.rates))
    .map(({ site, pace }) => ({ site, pace }))
}

/** Whether any of the run's messages would really reach somebody. */
export function delivers(plan: Plan): boolean {
  return plan.routes.some(route => route.delivers)
}
