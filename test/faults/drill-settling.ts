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
  const taken = new Set(campaign.ledger.map(entry => entry.address))
  let asked = 0
  for (const [run, people] of Map.groupBy(snapshot(campaign.journalPath).inDoubt, each => each.run)) {
    const found = people.map(({ address }) => address).filter(address => taken.has(address))
    const isAnyLeft = found.length < people.length
    if (settledBy(way) === 'repeating') {
      // Who had nothing from the call that was cut off has it from the one that is repeated.
      await beforeAsking(run)
      campaign.expectExit(await campaign.run('settle', run), [0])
      asked += people.length
      continue
    }
    if (settledBy(way) === 'asking') {
      await beforeAsking(run)
      campaign.expectExit(await campaign.run('settle', run), [isAnyLeft ? 3 : 0])
      asked += found.length
    } else if (found.length > 0) {
      const only = found.flatMap(address => ['--only', address])
      const settled = await campaign.run('settle', run, '--as', 'accepted', ...only)
      campaign.expectExit(settled, [isAnyLeft ? 3 : 0])
    }
    if (isAnyLeft) campaign.expectExit(await campaign.run('settle', run, '--as', 'failed'), [0])
  }
  return asked
}

/** Those who never got it get it now, and nobody else. */
export async function sendToTheRest(campaign: CampaignUnderFire): Promise<void> {
  const { left } = campaign
  const ended = await campaign.run('send', 'campaign.yml', ...(left === 0 ? [] : [`--yes=${left}`]))
  campaign.expectExit(ended, [0])
}
