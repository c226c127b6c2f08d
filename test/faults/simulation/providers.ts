/**
 * Providers of the simulated world. Each answers as its weather of the day has it, and keeps the truth: an answer may be
 * lost, never wrong. What it has been sent it may take after its sender is dead.
 */

import type { FilledMessage } from '../../../src/model/edition.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { Cause, Outcome, Scope } from '../../../src/model/outcome.ts'
import { parcelKey } from '../../../src/providers/idempotency.ts'
import type { Finding, Profile, Provider, Sought } from '../../../src/providers/provider.ts'
import type { SimulatedProcess } from './process.ts'
import type { Seeded } from './seeded.ts'
import { type Handover, isOpen } from './truth.ts'
import type { World } from './world.ts'

/** One account at a provider, which outlives the processes that use it. */
export class Account {
  readonly name: string
  readonly profile: Profile
  readonly #world: World
  readonly #chance: Seeded
  /** Messages that fit one call, as the vendor's limit of size has it. */
  readonly #fit: number
  /** Whom each idempotency key has had taken, and since when it is known. */
  readonly #keys = new Map<string, { readonly atMs: number; readonly taken: Set<string> }>()
  /** Parcels on their way. */
  readonly #flying = new Set<Flight>()
  #weather: Weather = fair

  constructor(name: string, world: World) {
    this.name = name
    this.#world = world
    this.#chance = world.chance(`account ${name}`)
    const chance = this.#chance
    const batchMax = chance.pick([1, 1, 2, 3, 5, 10])
    this.#fit = chance.has(0.8) ? batchMax : chance.between(1, batchMax)
    this.profile = {
      name,
      title: 'simulated',
      delivers: true,
      batchMax,
      rateCounts: chance.pick(['messages', 'calls']),
      messageMaxBytes: 1_000_000,
      idempotency: chance.has(0.3) ? { kind: 'key', windowMs: chance.pick([600_000, 86_400_000]) } : { kind: 'none' },
      lookup: chance.pick(['no', 'no', 'traces', 'conclusive']),
      guarantee: 'None.',
      defaultConcurrency: 4,
    }
  }

  /** Another day, another weather. */
  changeWeather(): void {
    const chance = this.#chance
    this.#weather = chance.has(this.#world.trouble.provider) ? foul(chance) : fair
  }

