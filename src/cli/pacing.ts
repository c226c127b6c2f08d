/** `mailblast rate`: other paces for a run that is under way. */

import { sitePattern } from '../intake/fields.ts'
import type { DeliverySettings, PacingChange, SitePace } from '../model/campaign.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import { suggestion } from '../model/nearest.ts'
import { parseRate, type Rate, rateWords } from '../model/rate.ts'
import { terminalSafe } from '../model/words.ts'
import { isFamily } from '../policy/sites.ts'
import type { RateFlags } from './commands/rate.ts'
import type { Context } from './context.ts'
import { liveOverview, withJournal } from './opening.ts'
import { findRun } from './places.ts'

type RateOptions = RateFlags & { readonly run: string; readonly changes: readonly string[] }

export function rate(options: RateOptions, context: Context): Promise<ExitCode> {
  return withJournal(options, context, 'readWrite', journal => {
    const run = findRun(journal, options.run, { fits: each => each.state === 'open', what: 'unfinished run' }, context)
    if (run.state !== 'open') throw new UserError(`run ${run.id} is ${run.state}: it goes at no pace any more`)
    const changes = options.changes.map(text => parseChange(text, run.delivery))
    const pacing = changes.reduce((so, change) => changed(so, change, run.delivery), run.pacing)
    journal.setPacing(run.id, pacing)
    for (const change of changes) context.stdout.write(`${said(change)}\n`)
    const { owner } = liveOverview(journal, run.id, context)
    const when =
      owner === null ? 'when it is resumed' : `within seconds: process ${owner.pid} on ${owner.host} sends it`
    context.stdout.write(`run ${run.id} goes so ${when}\n`)
    return exitCode.done
  })
}

interface Change {
  readonly what: 'route' | 'site'
  readonly name: string
  readonly to: readonly Rate[] | 'default'
}

/** Reads `sendgrid=20/s`. The name of a route is one; any other is a site's. Throws UserError. */
function parseChange(text: string, { routes }: DeliverySettings): Change {
  const at = text.lastIndexOf('=')
  const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at < 1 || value === '') {
    throw new UserError(`${terminalSafe(text)}: not of the form name=rate`, { remedy: 'such as sendgrid=20/s' })
  }
  const to = parseRates(text, value)
  if (routes.some(route => route.name === name)) return { what: 'route', name, to }
  const site = sitePattern(name)
  const isSite = site !== undefined && (site.includes('.') || site.includes('*') || isFamily(site))
  if (isSite) return { what: 'site', name: site, to }
  const names = routes.map(route => route.name)
  const hint = suggestion(name, names)
  throw new UserError(
    `${terminalSafe(name)} is neither a route of the run nor a site${hint === '' ? '' : `; ${hint}`}`,
    {
      remedy: `the routes are ${names.join(', ')}; sites are google, a domain such as example.org, or an ending such as *.edu`,
    },
  )
}

function parseRates(text: string, value: string): Change['to'] {
  if (value === 'unlimited') return []
  if (value === 'default') return 'default'
  return value.split(',').map(each => {
    const parsed = parseRate(each)
    if (parsed !== undefined) return parsed
    throw new UserError(`${terminalSafe(text)}: ${terminalSafe(each)} is not a rate`, {
      remedy: 'a rate is of the form 100/s, 600/min, 5000/h or 50000/d; or unlimited, or default',
    })
  })
}

function changed(pacing: PacingChange, { what, name, to }: Change, frozen: DeliverySettings): PacingChange {
  if (what === 'route') {
    const { [name]: before, ...others } = pacing.routes
    if (to === 'default') return { ...pacing, routes: others }
    return { ...pacing, routes: { ...others, [name]: { rates: to, concurrency: before?.concurrency ?? null } } }
  }
  const { [name]: before, ...others } = pacing.sites ?? frozen.sites
  const frozenPace = frozen.sites[name]
  const pace: SitePace | undefined =
    to === 'default' ? frozenPace : { rates: to, concurrency: before?.concurrency ?? null }
  return { ...pacing, sites: pace === undefined ? others : { ...others, [name]: pace } }
}

function said({ what, name, to }: Change): string {
  const shown = what === 'route' ? name : terminalSafe(name)
  if (to === 'default') return `  ${shown}: as the campaign has it`
  return `  ${shown}: ${to.length === 0 ? 'unlimited' : to.map(rateWords).join(', ')}`
}
