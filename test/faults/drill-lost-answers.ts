/**
 * The drill of lost answers: the sink takes calls and cuts the connection before it answers. Nobody may be mailed a second
 * time for it by anything but the operator's word.
 */

import { ruleSchema } from '../../src/sink/rules.ts'
import { type CampaignUnderFire, openCampaign } from './drill-campaign.ts'
import { makePeople } from './drill-people.ts'
import { settledBy, type Way } from './drill-setup.ts'
import { Seeded } from './simulation/seeded.ts'

export interface LostAnswers {
  readonly way: Way
  readonly recipients: number
  /** The share of calls whose answer is lost, as a rule of the sink says it. */
  readonly share: string
  readonly concurrency: number
  readonly seed: number
}

export interface LostAnswersFigures {
  readonly recipients: number
  /** Whose answers were lost. */
  readonly inDoubt: number
  /** Mailed twice before the operator's word. */
  readonly twice: 0
  /** Found out by asking. */
  readonly settledByAsking: number
  /** Mailed twice on the operator's word. */
  readonly resent: number
}

/** Throws DrillViolation if anything is not as it must be; the campaign's folder is then kept. */
export async function drillLostAnswers(lost: LostAnswers): Promise<LostAnswersFigures> {
  const { way, recipients, share, concurrency, seed } = lost
  // Only the first hand-over of each is met, so that what is sent again on the operator's word is answered.
  const rule = ruleSchema.parse({ do: 'lose-answer', share, first: recipients })
  const people = makePeople(Seeded.for(seed, 'lost answers'), recipients)
  // A route rests after every answer that is lost; several of them go on meanwhile.
  const campaign = await openCampaign({ people, way, routes: 8, concurrency, answersAfterMs: 0, rules: [rule], seed })
  let isKept = true
  try {
    const figures = await run(campaign, lost)
    isKept = false
    return figures
  } finally {
    await campaign.close(isKept)
  }
}

async function run(campaign: CampaignUnderFire, { way, recipients }: LostAnswers): Promise<LostAnswersFigures> {
  const sent = await campaign.run('send', 'campaign.yml', '--yes')
  await campaign.checkFinished()
  const inDoubt = campaign.answerLost.size
  campaign.expectExit(sent, [inDoubt === 0 ? 0 : 3])
  if (inDoubt === 0) return { recipients, inDoubt, twice: 0, settledByAsking: 0, resent: 0 }
  await nobodyIsMailedAgain(campaign)
  const isAsked = settledBy(way) === 'asking'
  if (isAsked) campaign.expectExit(await campaign.run('settle'), [0])
  else await resend(campaign, inDoubt)
  await (isAsked ? campaign.checkTheEnd() : checkTheResent(campaign))
  const figures = { recipients, inDoubt, twice: 0 } as const
  return { ...figures, settledByAsking: isAsked ? inDoubt : 0, resent: isAsked ? 0 : inDoubt }
}

/** Whatever else is typed, the ledger stays as it is and those in doubt stay in doubt. */
async function nobodyIsMailedAgain(campaign: CampaignUnderFire): Promise<void> {
  const before = campaign.ledger.length
  campaign.expectExit(await campaign.run('resume'), [2])
  campaign.expectExit(await campaign.run('resume', '--all'), [0])
  campaign.expectExit(await campaign.run('send', 'campaign.yml', '--yes'), [3])
  campaign.expectExit(await campaign.run('retry', '--failed', '--yes'), [0, 3])
  if (campaign.ledger.length !== before) throw campaign.violation(`${campaign.ledger.length - before} mails more`)
  await campaign.checkFinished()
}

/** The operator has to know how many people may get a second copy. */
async function resend(campaign: CampaignUnderFire, inDoubt: number): Promise<void> {
  const before = campaign.ledger.length
  for (const wrong of [['--yes'], [`--yes=${inDoubt - 1}`], [`--yes=${inDoubt + 1}`], []])
    campaign.expectExit(await campaign.run('settle', '--resend', ...wrong), [2])
  if (campaign.ledger.length !== before) throw campaign.violation('mails were sent without the right number')
  campaign.expectExit(await campaign.run('settle', '--resend', `--yes=${inDoubt}`), [0])
}

/** Exactly those in doubt have it twice, under one Message-ID, and everybody is accepted. */
async function checkTheResent(campaign: CampaignUnderFire): Promise<void> {
  const evidence = await campaign.evidence()
  const notAccepted = evidence.rows.filter(({ state }) => state !== 'accepted').map(({ address }) => address)
  const copies = Map.groupBy(evidence.ledger, entry => entry.address)
  const wrong = [...evidence.wanted.keys()].filter(address => {
    const own = copies.get(address) ?? []
    return (
      own.length !== (campaign.answerLost.has(address) ? 2 : 1) || new Set(own.map(each => each.message_id)).size > 1
    )
  })
  if (notAccepted.length + wrong.length === 0) return
  throw campaign.violation(`not accepted: ${notAccepted.join(', ')}; not as often as agreed: ${wrong.join(', ')}`)
}