  /** A way out by this account for one process. */
  open(process: SimulatedProcess): Provider {
    const provider: Provider = {
      profile: this.profile,
      fits: messages => Math.min(messages.length, this.#fit),
      send: (parcel, signal) => this.#send(process, parcel, signal),
      close: async () => undefined,
    }
    if (this.profile.lookup === 'no') return provider
    return { ...provider, lookup: (sought, signal) => this.#lookup(process, sought, signal) }
  }

  async #send(
    process: SimulatedProcess,
    parcel: readonly FilledMessage[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    if (process.life.state === 'over') return new Promise(() => undefined)
    const { handovers, isRepeated } = this.#handovers(process, parcel)
    const flight = this.#plan(parcel, handovers)
    this.#flying.add(flight)
    void this.#fly(process, flight)
    await this.#world.time.sleep(flight.answersAfterMs, process.life, signal)
    // An answer that is not there when the call is broken off is no answer.
    const whole = flight.state !== 'sending' && flight.state !== 'broken off' && !signal.aborted
    if (flight.state === 'sending') flight.state = 'broken off'
    if (whole) this.#land(flight)
    const outcomes = whole ? flight.outcomes : flight.outcomes.map(() => this.#brokenOff(flight))
    // What the answer to a repeated call says of the first one is for whoever repeats it to judge.
    if (!isRepeated)
      for (const [index, handover] of handovers.entries()) handover.answer = outcomes[index]?.kind ?? null
    process.say(`${this.name} answers ${outcomes.map(saidOf).join(' ')}`)
    return outcomes
  }

  /** Which call this is. Every parcel is one that was begun, and is handed over once; or it is one that is repeated. */
  #handovers(process: SimulatedProcess, parcel: readonly FilledMessage[]): Call {
    const { truth } = this.#world
    const ids = parcel.map(each => each.id).join(' ')
    const fitting = [...truth.calls.values()].filter(
      call => call.route === this.name && call.handovers.map(each => each.messageId).join(' ') === ids,
    )
    const begun = fitting.findLast(each => !each.sent && each.by === process.number && isOpen(each))
    const call = begun ?? fitting.findLast(each => each.sent) ?? fitting.at(-1)
    this.#world.figures.calls += 1
    if (call === undefined) {
      this.#world.broken({ law: 'no byte leaves before the intent is stored', detail: parcel[0]?.to ?? '' })
      throw new InvariantError('this parcel was never begun')
    }
    const isRepeated = begun === undefined
    if (isRepeated) {
      const law = 'a call is repeated only under its idempotency key'
      this.#world.must(process.repeats && this.profile.idempotency.kind === 'key', law, `attempt ${call.attempt}`)
      process.say(`repeats attempt ${call.attempt} by ${this.name}`)
    } else call.sent = true
    this.#world.must(!call.isUncounted, 'what is sent is counted where there is a quota', `attempt ${call.attempt}`)
    return { handovers: call.handovers, isRepeated }
  }

  #plan(parcel: readonly FilledMessage[], handovers: readonly Handover[]): Flight {
    const chance = this.#chance
    const weather = this.#weather
    const hangs = chance.has(weather.hangs)
    const answersAfterMs = hangs ? 10 * hourMs : chance.spread(5, chance.has(weather.slow) ? 60_000 : 2000)
    const sentAfterMs = Math.min(60_000, answersAfterMs * chance.fraction())
    const whole = chance.has(weather.whole) ? this.#outcome() : null
    // Whatever becomes of the parcel, the account may have nothing left after it.
    const rest = chance.has(weather.spent) ? { restMs: chance.spread(1, hourMs / 2) } : {}
    const outcomes = parcel.map(() => ({ ...(whole ?? this.#outcome()), ...rest }))
    const isTaken = outcomes.map(each => each.kind === 'accepted' || (each.kind === 'in-doubt' && chance.has(0.5)))
    // What is answered for certain was taken before; what is not may be taken afterwards as well.
    const late = chance.has(0.3) && outcomes.every(each => each.kind !== 'accepted')
    const takenAfterMs = sentAfterMs + (late || hangs ? 60_000 : answersAfterMs - sentAfterMs) * chance.fraction()
    const takes = this.#world.sabotage.takes ?? 1
    const key = parcelKey(parcel)
    return { key, handovers, outcomes, isTaken, sentAfterMs, takenAfterMs, answersAfterMs, takes, state: 'sending' }
  }

  #outcome(): Outcome {
    const chance = this.#chance
    const kind = chance.weighted(this.#weather.outcomes)
    switch (kind) {
      case 'accepted':
        return { kind, providerId: `${this.name}-${chance.between(1, 1_000_000)}` }
      case 'in-doubt':
        return { kind, cause: { class: 'unknown', text: 'the answer was lost' } }
      case 'deferred': {
        const scope = chance.weighted(this.#weather.scopes)
        const wait = chance.has(0.3) ? { retryAfterMs: chance.spread(1, 600_000) } : {}
        return { kind, scope, cause: causes[scope][0], ...wait }
      }
      case 'refused': {
        const scope = chance.weighted(this.#weather.scopes)
        return { kind, scope, cause: causes[scope][1] }
      }
    }
  }

  /** The parcel's own way, whatever becomes of its sender once it is sent. */
  async #fly(process: SimulatedProcess, flight: Flight): Promise<void> {
    const { time } = this.#world
    await time.sleep(flight.sentAfterMs, null)
    // The connection of a process that stands still is broken off sooner or later.
    if (flight.state === 'sending') flight.state = process.life.state === 'running' ? 'sent' : 'broken off'
    await time.sleep(flight.takenAfterMs - flight.sentAfterMs, null)
    this.#flying.delete(flight)
    this.#land(flight)
  }

  /** It is taken, once, if it has been sent at all. */
  #land(flight: Flight): void {
    if (flight.state !== 'sent') return
    flight.state = 'landed'
    for (const [index, handover] of flight.handovers.entries())
      if (flight.isTaken[index] === true) this.#take(flight, handover)
  }

  #take({ key, takes }: Flight, handover: Handover): void {
    const { law, time } = this.#world
    const { idempotency } = this.profile
    if (idempotency.kind === 'key') {
      const known = this.#keys.get(key)
      const isKnown = known !== undefined && time.nowMs - known.atMs <= idempotency.windowMs
      const { taken } = isKnown ? known : { taken: new Set<string>() }
      if (!isKnown) this.#keys.set(key, { atMs: time.nowMs, taken })
      if (taken.has(handover.address)) {
        handover.isReplayed = true
        return
      }
      taken.add(handover.address)
    }
    handover.takes += takes
    law.checkTaken(handover)
  }

  /** An adapter may know that nothing can have been taken, or it may not. */
  #brokenOff({ state }: Flight): Outcome {
    const cause: Cause = { class: 'transient', text: 'broken off' }
    const isSent = state === 'sent' || state === 'landed'
    if (isSent || this.#chance.has(0.3)) return { kind: 'in-doubt', cause }
    return { kind: 'deferred', scope: 'route', cause }
  }

  async #lookup(
    process: SimulatedProcess,
    sought: readonly Sought[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    await this.#world.time.sleep(this.#chance.spread(5, 5000), process.life, signal)
    const unknown: Finding = {
      kind: 'unknown',
      scope: 'route',
      cause: { class: 'throttled', text: 'not so often' },
    }
    const findings = sought.map(each => (signal.aborted || this.#chance.has(0.1) ? unknown : this.#find(each)))
    process.say(`${this.name} is asked: ${findings.map(each => each.kind).join(' ')}`)
    return findings
  }

  #find({ to, run }: Sought): Finding {
    const { truth } = this.#world
    const calls = [...truth.calls.values()].filter(call => call.run === run && call.route === this.name)
    const handovers = calls.flatMap(call => call.handovers.filter(each => each.address === to))
    if (handovers.some(each => each.takes > 0 || each.isReplayed))
      return { kind: 'taken', providerId: `${this.name}-found` }
    if (this.profile.lookup === 'traces') return { kind: 'no trace' }
    // Whoever says that it will not have it from that call has to know that the call is over.
    const mayCome = handovers.some(
      each => this.#isFlying(each) || (!each.call.sent && this.#world.isLiving(each.call.by)),
    )
    if (mayCome) return { kind: 'unknown', scope: 'message', cause: { class: 'transient', text: 'ask later' } }
    return { kind: 'not taken' }
  }

  #isFlying(handover: Handover): boolean {
    return [...this.#flying].some(flight => flight.state !== 'broken off' && flight.handovers.includes(handover))
  }
}

const hourMs = 3_600_000

/** One parcel under way. */
interface Flight {
  readonly key: string
  readonly handovers: readonly Handover[]
  readonly outcomes: readonly Outcome[]
  readonly isTaken: readonly boolean[]
  /** Its last byte has left after so long; the sender may break it off before. */
  readonly sentAfterMs: number
  readonly takenAfterMs: number
  readonly answersAfterMs: number
  /** How often everybody is taken: once, unless a test wants to see whether it is noticed. */
  readonly takes: number
  state: 'sending' | 'sent' | 'landed' | 'broken off'
}

interface Call {
  readonly handovers: readonly Handover[]
  /** It was handed over before, and settling repeats it. */
  readonly isRepeated: boolean
}

function saidOf(outcome: Outcome): string {
  return 'scope' in outcome ? `${outcome.kind} (${outcome.scope})` : outcome.kind
}

/** How likely an account does what today. */
interface Weather {
  readonly outcomes: Readonly<Record<Outcome['kind'], number>>
  readonly scopes: Readonly<Record<Scope, number>>
  /** All messages of a call have the same outcome. */
  readonly whole: number
  readonly slow: number
  readonly hangs: number
  /** The answer says that nothing is left in the provider's window. */
  readonly spent: number
}

const fair: Weather = {
  outcomes: { accepted: 1, deferred: 0, refused: 0, 'in-doubt': 0 },
  scopes: { recipient: 1, message: 0, lane: 0, route: 0 },
  whole: 0,
  slow: 0,
  hangs: 0,
  spent: 0,
}

function foul(chance: Seeded): Weather {
  const some = (most: number): number => (chance.has(0.5) ? chance.fraction() * most : 0)
  return {
    outcomes: { accepted: 1, deferred: some(1), refused: some(0.5), 'in-doubt': some(0.5) },
    scopes: { recipient: 1, message: some(1), lane: some(1), route: some(0.7) },
    whole: some(1),
    slow: some(0.3),
    hangs: some(0.02),
    spent: some(0.1),
  }
}

/** For each scope, the cause of a deferral and of a refusal. */
const causes: Readonly<Record<Scope, readonly [Cause, Cause]>> = {
  recipient: [
    { class: 'soft', text: 'mailbox full' },
    { class: 'hard', text: 'no such user' },
  ],
  message: [
    { class: 'transient', text: 'a neighbour was refused' },
    { class: 'content', text: 'too big' },
  ],
  lane: [
    { class: 'throttled', text: 'the site asks for patience' },
    { class: 'block', text: 'blocked by the site' },
  ],
  route: [
    { class: 'throttled', text: 'slow down' },
    { class: 'auth', text: 'wrong key' },
  ],
}
