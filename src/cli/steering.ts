/** What the dashboard's keys do to the run that this process sends: what the commands do from another terminal. */

import type { Ask } from '../dashboard/screen.ts'
import type { Journal } from '../journal/journal.ts'
import type { PacingChange, RouteSettings } from '../model/campaign.ts'
import type { Rate } from '../model/rate.ts'
import type { Run } from '../model/run.ts'
import type { Context } from './context.ts'

export interface Steering {
  readonly journal: Journal
  readonly run: Run
  /** Ctrl-C by another way. */
  readonly interrupt: () => void
  readonly context: Context
}

/** Does what a key asks for, and gives what is to be said of it. `perSecond` is how fast the run goes now. */
export function steer({ journal, run, interrupt, context }: Steering, ask: Ask, perSecond: number): string {
  switch (ask) {
    case 'pause':
      journal.setPaused(run.id, { by: 'operator', why: 'by the operator', atMs: context.clock.nowMs() })
      return 'asked to pause: what is in flight is finished; p: go on'
    case 'go on':
      journal.setPaused(run.id, null)
      return 'asked to go on'
    case 'faster':
    case 'slower':
      return repace(journal, run, ask, perSecond)
    case 'stop':
      interrupt()
      return 'stopping: what is in flight is finished, the rest waits for `mailblast resume`; q again: at once'
    case 'stop at once':
      interrupt()
      return 'ending what is in flight at once: its recipients may be in doubt'
    case 'leave':
      return ''
  }
}

/** A quarter more, or a fifth less, so that one undoes the other. */
const factors = { faster: 1.25, slower: 0.8 } as const

function repace(journal: Journal, run: Run, ask: 'faster' | 'slower', perSecond: number): string {
  const { pacing } = journal.run(run.id) ?? run
  const changed = run.delivery.routes.flatMap(route => {
    const rates = ratesAfter(route, pacing, factors[ask], perSecond)
    return rates === undefined
      ? []
      : [{ name: route.name, rates, concurrency: pacing.routes[route.name]?.concurrency ?? null }]
  })
  if (changed.length === 0) return 'no route has a rate that could be raised'
  const routes = Object.fromEntries(changed.map(({ name, rates, concurrency }) => [name, { rates, concurrency }]))
  journal.setPacing(run.id, { ...pacing, routes: { ...pacing.routes, ...routes } })
  return `asked for ${changed.map(({ name, rates }) => `${name} ${rates.map(words).join(', ')}`).join(' · ')}`
}

/** A route without a rate is slowed from what it does now; a limit of the day or hour stays as it is. */
function ratesAfter(
  route: RouteSettings,
  pacing: PacingChange,
  factor: number,
  perSecond: number,
): readonly Rate[] | undefined {
  const before = pacing.routes[route.name]?.rates ?? route.rates
  const fast = before.filter(rate => rate.perMs <= 60_000)
  if (fast.length > 0) return before.map(rate => (fast.includes(rate) ? scaled(rate, factor) : rate))
  if (factor > 1 || perSecond <= 0) return undefined
  return [...before, scaled({ count: perSecond, perMs: 1000 }, factor)]
}

/** At least one a minute: to stop it there is the pause. */
function scaled({ count, perMs }: Rate, factor: number): Rate {
  const next = Math.max(perMs / 60_000, count * factor)
  return { count: next >= 10 ? Math.round(next) : Number(next.toPrecision(2)), perMs }
}

function words({ count, perMs }: Rate): string {
  return `${count}/${{ 1000: 's', 60000: 'min', 3600000: 'h', 86400000: 'd' }[perMs] ?? `${perMs} ms`}`
}
