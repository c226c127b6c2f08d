/**
 * The real program, killed with SIGKILL at every named point of its way, at every phase of a call and at seeded instants,
 * and resumed until it has finished; then the sink's ledger against the journal, recipient by recipient. This is the short
 * part; `npm run drill` is the long one.
 */

import { describe, expect, test } from 'vitest'
import { type CampaignUnderFire, openCampaign } from './drill-campaign.ts'
import { callPhases, type Kill, type KillPoint, shownKill } from './drill-kills.ts'
import {
  type Evidence,
  type Row,
  type Taken,
  violations,
  violationsAtTheEnd,
  violationsOnceSettled,
} from './drill-law.ts'
import { makePeople } from './drill-people.ts'
import { sendToTheRest, settleEverybody } from './drill-settling.ts'
import { largestCall, type Setup, transportOf, type Way } from './drill-setup.ts'
import { Seeded } from './simulation/seeded.ts'

const ways: readonly { readonly name: string; readonly way: Way; readonly people: number }[] = [
  { name: 'smtp', way: { provider: 'smtp' }, people: 50 },
  { name: 'sendgrid, single calls', way: { provider: 'sendgrid', batch: 'off' }, people: 40 },
  { name: 'sendgrid, batches of 10', way: { provider: 'sendgrid', batch: 10 }, people: 400 },
]

type Point = { readonly point: KillPoint; readonly nth: number; readonly openCalls: number }

/** Before there is a call it makes no difference by which way it would go. */
const beforeCalls: readonly Point[] = [
  // While the list is read there is nothing to resume, and `send` begins anew.
  { point: 'in-import', nth: 1, openCalls: 0 },
  { point: 'after-import', nth: 1, openCalls: 0 },
  { point: 'before-open-run', nth: 1, openCalls: 0 },
  { point: 'after-open-run', nth: 1, openCalls: 0 },
  { point: 'in-migration', nth: 1, openCalls: 0 },
]
/** With one call at a time it is known how many calls are open where. */
const atPoints: readonly Point[] = [
  { point: 'before-begin', nth: 2, openCalls: 0 },
  { point: 'in-begin', nth: 2, openCalls: 0 },
  { point: 'after-begin', nth: 2, openCalls: 1 },
  { point: 'before-settle', nth: 2, openCalls: 1 },
  { point: 'in-settle', nth: 2, openCalls: 1 },
  { point: 'after-settle', nth: 2, openCalls: 0 },
]
const atTheEnd: readonly Point[] = [
  { point: 'before-finish', nth: 1, openCalls: 0 },
  { point: 'after-finish', nth: 1, openCalls: 0 },
]

describe.concurrent('killed with SIGKILL and resumed: nobody is missing, nobody is mailed twice, in doubt is who was in flight', {
  timeout: 180_000,
}, () => {
  test.each(ways)('$name: at every named point and phase', async ({ way, people }) => {
    await underFire({ ...setupOf(way, people), concurrency: 1 }, async campaign => {
      const points = way === ways[0]?.way ? [...beforeCalls, ...atPoints] : atPoints
      for (const each of [...points, ...phasesOf(way), ...atTheEnd]) await killAt(campaign, way, each)
      expect(campaign.nextCommand).toBe(null)
      await campaign.checkFinished()
      await settleAll(campaign, way)
    })
  })

  test.each(ways)('$name: at five instants, with eight calls at once', async ({ way, people }) => {
    const chance = Seeded.for(5, 'instants')
    await underFire({ ...setupOf(way, people), concurrency: 8, answersAfterMs: 5 }, async campaign => {
      for (let killed = 0; killed < 5 && campaign.nextCommand !== null; killed++) {
        const from = killed % 2 === 0 ? 'first call' : 'start'
        const afterMs = from === 'start' ? chance.between(100, 500) : chance.between(0, 20)
        await campaign.runKilled({ by: 'instant', from, afterMs }, ...argsOf(campaign.nextCommand))
      }
      while (campaign.nextCommand !== null)
        campaign.expectExit(await campaign.run(...argsOf(campaign.nextCommand)), [0, 3])
      await campaign.checkFinished()
    })
  })
})

function setupOf(way: Way, people: number): Setup {
  return { people: makePeople(Seeded.for(1, 'people'), people), way, routes: 1, concurrency: 1, answersAfterMs: 0 }
}

/** Every phase is passed with the call open; it is that of the second call, so that one has ended well before. */
function phasesOf(way: Way) {
  return callPhases[transportOf(way)].map(phase => ({ phase, nth: phase === 'connect' ? 1 : 2, openCalls: 1 }))
}

async function killAt(
  campaign: CampaignUnderFire,
  way: Way,
  at: { readonly nth: number; readonly openCalls: number } & (
    | { readonly point: KillPoint }
    | ReturnType<typeof phasesOf>[number]
  ),
): Promise<void> {
  const kill: Kill = 'point' in at ? { by: 'point', ...at } : { by: 'phase', ...at }
  const { isKilled, openCalls } = await campaign.runKilled(kill, ...argsOf(campaign.nextCommand))
  const parcel = largestCall(way)
  // Once the answer is on its way, the call may be settled before the kill is there.
  const mayBeOver = 'phase' in at && at.phase === 'answered' && openCalls.length === 0
  const seen = { isKilled, openCalls: openCalls.map(({ addresses }) => addresses.length) }
  const wanted = { isKilled: true, openCalls: Array.from({ length: mayBeOver ? 0 : at.openCalls }, () => parcel) }
  expect(seen, shownKill(kill)).toEqual(wanted)
}

