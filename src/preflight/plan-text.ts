/** The plan as people read it before they say yes. */

import { count, duration, plural, terminalSafe } from '../model/words.ts'
import type { BuiltIn, Plan } from './plan.ts'

/** How much of a sample's text is shown. */
const openingLines = 6

export function planText(plan: Plan): string {
  const { run, tally, routes } = plan
  const label = (name: string, text: string): string => `  ${name.padEnd(9)}${text}`
  const lines = [
    `${terminalSafe(run.campaignName)}: ${plural(tally.counts.waiting, 'message')} to send`,
    label('from', terminalSafe(plan.from)),
    label('key', `${terminalSafe(run.key)} (a recipient is mailed once per key)`),
    label('list', list(plan)),
    ...routes.map(route => label('route', `${route.name}: ${plural(route.share, 'message')} by ${route.title}`)),
    ...routes.map(route => label('', `if an answer of ${route.name} is lost: ${route.guarantee}`)),
    label('sites', sites(plan)),
    ...builtIn(plan).map((line, index) => label(index === 0 ? 'pace' : '', line)),
    label('time', time(plan)),
  ]
  for (const sample of plan.samples) {
    lines.push(
      '',
      `  line ${sample.line}  To: ${terminalSafe(sample.to)}`,
      `  Subject: ${terminalSafe(sample.subject)}`,
    )
    lines.push(...openingOf(sample.opening))
  }
  return `${lines.join('\n')}\n`
}

function list({ tally }: Plan): string {
  const parts = [`${plural(tally.counts.rows, 'row')}`, `${count(tally.counts.waiting)} to send`]
  for (const { reason, count: number } of tally.skipped) parts.push(`${count(number)} skipped: ${reason}`)
  for (const { reason, count: number } of tally.rowProblems) parts.push(`${plural(number, 'row problem')}: ${reason}`)
  return parts.join(' · ')
}

function sites({ tally }: Plan): string {
  const named = tally.sites.slice(0, 5).map(({ site, waiting }) => `${terminalSafe(site)} ${count(waiting)}`)
  const more = tally.siteCount - named.length
  return [...named, ...(more > 0 ? [plural(more, 'more site')] : [])].join(' · ')
}

/** The paces that nobody has asked for, and how to be rid of them. */
function builtIn({ builtIn: paced }: Plan): string[] {
  const [first] = paced
  if (first === undefined) return []
  const named = paced.slice(0, 5).map(builtInPace)
  const more = paced.length - named.length
  return [
    `${[...named, ...(more > 0 ? [plural(more, 'more site')] : [])].join(' · ')} (built in)`,
    `to change that: \`sites: { ${first.site}: { rate: … } }\` in the campaign; \`rate: unlimited\` lifts it`,
  ]
}

function builtInPace({ site, pace }: BuiltIn): string {
  const rates = pace.rates.map(rate => `${count((rate.count * 1000) / rate.perMs)}/s`)
  const calls = pace.concurrency === null ? [] : [`${plural(pace.concurrency, 'call')} at once`]
  return `${site}: at most ${[...rates, ...calls].join(', ')}`
}

function time({ estimate }: Plan): string {
  if (estimate.ms === null) return 'as fast as the provider takes them (no rate is set)'
  return `about ${duration(estimate.ms)} at the limits in force (set by ${estimate.slowest})`
}

function openingOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).filter(line => line.trim() !== '')
  const shown = lines.slice(0, openingLines).map(line => `  │ ${terminalSafe(line, 100)}`)
  return lines.length > openingLines ? [...shown, '  │ …'] : shown
}
