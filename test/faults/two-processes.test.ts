/**
 * Two real processes started together on one campaign, fifty times: one sends, the other finds the key held and ends with
 * 5. One that starts so late that everything is sent already finds nothing to do, which is no conflict.
 */

import { expect, test } from 'vitest'
import { type CampaignUnderFire, openCampaign } from './drill-campaign.ts'
import { makePeople } from './drill-people.ts'
import { type Ended, start } from './drill-process.ts'
import type { Way } from './drill-setup.ts'
import { Seeded } from './simulation/seeded.ts'

const pairs = 50
const pairsAtOnce = 6
const people = 20
/** The sending takes as long as all its answers in turn: longer than the one process may start after the other. */
const setup = { routes: 1, concurrency: 2, answersAfterMs: 150 }

test('of two that send the same campaign at once, one sends and the other exits 5', { timeout: 180_000 }, async () => {
  const endings: Ending[] = []
  const together = async (lane: number): Promise<void> => {
    for (let pair = lane; pair < pairs; pair += pairsAtOnce) endings.push(await sendTwice(pair))
  }
  await Promise.all(Array.from({ length: pairsAtOnce }, (_, lane) => together(lane)))

  const kinds = Map.groupBy(endings, ending => ending.kind)
  expect(kinds.get('odd') ?? []).toEqual([])
  const held = kinds.get('held')?.length ?? 0
  expect(held + (kinds.get('too late')?.length ?? 0)).toBe(pairs)
  expect(held).toBeGreaterThanOrEqual(pairs - 10)
})

type Ending =
  | { readonly kind: 'held' | 'too late' }
  /** Something that must not be: what both of them said. */
  | { readonly kind: 'odd'; readonly said: string }

async function sendTwice(pair: number): Promise<Ending> {
  const way: Way = pair % 2 === 0 ? { provider: 'smtp' } : { provider: 'sendgrid', batch: 'off' }
  const campaign = await openCampaign({ ...setup, way, people: makePeople(Seeded.for(pair, 'pair'), people) })
  try {
    const sending = { folder: campaign.folder, args: ['send', 'campaign.yml', '--yes'] }
    const both = await Promise.all([start(sending).ended, start(sending).ended])
    return endingOf(campaign, both)
  } finally {
    await campaign.close(false)
  }
}

function endingOf({ ledger }: CampaignUnderFire, both: readonly Ended[]): Ending {
  const isOnce = ledger.length === people && new Set(ledger.map(entry => entry.address)).size === people
  const sender = both.filter(({ code, stdout }) => code === 0 && stdout.includes(`done, ${people} of ${people}`))
  const [other] = both.filter(each => !sender.includes(each))
  if (isOnce && sender.length === 1 && other !== undefined) {
    if (other.code === 5 && other.stderr.includes('is sending under the key "test" already')) return { kind: 'held' }
    if (other.code === 0 && other.stdout.includes('nothing to send')) return { kind: 'too late' }
  }
  const said = both.map(({ code, stdout, stderr }) => `exit ${code}: ${stdout}${stderr}`).join('\n')
  return { kind: 'odd', said: `${ledger.length} mails taken\n${said}` }
}
