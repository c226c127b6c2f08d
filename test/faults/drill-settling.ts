/** How a drill's campaign ends: everybody in doubt is settled by what can be known, and whoever has nothing yet gets it. */

import type { CampaignUnderFire } from './drill-campaign.ts'
import { snapshot } from './drill-journal.ts'
import type { Way } from './drill-setup.ts'

/**
 * Settles everybody in doubt: by asking where the provider can be asked, and for the rest by the operator's word, who has
 * read the ledger. `beforeAsking` is told of every run that is to be asked about. Gives how many were settled by asking.
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
    if (way.provider === 'sendgrid') {
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
