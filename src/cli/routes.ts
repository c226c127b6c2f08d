/** Opens a run's routes: resolves their secrets and makes their providers ready. */

import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { compileEdition } from '../content/compile.ts'
import type { OpenRoute } from '../engine/settle.ts'
import { resolveSecret } from '../intake/secrets.ts'
import type { Journal } from '../journal/journal.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { SharedContent } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { providerKind } from '../providers/index.ts'
import type { Provider } from '../providers/provider.ts'
import type { Context } from './context.ts'

export type { OpenRoute } from '../engine/settle.ts'

/** How long a command that prints a secret may take. */
const commandTimeoutMs = 30_000

/** Opens all of them, or none: throws UserError if one's secret or options cannot be used. */
async function openRoutes(
  settings: readonly RouteSettings[],
  content: SharedContent,
  campaignFile: string,
  context: Context,
): Promise<readonly OpenRoute[]> {
  const open: OpenRoute[] = []
  try {
    for (const route of settings) {
      open.push({ settings: route, provider: await openRoute(route, content, campaignFile, context) })
    }
    return open
  } catch (error) {
    await closeRoutes(open)
    throw error
  }
}

/** Opens a run's routes for the length of the work. */
export async function withRoutes<Result>(
  settings: readonly RouteSettings[],
  content: SharedContent,
  campaignFile: string,
  context: Context,
  work: (routes: readonly OpenRoute[]) => Promise<Result>,
): Promise<Result> {
  const routes = await openRoutes(settings, content, campaignFile, context)
  try {
    return await work(routes)
  } finally {
    await closeRoutes(routes)
  }
}

/** Opens the routes that a run was frozen with. */
export function withRoutesOf<Result>(
  journal: Journal,
  run: Run,
  context: Context,
  work: (routes: readonly OpenRoute[]) => Promise<Result>,
): Promise<Result> {
  return withRoutes(run.delivery.routes, contentOf(journal, run), run.campaignFile, context, work)
}

/**
 * Opens those of a run's routes that are wanted and can be opened; the work is told why each of the others cannot, by its
 * name.
 */
export async function withRoutesThatOpen<Result>(
  journal: Journal,
  run: Run,
  context: Context,
  wanted: (route: RouteSettings) => boolean,
  work: (routes: readonly OpenRoute[], unopened: ReadonlyMap<string, UserError>) => Promise<Result>,
): Promise<Result> {
  const content = contentOf(journal, run)
  const open: OpenRoute[] = []
  const unopened = new Map<string, UserError>()
  try {
    for (const settings of run.delivery.routes.filter(wanted)) {
      try {
        open.push({ settings, provider: await openRoute(settings, content, run.campaignFile, context) })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        unopened.set(settings.name, error)
      }
    }
    return await work(open, unopened)
  } finally {
    await closeRoutes(open)
  }
}

function contentOf(journal: Journal, run: Run): SharedContent {
  return compileEdition(journal.edition(run.editionHash), sha256 => journal.payload(sha256)).shared
}

async function closeRoutes(routes: readonly OpenRoute[]): Promise<void> {
  await Promise.all(routes.map(({ provider }) => provider.close()))
}

/** Opens one route; to be closed by whoever asked. Throws UserError if its secret or options cannot be used. */
export function openRoute(
  route: RouteSettings,
  content: SharedContent,
  campaignFile: string,
  context: Context,
): Promise<Provider> {
  const folder = dirname(campaignFile)
  return providerKind(route.provider).open({
    route,
    content,
    folder,
    secret: reference => resolveSecret(reference, { env: context.env, folder, run: runCommand(folder, context) }),
    env: context.env,
    nowMs: context.clock.nowMs,
  })
}

/** Runs a secret's command in the campaign's folder; what it writes to stderr is not shown, for it may hold the secret. */
function runCommand(folder: string, { env }: Context): (command: string) => Promise<{ code: number; stdout: string }> {
  return command =>
    new Promise((resolve, reject) => {
      const options = { cwd: folder, env: { ...env }, timeout: commandTimeoutMs, maxBuffer: 64 * 1024 }
      const child = execFile('/bin/sh', ['-c', command], options, (error, stdout) => {
        if (error !== null && typeof error.code !== 'number') {
          reject(new UserError('the command that prints a secret could not be run, printed too much or took too long'))
        } else {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout })
        }
      })
      child.stdin?.end()
    })
}
