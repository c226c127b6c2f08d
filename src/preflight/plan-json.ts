/** The plan as a program reads it: the first line of `send --json`. */

import { jsonVersion } from '../model/json-version.ts'
import { rateWords } from '../model/rate.ts'
import { iso } from '../model/words.ts'
import type { Plan } from './plan.ts'
import type { PlannedRoute } from './planned-routes.ts'

export function planJson({ run, tally, from, samples, routes, builtIn, estimate, timing, canaries }: Plan): object {
  const { priority, guard } = run.delivery
  return {
    type: 'plan',
    version: jsonVersion,
    campaign: run.campaignName,
    key: run.key,
    from,
    to_send: tally.counts.waiting,
    rows: tally.counts.rows,
    skipped: tally.skipped,
    row_problems: tally.rowProblems,
    priority,
    routes: routes.map(routeJson),
    sites: tally.sites.map(({ site, waiting }) => ({ site, count: waiting })),
    built_in: builtIn.map(({ site, pace }) => ({
      site,
      rates: pace.rates.map(rateWords),
      concurrency: pace.concurrency,
    })),
    stop_when: guard.stopWhen.map(({ text }) => text),
    thresholds: run.delivery.thresholds.map(({ text }) => text),
    canaries,
    estimate_ms: estimate.ms,
    starts_at: iso(timing.startsAtMs),
    ends_at: iso(timing.endsAtMs),
    too_late: timing.tooLate,
    samples,
  }
}

function routeJson({ name, title, guarantee, delivers, share, standsIn, warmUp }: PlannedRoute): object {
  return {
    name,
    title,
    guarantee,
    delivers,
    share,
    stands_in: standsIn,
    warm_up:
      warmUp === null
        ? null
        : {
            today: warmUp.today,
            used_today: warmUp.usedToday,
            days: Number.isFinite(warmUp.days) ? warmUp.days : null,
          },
  }
}