async function underFire(setup: Setup, fire: (campaign: CampaignUnderFire) => Promise<void>): Promise<void> {
  const campaign = await openCampaign(setup)
  try {
    await fire(campaign)
  } finally {
    await campaign.close(false)
  }
}

/** Everybody in doubt is named, and settled; who has nothing then is sent to, and everybody has it once. */
async function settleAll(campaign: CampaignUnderFire, way: Way): Promise<void> {
  await campaign.checkNamedInDoubt()
  await settleEverybody(campaign, way)
  await sendToTheRest(campaign)
  await campaign.checkTheEnd()
}

function argsOf(command: 'send' | 'resume' | null): readonly string[] {
  return command === 'send' ? ['send', 'campaign.yml', '--yes'] : ['resume']
}

describe('the law can be broken', () => {
  const good: Evidence = {
    wanted: new Map([
      ['ada@example.org', 'Hello Ada'],
      ['bob@example.org', 'Hello Bob'],
      ['eve@example.org', 'Hello Eve'],
    ]),
    rows: [row('ada', 'accepted'), row('bob', 'accepted'), row('eve', 'in doubt')],
    ledger: [taken('ada'), taken('bob'), taken('eve')],
    inFlight: new Set(['eve@example.org']),
  }
  const found = (evidence: Partial<Evidence>, law = violations) =>
    law({ ...good, ...evidence }).map(({ recipient, what }) => `${recipient.split('@')[0]}: ${what}`)

  test('what is as it must be breaks nothing', () => {
    expect(found({})).toEqual([])
    expect(found({ ledger: [taken('ada'), taken('bob')] })).toEqual([])
    const settled = [row('ada', 'accepted'), row('bob', 'accepted'), row('eve', 'accepted')]
    expect(found({ rows: settled }, violationsOnceSettled)).toEqual([])
    expect(found({ rows: settled }, violationsAtTheEnd)).toEqual([])
  })

  test.each<[string, Partial<Evidence>]>([
    ['ada: lost: neither accepted nor in doubt', { rows: good.rows.slice(1), ledger: good.ledger.slice(1) }],
    ['ada: mailed in a run that does not know her', { rows: good.rows.slice(1) }],
    ['ada: lost: neither accepted nor in doubt', { rows: [row('ada', 'waiting'), ...good.rows.slice(1)] }],
    ['ada: lost: neither accepted nor in doubt', { rows: [row('ada', 'failed'), ...good.rows.slice(1)] }],
    ['ada: lost: accepted, but nobody took it', { ledger: good.ledger.slice(1) }],
    ['bob: mailed twice', { ledger: [...good.ledger, taken('bob')] }],
    ['eve: mailed twice', { ledger: [...good.ledger, taken('eve')] }],
    ['bob: accepted twice', { rows: [...good.rows, { ...row('bob', 'accepted'), run: 'run 2' }] }],
    ['eve: in doubt, but in no call that was cut off', { inFlight: new Set() }],
    [
      'bob: in a call that was cut off, but not in doubt',
      { inFlight: new Set(['bob@example.org', 'eve@example.org']) },
    ],
    ['zoe: not on the list', { ledger: [...good.ledger, taken('zoe')] }],
    [
      "ada: mailed somebody else's mail: Hello Bob",
      { ledger: [{ ...taken('ada'), subject: 'Hello Bob' }, ...good.ledger.slice(1)] },
    ],
    [
      'ada: mailed under another Message-ID',
      { ledger: [{ ...taken('ada'), message_id: '<bob@acme>' }, ...good.ledger.slice(1)] },
    ],
  ])('%s', (complaint, doctored) => {
    expect(found(doctored)).toEqual([complaint])
  })

  test.each<[string, Partial<Evidence>]>([
    ['eve: in doubt after everybody was settled', {}],
    ['eve: taken, but not accepted', { rows: [...good.rows.slice(0, 2), row('eve', 'failed')] }],
    [
      'bob: lost: not accepted, and in no call that was cut off',
      {
        rows: [row('ada', 'accepted'), row('bob', 'failed'), row('eve', 'accepted')],
        ledger: [taken('ada'), taken('eve')],
      },
    ],
  ])('once settled: %s', (complaint, doctored) => {
    expect(found(doctored, violationsOnceSettled)).toEqual([complaint])
  })

  test('at the end: whoever does not have it is lost', () => {
    const rows = [row('ada', 'accepted'), row('bob', 'accepted'), row('eve', 'failed')]
    expect(found({ rows, ledger: good.ledger.slice(0, 2) }, violationsAtTheEnd)).toEqual([
      'eve: lost: does not have it at the end',
    ])
  })
})

function row(name: string, state: string): Row {
  return { run: 'run 1', address: `${name}@example.org`, state, reason: '', messageId: `<${name}@acme>` }
}

function taken(name: string): Taken {
  const subject = `Hello ${name[0]?.toUpperCase()}${name.slice(1)}`
  return { address: `${name}@example.org`, message_id: `<${name}@acme>`, run: 'run 1', subject }
}
