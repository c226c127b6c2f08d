/**
 * The drill of two real processes started together on one campaign: one sends, the other finds the key held and ends with
 * 5. One that starts so late that everything is sent already finds nothing to do, which is no conflict.
 */

import { type CampaignUnderFire, DrillViolation, openCampaign } from './drill-campaign.ts'
import { makePeople } from './drill-people.ts'
import { type Ended, start } from './drill-process.ts'
import type { Way } from './drill-setup.ts'
import { Seeded } from './simulation/seeded.ts'

const pairsAtOnce = 6
const people = 20
/** The sending takes as long as all its answers in turn: longer than the one process may start after the other. */
const setup = { routes: 1, concurrency: 2, answersAfterMs: 150 }

export interface PairsFigures {
  /** Pairs of which one was told that the other sends. */
  readonly held: number
  /** Pairs of which one found everything sent. */
  readonly tooLate: number
}

/** Throws DrillViolation with what both said, if a pair ends in any other way. */
export async function drillPairs(pairs: number): Promise<PairsFigures> {
  const endings: ('held' | 'too late')[] = []
  const together = async (lane: number): Promise<void> => {
    for (let pair = lane; pair < pairs; pair += pairsAtOnce) endings.push(await sendTwice(pair))
  }
  await Promise.all(Array.from({ length: pairsAtOnce }, (_, lane) => together(lane)))
  const held = endings.filter(ending => ending === 'held').length
  return { held, tooLate: endings.length - held }
}

async function sendTwice(pair: number): Promise<'held' | 'too late'> {
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

function endingOf({ ledger }: CampaignUnderFire, both: readonly Ended[]): 'held' | 'too late' {
  const isOnce = ledger.length === people && new Set(ledger.map(entry => entry.address)).size === people
  const sender = both.filter(({ code, stdout }) => code === 0 && stdout.includes(`done, ${people} of ${people}`))
  const [other] = both.filter(each => !sender.includes(each))
  if (isOnce && sender.length === 1 && other !== undefined) {
    if (other.code === 5 && other.stderr.includes('is sending under the key "test" already')) return 'held'
    if (other.code === 0 && other.stdout.includes('nothing to send')) return 'too late'
  }
  const said = both.map(({ code, stdout, stderr }) => `exit ${code}: ${stdout}${stderr}`).join('\n')
  throw new DrillViolation(`${ledger.length} mails taken\n${said}`)
}
