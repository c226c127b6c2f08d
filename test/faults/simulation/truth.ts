/**
 * What really happened, as nobody in the simulated world can know it: who was handed over in which call, what the provider
 * took, what it answered, what was written of it, and what the operator said. The law is judged by this and by the journal.
 */

import type { AttemptId } from '../../../src/journal/journal.ts'
import type { Address } from '../../../src/model/address.ts'
import type { RunId, Settlement } from '../../../src/model/message.ts'
import type { Outcome } from '../../../src/model/outcome.ts'
import type { CanaryPhase } from '../../../src/model/run.ts'

/** One message in one call. */
export interface Handover {
  readonly call: CallRecord
  readonly messageId: number
  readonly address: Address
  /** How often the provider took it by this call. */
  takes: number
  /** The provider had taken it under the same idempotency key already. */
  isReplayed: boolean
  /** What the provider's answer was, once it had reached a living process. */
  answer: Outcome['kind'] | null
  /** What was written of it; null until it is. */
  written: Settlement['to'] | null
  writtenAtMs: number
}

export interface CallRecord {
  readonly attempt: AttemptId
  readonly run: RunId
  readonly key: string
  readonly route: string
  /** The number of the process that began it. */
  readonly by: number
  /** Its place in the order of all calls and words. */
  readonly order: number
  readonly begunAtMs: number
  /** Its route has a quota, and it was not counted. */
  readonly isUncounted: boolean
  readonly handovers: readonly Handover[]
  /** Whether the process that began it handed it to the provider. */
  sent: boolean
  /** A later owner has given it up: its people are in doubt, unless it was settled before. */
  givenUp: boolean
}

/** What somebody said of a message in doubt; it stands against all calls before it. */
export interface Word {
  readonly order: number
  readonly says: 'accepted' | 'failed' | 'not taken' | 'resend'
}

export class Truth {
  readonly calls = new Map<AttemptId, CallRecord>()
  readonly #byMessage = new Map<number, Handover[]>()
  readonly #byPerson = new Map<string, Handover[]>()
  readonly #words = new Map<string, Word[]>()
  /** Since when an address is suppressed. */
  readonly suppressedSinceMs = new Map<string, number>()
  /** Since when the operator wants a run to be paused or cancelled; in the world's time. */
  readonly askedSinceMs = new Map<string, number>()
  /** Where runs stand that have canaries, as their senders have written it. */
  readonly canaries = new Map<RunId, CanaryPhase>()
  /** Who was let expire because the time of the run was over. */
  readonly expired = new Set<number>()
  /** How many were handed over by which account on which day, as senders count their days; and under which keys. */
  readonly sentOn = new Map<string, { readonly keys: Set<string>; readonly days: Map<string, number> }>()
  #order = 0

  begun(
    call: Omit<CallRecord, 'order' | 'handovers' | 'sent' | 'givenUp'>,
    people: readonly [number, Address][],
  ): void {
    const handovers: Handover[] = []
    const record = { ...call, order: ++this.#order, handovers, sent: false, givenUp: false }
    for (const [messageId, address] of people) {
      this.expired.delete(messageId)
      const handover: Handover = {
        call: record,
        messageId,
        address,
        takes: 0,
        isReplayed: false,
        answer: null,
        written: null,
        writtenAtMs: 0,
      }
      handovers.push(handover)
      push(this.#byMessage, messageId, handover)
      push(this.#byPerson, personOf(call.key, address), handover)
    }
    this.calls.set(call.attempt, record)
  }

  /** Counts messages of an account's day; gives how many it has had, and how many earlier days there were. */
  count(account: string, day: string, key: string, messages: number): { messages: number; earlierDays: number } {
    const sent = this.sentOn.get(account) ?? { keys: new Set<string>(), days: new Map<string, number>() }
    this.sentOn.set(account, sent)
    sent.keys.add(key)
    sent.days.set(day, (sent.days.get(day) ?? 0) + messages)
    return { messages: sent.days.get(day) ?? 0, earlierDays: [...sent.days.keys()].filter(each => each < day).length }
  }

  handoversOf(messageId: number): readonly Handover[] {
    return this.#byMessage.get(messageId) ?? []
  }

  handoversTo(key: string, address: string): readonly Handover[] {
    return this.#byPerson.get(personOf(key, address)) ?? []
  }

  say(key: string, address: string, says: Word['says']): void {
    push(this.#words, personOf(key, address), { order: ++this.#order, says })
  }

  wordsOf(key: string, address: string): readonly Word[] {
    return this.#words.get(personOf(key, address)) ?? []
  }

  /** Whether somebody has said since what became of it. */
  isSpokenFor({ call, address }: Handover): boolean {
    return this.wordsOf(call.key, address).some(word => word.order > call.order)
  }

  /** Calls of a run that were begun and not settled are given up by a later owner, or when the run ends. */
  giveUp(fits: (run: RunId) => boolean): void {
    for (const call of this.calls.values()) {
      if (!call.givenUp && fits(call.run) && isOpen(call)) call.givenUp = true
    }
  }
}

/** Whether nothing was written of the call yet. */
export function isOpen(call: CallRecord): boolean {
  return call.handovers.some(each => each.written === null)
}

/** Whether it is written that the provider has not taken it by this call. */
export function isFree({ written }: Handover): boolean {
  return written === 'queued' || written === 'failed'
}

/** Whether this may be written of it: it is what the provider answered, or she was refused with no call. */
export function isTrue({ answer, takes, isReplayed, call }: Handover, written: Settlement['to']): boolean {
  if (written === 'accepted') return answer === 'accepted' && (takes > 0 || isReplayed)
  if (written === 'in doubt') return answer === 'in-doubt'
  return call.sent ? answer === 'deferred' || answer === 'refused' : answer === null
}

export function personOf(key: string, address: string): string {
  return `${key} ${address}`
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key)
  if (items === undefined) map.set(key, [item])
  else items.push(item)
}
