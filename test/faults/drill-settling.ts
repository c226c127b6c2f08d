/** How a drill's campaign ends: everybody in doubt is settled by what can be known, and whoever has nothing yet gets it. */

import type { CampaignUnderFire } from './drill-campaign.ts'
import { snapshot } from './drill-journal.ts'
import { settledBy, type Way } from './drill-setup.ts'

/**
 * Settles everybody in doubt: by asking or by repeating the call where the provider lets us, and for the rest by the operator's
 * word, who has read the ledger. `beforeAsking` is told of every run before that. Gives how many were settled without him.
 */
export async function settleEverybody(
  campaign: CampaignUnderFire,
  way: Way,
  beforeAsking: (run: string) => Promise<void> = async () => undefined,
): Promise<number> {
  let settled = 0
  for (const [run, people] of Map.groupBy(snapshot(campaign.journalPath).inDoubt, each => each.run)) {
    const by = settledBy(way)
    if (by !== 'nobody') {
      await beforeAsking(run)
      const left = await settleByItself(campaign, run)
      const taken = takenBy(campaign)
      // Whoever is asked about is found if the provider has her. A call may be repeated only in a run that may still send.
      if (by === 'asking' && left.some(address => taken.has(address)))
        throw campaign.violation(`settle did not find somebody whom the provider has: ${left.join(', ')}`)
      settled += people.length - left.length
    }
    await settleByWord(campaign, run)
  }
  return settled
}

/** Gives who is in doubt still. */
async function settleByItself(campaign: CampaignUnderFire, run: string): Promise<readonly string[]> {
  const ended = await campaign.run('settle', run)
  const left = inDoubt(campaign, run)
  campaign.expectExit(ended, [left.length > 0 ? 3 : 0])
  return left
}

/** By the word of an operator who has read the ledger. */
async function settleByWord(campaign: CampaignUnderFire, run: string): Promise<void> {
  const left = inDoubt(campaign, run)
  const taken = takenBy(campaign)
  const found = left.filter(address => taken.has(address))
  const isAnyLost = found.length < left.length
  if (found.length > 0) {
    const only = found.flatMap(address => ['--only', address])
    campaign.expectExit(await campaign.run('settle', run, '--as', 'accepted', ...only), [isAnyLost ? 3 : 0])
  }
  if (isAnyLost) campaign.expectExit(await campaign.run('settle', run, '--as', 'failed'), [0])
}

function inDoubt(campaign: CampaignUnderFire, run: string): readonly string[] {
  return snapshot(campaign.journalPath)
    .inDoubt.filter(each => each.run === run)
    .map(each => each.address)
}

function takenBy(campaign: CampaignUnderFire): ReadonlySet<string> {
  return new Set(campaign.ledger.map(entry => entry.address))
}

/** Those who never got it get it now, and nobody else. */
export async function sendToTheRest(campaign: CampaignUnderFire): Promise<void> {
  const { left } = campaign
  const ended = await campaign.run('send', 'campaign.yml', ...(left === 0 ? [] : [`--yes=${left}`]))
  campaign.expectExit(ended, [0])
}
