/**
 * `mailblast providers test`: finds out, before a send, whether each route of a campaign would be taken. Nothing of it is
 * recorded, and nobody is mailed: what could cost something or be kept somewhere is done only when asked for.
 */

import pLimit from 'p-limit'
import type { RouteSettings } from '../model/campaign.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import { duration, terminalSafe, wrapped } from '../model/words.ts'
import { providerKind } from '../providers/index.ts'
import type { Check, Provider } from '../providers/provider.ts'
import { type ReadyCampaign, readVars, readyCampaign } from './campaign.ts'
import type { ProvidersTestFlags } from './commands/providers.ts'
import type { Context } from './context.ts'
import { openRoute } from './routes.ts'
import { type TryOut, tryOut } from './trying-out.ts'

/** Routes that are asked at the same time, at most. */
const routesAtOnce = 8

/** How long one route may take, its message included. */
const routeMs = 60_000

export async function checkRoutes(
  options: ProvidersTestFlags & { readonly campaign: string },
  context: Context,
): Promise<ExitCode> {
  const ready = await readyCampaign(options.campaign, readVars(options.var), context)
  const routes = wanted(ready, options.route)
  const tried = await tryOut(ready, routes, options.send === true, context)
  const stop = new AbortController()
  const release = context.onInterrupt(() => stop.abort())
  try {
    const atOnce = pLimit(routesAtOnce)
    const asked = routes.map(route => atOnce(() => checksOf(route, ready, tried, stop.signal, context)))
    // Each is awaited in its turn; until then a bug in a later one must not end the process past us.
    for (const each of asked) each.catch(() => undefined)
    let isGood = true
    for (const [index, route] of routes.entries()) {
      const checks = await asked[index]
      if (stop.signal.aborted || checks === undefined) break
      isGood &&= checks.every(({ verdict }) => verdict !== 'bad')
      context.stdout.write(options.json === true ? jsonLine(route, checks) : block(route, checks, index > 0))
    }
    await Promise.all(asked)
    await context.stdout.flush()
    if (!stop.signal.aborted) return isGood ? exitCode.done : exitCode.incomplete
    context.stderr.write('stopped; nothing was sent to anybody\n')
    return exitCode.stopped
  } finally {
    release()
  }
}

function wanted({ campaign }: ReadyCampaign, name: string | undefined): readonly RouteSettings[] {
  const { routes } = campaign.delivery
  if (name === undefined) return routes
  const found = routes.filter(route => route.name === name)
  if (found.length > 0) return found
  throw new UserError(`there is no route ${terminalSafe(name)}`, {
    where: campaign.file,
    remedy: `Its routes are ${routes.map(route => route.name).join(', ')}.`,
  })
}

/** Never rejects for what is wrong with the route, and takes about a minute at most. */
async function checksOf(
  route: RouteSettings,
  ready: ReadyCampaign,
  tried: TryOut,
  stop: AbortSignal,
  context: Context,
): Promise<readonly Check[]> {
  const over = new AbortController()
  const late = new AbortController()
  const timer = context.clock.sleep(routeMs, over.signal).then(() => over.signal.aborted || late.abort())
  try {
    const signal = AbortSignal.any([stop, late.signal])
    const checks = await withRoute(route, ready, context, async provider => {
      const found = [...((await provider.check?.(signal)) ?? [])]
      const checked = found.length === 0 ? [nothingToAsk] : found
      if (checked.some(({ verdict }) => verdict === 'bad')) return checked
      return [...checked, await tried(route, provider, signal)]
    })
    return late.signal.aborted ? [...checks, tooLong] : checks
  } finally {
    over.abort()
    await timer
  }
}

/** A route that cannot be opened is found bad, and the others are checked nevertheless. */
async function withRoute(
  route: RouteSettings,
  { campaign, content }: ReadyCampaign,
  context: Context,
  work: (provider: Provider) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  let provider: Provider
  try {
    provider = await openRoute(route, content.shared, campaign.file, context)
  } catch (error) {
    if (error instanceof UserError) return [{ what: 'route', verdict: 'bad', words: wordsOf(error) }]
    throw error
  }
  try {
    return await work(provider)
  } finally {
    await provider.close()
  }
}

function wordsOf({ message, remedy }: UserError): string {
  return remedy === undefined ? message : `${message}. ${remedy}`
}

const nothingToAsk: Check = {
  what: 'provider',
  verdict: 'unknown',
  words: 'it can be asked nothing before a send',
}

const tooLong: Check = { what: 'time', verdict: 'bad', words: `this was not done within ${duration(routeMs)}` }

const marks: Readonly<Record<Check['verdict'], string>> = { good: '✓', bad: '✗', unknown: '?' }

function block(route: RouteSettings, checks: readonly Check[], isLater: boolean): string {
  const lines = checks.flatMap(({ what, verdict, words }) =>
    wrapped(`${terminalSafe(what)}: ${terminalSafe(words, 1000)}`, 76).map(
      (line, index) => `  ${index === 0 ? marks[verdict] : ' '} ${line}`,
    ),
  )
  const title = `${route.name}: ${providerKind(route.provider).profile.title}`
  return `${isLater ? '\n' : ''}${[title, ...lines].join('\n')}\n`
}

function jsonLine({ name, provider }: RouteSettings, checks: readonly Check[]): string {
  const isGood = checks.every(({ verdict }) => verdict !== 'bad')
  const said = checks.map(({ what, verdict, words }) => ({ what, verdict, words }))
  return `${JSON.stringify({ route: name, provider, good: isGood, checks: said })}\n`
}
