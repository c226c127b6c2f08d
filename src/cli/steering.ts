/** What the dashboard's keys do to the run that this process sends: what the commands do from another terminal. */

import type { Ask } from '../dashboard/screen.ts'
import type { Journal } from '../journal/journal.ts'
import { rateWords } from '../model/rate.ts'
import type { Run } from '../model/run.ts'
import { repaced } from '../policy/repacing.ts'
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

function repace(journal: Journal, run: Run, ask: 'faster' | 'slower', perSecond: number): string {
  const { pacing } = journal.run(run.id) ?? run
  const { routes } = run.delivery
  const changed = routes.flatMap(({ name, rates: frozen }) => {
    const { rates = frozen, concurrency = null } = pacing.routes[name] ?? {}
    // What each of them does by itself is not known here: they are taken to share the pace evenly.
    const next = repaced(rates, ask, perSecond / routes.length)
    return next === undefined ? [] : [{ name, pace: { rates: next, concurrency } }]
  })
  if (changed.length === 0)
    return ask === 'faster' ? 'no route has a rate to raise' : 'nothing is being sent to slow down'
  const paces = Object.fromEntries(changed.map(({ name, pace }) => [name, pace]))
  journal.setPacing(run.id, { ...pacing, routes: { ...pacing.routes, ...paces } })
  return `asked for ${changed.map(({ name, pace }) => `${name} ${pace.rates.map(rateWords).join(', ')}`).join(' · ')}`
}
