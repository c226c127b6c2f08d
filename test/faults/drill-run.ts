/**
 * The seeded drill of one campaign: sent, killed, resumed, killed again by other means until it finishes; then compared,
 * settled, sent once more, and compared again. A seed repeats the campaign and what is drawn at each step; how far a
 * process came when it was killed from outside is up to the machine, and later kills go by what is left to send.
 */

import { providerKind } from '../../src/providers/index.ts'
import { sinkVendors } from '../../src/sink/vendors.ts'
import { type CampaignUnderFire, openCampaign } from './drill-campaign.ts'
import { chooseKill, chooseLastKill, type Kill, type KillSituation, kindOf } from './drill-kills.ts'
import { makePeople } from './drill-people.ts'
import { sendToTheRest, settleEverybody } from './drill-settling.ts'
import { type Setup, transportOf } from './drill-setup.ts'
import { Seeded } from './simulation/seeded.ts'

export interface Figures {
  readonly killsByKind: Readonly<Record<string, number>>
  readonly recipients: number
  readonly inDoubt: number
  readonly inDoubtMaxPerKill: number
  readonly openCallsMax: number
  /** Of those in doubt, how many their provider was asked about and had. */
  readonly settledByAsking: number
}

/** Throws DrillViolation; the campaign's folder is then kept. */
export async function drillCampaign(seed: number): Promise<Figures> {
  const setup = makeSetup(Seeded.for(seed, 'campaign'))
  const campaign = await openCampaign(setup)
  let isKept = true
  try {
    const figures = await new SeededDrill(campaign, setup, seed).run()
    isKept = false
    return figures
  } finally {
    await campaign.close(isKept)
  }
}

function makeSetup(chance: Seeded): Setup {
  const provider = chance.pick(['smtp', ...sinkVendors.map(vendor => vendor.name)])
  const { batchMax } = providerKind(provider).profile
  const batch = batchMax === 1 || chance.pick([true, false]) ? 'off' : chance.between(5, Math.min(50, batchMax))
  return {
    people: makePeople(chance, chance.between(60, 300)),
    way: provider === 'smtp' ? { provider: 'smtp' } : { provider, batch },
    routes: chance.pick([1, 1, 2]),
    concurrency: chance.between(1, 8),
    answersAfterMs: chance.pick([0, 0, 2, 8, 20]),
  }
}

/** So many commands at most; more would mean that the campaign does not come to an end. */
const stepsMax = 60

class SeededDrill {
  readonly #campaign: CampaignUnderFire
  readonly #setup: Setup
  readonly #seed: number
  readonly #killsWanted: number
  /** Anew for every step, so that what one step draws does not change the next. */
  #chance: Seeded
  readonly #kills: Record<string, number> = {}
  #killed = 0
  #inDoubtMaxPerKill = 0
  #openCallsMax = 0
  /** An owner of version 1 cannot be seen to be dead by a command that only looks. */
  #wasVersion1 = false

  constructor(campaign: CampaignUnderFire, setup: Setup, seed: number) {
    this.#campaign = campaign
    this.#setup = setup
    this.#seed = seed
    this.#chance = Seeded.for(seed, 'kills')
    this.#killsWanted = this.#chance.between(4, 14)
  }

  async run(): Promise<Figures> {
    await this.#sendUnderFire()
    await this.#campaign.checkFinished()
    const settledByAsking = await settleEverybody(this.#campaign, this.#setup.way, run => this.#killAsking(run))
    await this.#campaign.checkSettled()
    await sendToTheRest(this.#campaign)
    await this.#campaign.checkTheEnd()
    return {
      killsByKind: this.#kills,
      recipients: this.#setup.people.length,
      inDoubt: this.#campaign.inFlight.size,
      inDoubtMaxPerKill: this.#inDoubtMaxPerKill,
      openCallsMax: this.#openCallsMax,
      settledByAsking,
    }
  }

  async #sendUnderFire(): Promise<void> {
    let next: 'send' | 'resume' | null = 'send'
    for (let step = 0; next !== null; step++) {
      if (step === stepsMax)
        throw new Error(`the campaign does not come to an end:\n${this.#campaign.story.join('\n')}`)
      this.#chance = Seeded.for(this.#seed, `step ${step}`)
      const args = next === 'send' ? send : this.#chance.pick([['resume'], ['resume'], ['resume', '--all']])
      const kill = this.#nextKill(next)
      if (kill === null) this.#campaign.expectExit(await this.#campaign.run(...args), [0, 3])
      else await this.#kill(kill, args)
      next = this.#campaign.nextCommand
      if (next === 'resume') await this.#betweenKills()
    }
  }

  #nextKill(command: 'send' | 'resume'): Kill | null {
    if (this.#killed >= this.#killsWanted) return null
    if (this.#killed === this.#killsWanted - 1 && this.#chance.has(0.5)) return chooseLastKill(this.#chance)
    const { way, routes, concurrency } = this.#setup
    const perCall = way.provider === 'sendgrid' && way.batch !== 'off' ? way.batch : 1
    const situation: KillSituation = {
      transport: transportOf(way),
      command,
      callsLeft: Math.ceil(this.#campaign.left / perCall),
      concurrency: routes * concurrency,
    }
    return chooseKill(this.#chance, situation)
  }

  async #kill(kill: Kill, args: readonly string[]): Promise<void> {
    const { isKilled, ended, openCalls } = await this.#campaign.runKilled(kill, ...args)
    if (!isKilled) return this.#campaign.expectExit(ended, [0, 3])
    const kind = kindOf(kill)
    this.#kills[kind] = (this.#kills[kind] ?? 0) + 1
    this.#killed += 1
    const inDoubt = openCalls.reduce((sum, call) => sum + call.addresses.length, 0)
    this.#inDoubtMaxPerKill = Math.max(this.#inDoubtMaxPerKill, inDoubt)
    this.#openCallsMax = Math.max(this.#openCallsMax, openCalls.length)
  }

  /** What else may happen to a campaign that was interrupted. */
  async #betweenKills(): Promise<void> {
    const what = this.#chance.weighted({ nothing: 16, look: 3, send: 2, migrate: 2 })
    if (what === 'look' && !this.#wasVersion1) await this.#campaign.checkNamedInDoubt()
    // Sending again takes over whoever waits in the run that was interrupted.
    if (what === 'send') await this.#kill(chooseKill(this.#chance, this.#sendingAgain()), send)
    if (what === 'migrate' && this.#killed < this.#killsWanted) {
      this.#wasVersion1 = true
      await this.#kill({ by: 'point', point: 'in-migration', nth: 1 }, ['resume'])
    }
  }

  #sendingAgain(): KillSituation {
    return { transport: transportOf(this.#setup.way), command: 'send', callsLeft: 1, concurrency: 1 }
  }

  /** Asking may be killed too; who was found by then stays accepted. */
  async #killAsking(run: string): Promise<void> {
    if (!this.#chance.has(0.3)) return
    const points = ['before-settle-doubts', 'after-settle-doubts'] as const
    const kill: Kill = this.#chance.has(0.3)
      ? { by: 'phase', phase: 'lookup', nth: 1 }
      : { by: 'point', point: this.#chance.pick(points), nth: 1 }
    await this.#kill(kill, ['settle', run])
  }
}

const send = ['send', 'campaign.yml', '--yes']
