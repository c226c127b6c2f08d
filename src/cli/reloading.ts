/**
 * What SIGHUP means to a process that sends: the campaign file is read again, and the rates of its routes and sites hold from
 * then on. Nothing else of it does, for the run was frozen at its start.
 */

import { isDeepStrictEqual } from 'node:util'
import { readCampaign } from '../intake/campaign-file.ts'
import type { Journal } from '../journal/journal.ts'
import type { Campaign, DeliverySettings, PacingChange, RoutePace, RouteSettings } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { providerKinds } from '../providers/index.ts'
import type { Context } from './context.ts'

/** Never rejects: a file that cannot be read, or that has a mistake, changes nothing, and is said. */
export async function reloadPaces(journal: Journal, run: Run, context: Context): Promise<void> {
  const say = (text: string): void => void context.stderr.write(`${text}\n`)
  try {
    const { env, machineZone } = context
    const campaign = await readCampaign(run.campaignFile, { env, machineZone, vars: {}, kinds: providerKinds })
    const pacing = changeOf(run.delivery, campaign)
    if (isDeepStrictEqual(pacing, journal.run(run.id)?.pacing)) say('read again: the paces are as they were')
    else journal.setPacing(run.id, pacing)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    say(`read again, and left as it was: ${error.where === undefined ? '' : `${error.where}: `}${error.message}`)
  }
}

/** What differs in pace between what was frozen and what the file says now. Routes that the run does not have are left out. */
function changeOf(frozen: DeliverySettings, { delivery: now }: Campaign): PacingChange {
  const routes = frozen.routes.flatMap((route): [string, RoutePace][] => {
    const found = now.routes.find(each => each.name === route.name)
    return found === undefined || isDeepStrictEqual(paceOf(found), paceOf(route)) ? [] : [[route.name, paceOf(found)]]
  })
  const sites = isDeepStrictEqual(now.sites, frozen.sites) ? null : now.sites
  return { routes: Object.fromEntries(routes), sites }
}

function paceOf({ rates, concurrency }: RouteSettings): RoutePace {
  return { rates, concurrency }
}
