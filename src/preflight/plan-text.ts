/** The plan as people read it before they say yes. */

import type { Threshold } from '../model/campaign.ts'
import { count, duration, moment, plural, terminalSafe } from '../model/words.ts'
import type { BuiltIn, Plan } from './plan.ts'
import type { PlannedRoute, PlannedWarmUp } from './planned-routes.ts'
import { hoursWords, momentWords } from './schedule-words.ts'

/** How much of a sample's text is shown. */
const openingLines = 6

export function planText(plan: Plan): string {
  const { run, tally, routes } = plan
  const lines = [
    `${terminalSafe(run.campaignName)}: ${plural(tally.counts.waiting, 'message')} to send`,
    label('from', terminalSafe(plan.from)),
    label('key', `${terminalSafe(run.key)} (a recipient is mailed once per key)`),
    label('list', list(plan)),
    ...routes.map(route => label('route', routeWords(route))),
    ...routes.map(route => label('', `if an answer of ${route.name} is lost: ${route.guarantee}`)),
    label('sites', sites(plan)),
    ...labelled('pace', builtIn(plan)),
    ...labelled('priority', priority(plan)),
    ...labelled('canary', canary(plan)),
    ...labelled('guard', guard(plan)),
    ...labelled('hours', hours(plan)),
    ...labelled('time', time(plan)),
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

function label(name: string, text: string): string {
  return `  ${name.padEnd(9)}${text}`
}

function labelled(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => label(index === 0 ? name : '', line))
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

function routeWords({ name, title, share, standsIn, warmUp }: PlannedRoute): string {
  if (standsIn) return `${name}: stands in while those before it are out of use, by ${title}`
  return `${name}: ${plural(share, 'message')} by ${title}${warmUp === null ? '' : `, ${warmUpWords(warmUp)}`}`
}

function warmUpWords({ today, usedToday, days }: PlannedWarmUp): string {
  const used = usedToday === 0 ? '' : ` (${count(usedToday)} used)`
  const needs = Number.isFinite(days) ? plural(days, 'day') : 'more than ten years'
  return `warmed up: at most ${count(today)} today${used}${days > 1 ? `, ${needs} in all` : ''}`
}

function builtInPace({ site, pace }: BuiltIn): string {
  const rates = pace.rates.map(rate => `${count((rate.count * 1000) / rate.perMs)}/s`)
  const calls = pace.concurrency === null ? [] : [`${plural(pace.concurrency, 'call')} at once`]
  return `${site}: at most ${[...rates, ...calls].join(', ')}`
}

function priority({ run }: Plan): string[] {
  switch (run.delivery.priority) {
    case 'critical':
      return ['critical: before all other runs at the same account, and each message by the healthiest route']
    case 'transactional':
      return ['transactional: before bulk runs at the same account']
    case 'bulk':
      return []
  }
}

function canary({ run, canaries }: Plan): string[] {
  const { canary: settings } = run.delivery
  if (settings === null || canaries === null) return []
  return [
    `${plural(canaries, 'message')} first; the others ${duration(settings.holdMs)} later, if no threshold is crossed`,
  ]
}

function guard({ run }: Plan): string[] {
  const { guard: settings, thresholds } = run.delivery
  const or = (all: readonly Threshold[]): string => all.map(({ text }) => text).join(', or when ')
  return [
    ...(settings.stopWhen.length === 0 ? [] : [`pauses the run when ${or(settings.stopWhen)}`]),
    ...(thresholds.length === 0 ? [] : [`ends with exit 3 when ${or(thresholds)} at the end`]),
  ]
}

function hours({ run }: Plan): string[] {
  const { schedule } = run.delivery
  if (schedule === null) return []
  const { at, notAfter, zone } = schedule
  const week = hoursWords(schedule)
  return [
    ...(at === null ? [] : [`from ${momentWords(at, zone)}`]),
    ...(notAfter === null ? [] : [`until ${momentWords(notAfter, zone)}`]),
    ...(week === null ? [] : [week]),
  ]
}

function time(plan: Plan): string[] {
  const { estimate } = plan
  const { schedule } = plan.run.delivery
  const { startsAtMs, endsAtMs, tooLate } = plan.timing
  const shown = (atMs: number): string => moment(atMs, schedule?.zone)
  const takes =
    estimate.ms === null
      ? 'as fast as the provider takes them (no rate is set)'
      : `about ${duration(estimate.ms)} at the limits in force (set by ${estimate.slowest})`
  const begins = startsAtMs === null ? [] : [`begins ${shown(startsAtMs)}`]
  const ends = endsAtMs === null || !isSpread(plan) ? [] : [`ends about ${shown(endsAtMs)}`]
  return [
    takes,
    ...(begins.length + ends.length === 0 ? [] : [[...begins, ...ends].join(', ')]),
    ...(tooLate === 0
      ? []
      : [`! the schedule ends before about ${plural(tooLate, 'message')} can leave: they would fail`]),
  ]
}

/** Whether there is more to the time it takes than how fast messages leave. */
function isSpread({ run, routes }: Plan): boolean {
  const { schedule, canary: settings } = run.delivery
  return schedule !== null || settings !== null || routes.some(({ warmUp }) => warmUp !== null && warmUp.days > 1)
}

function openingOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).filter(line => line.trim() !== '')
  const shown = lines.slice(0, openingLines).map(line => `  │ ${terminalSafe(line, 100)}`)
  return lines.length > openingLines ? [...shown, '  │ …'] : shown
}
