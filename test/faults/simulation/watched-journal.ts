/**
 * A process's journal as the simulation hands it out: the real one, with everything that can go wrong around a call, and
 * the law looked at after every write. It changes nothing of what is written.
 */

import type { Journal, ParcelIntent, SettledParcel } from '../../../src/journal/journal.ts'
import type { Address } from '../../../src/model/address.ts'
import { exitCode, UserError } from '../../../src/model/errors.ts'
import type { DoubtSettlement, RunId } from '../../../src/model/message.ts'
import { calendarFor, type Gate } from '../../../src/policy/calendar.ts'
import { quotaOn } from '../../../src/policy/warm-up.ts'
import { openPeople } from './law.ts'
import type { SimulatedProcess } from './process.ts'
import { isTrue } from './truth.ts'

/**
 * A sender looks every second at what is asked of it. Where outcomes cannot be written, what it has begun to do by then may
 * have to wait until they can, which is tried five times.
 */
const heededWithinMs = { calm: 3000, troubled: 20_000 }

/** What a killed process meets wherever it still turns; nobody hears of it. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export function watchedJournal(journal: Journal, of: SimulatedProcess): Journal {
  const { world } = of
  const { truth, law, figures } = world

  /** Any call: a dead process makes none, and something may happen before or after it. */
  const called = <Result>(name: string, call: () => Result): Result => {
    if (of.life.state === 'over') throw new Killed()
    of.disturbed(`before ${name}`)
    const result = call()
    of.disturbed(`after ${name}`)
    return result
  }

  /** A call that writes. `written` notes what that means before the law is looked at. */
  const wrote = <Result>(name: string, call: () => Result, written?: (result: Result) => void): Result =>
    called(name, () => {
      of.failsToWrite(name)
      const result = call()
      figures.writes += 1
      written?.(result)
      law.check()
      if (figures.writes % 16 === 0) law.checkCounts(journal)
      return result
    })

  /** A call that writes nothing about people. */
  const wroteAside = <Result>(name: string, call: () => Result): Result =>
    called(name, () => {
      of.failsToWrite(name)
      const result = call()
      figures.writes += 1
      if (figures.writes % 8 === 0) law.check()
      return result
    })

  return {
    acquire: (key, claimant) =>
      wroteAside('acquire', () => {
        const acquired = journal.acquire(key, claimant)
        if (acquired.ok) {
          const { fence } = acquired.lease
          world.must(fence > (world.fences.get(key) ?? 0), 'fences only grow', `${key}: ${fence}`)
          world.fences.set(key, fence)
          if (world.holders.has(key)) figures.takeOvers += 1
          world.holders.set(key, of.number)
        }
        of.say(`acquires ${key}: ${acquired.ok ? `fence ${acquired.lease.fence}` : acquired.why}`)
        return acquired
      }),
    renew: (lease, untilMs) => wroteAside('renew', () => journal.renew(lease, untilMs)),
    release: lease =>
      wroteAside('release', () => {
        journal.release(lease)
        if (world.holders.get(lease.key) === of.number) world.holders.delete(lease.key)
      }),
    createRun: draft => wrote('createRun', () => journal.createRun(draft)),
    known: (run, addresses) => called('known', () => journal.known(run, addresses)),
    enqueue: (run, rows) => wrote('enqueue', () => journal.enqueue(run, rows)),
    setRejectsFile: (run, path) => wroteAside('setRejectsFile', () => journal.setRejectsFile(run, path)),
    openRun: run => {
      const key = journal.run(run)?.key
      const others = new Set(law.runs().flatMap(each => (each.key === key && each.id !== run ? [each.id] : [])))
      wrote(
        'openRun',
        () => journal.openRun(run),
        () => {
          truth.giveUp(each => others.has(each))
          for (const each of others) if (!law.isOpen(each)) truth.canaries.delete(each)
        },
      )
      of.say(`opens run ${run}`)
    },
    discardRun: run => wrote('discardRun', () => journal.discardRun(run)),
    discardPreparing: key => wrote('discardPreparing', () => journal.discardPreparing(key)),
    claim: (run, query) =>
      called('claim', () => {
        const claimed = journal.claim(run, query)
        return claimed
      }),
    claimSite: (run, query) =>
      called('claimSite', () => {
        const messages = journal.claimSite(run, query)
        return messages
      }),
    giveBack: ids => called('giveBack', () => journal.giveBack(ids)),
    begin: (lease, parcels) =>
      wrote(
        'begin',
        () => journal.begin(lease, parcels),
        attempts => {
          world.must(lease.fence === world.fences.get(lease.key), 'a fenced process begins no call', `${lease.fence}`)
          for (const [index, parcel] of parcels.entries()) {
            const { attempt, messageIds } = attempts[index] ?? { attempt: 0, messageIds: [] }
            if (messageIds.length > 0) begun(attempt, lease.key, { ...parcel, messageIds })
          }
          const most = of.mostInCalls
          const open = openPeople(truth, of.number)
          world.must(open <= most, 'no more are in calls than routes allow', `${open} of ${most}`)
        },
      ),
    settle: parcels =>
      wrote(
        'settle',
        () => journal.settle(parcels),
        () => parcels.forEach(settled),
      ),
    recover: (run, nowMs) => {
      const inDoubt = wrote(
        'recover',
        () => journal.recover(run, nowMs),
        () => truth.giveUp(each => each === run),
      )
      figures.doubts += inDoubt
      if (inDoubt > 0) of.say(`finds ${inDoubt} in doubt in run ${run}`)
      return inDoubt
    },
    skipSuppressed: (run, nowMs) => {
      const skipped = wrote('skipSuppressed', () => journal.skipSuppressed(run, nowMs))
      if (skipped > 0) of.say(`skips ${skipped} who are suppressed`)
      return skipped
    },
    putOff: (run, ids, query) => wrote('putOff', () => journal.putOff(run, ids, query)),
    putOffSites: (run, sites, nowMs) => wrote('putOffSites', () => journal.putOffSites(run, sites, nowMs)),
    expire: (run, ids, query) => {
      wrote('expire', () => journal.expire(run, ids, query))
      of.say(`lets ${ids.length} in hand of run ${run} expire`)
    },
    expireWaiting: (run, query) => {
      const before = law.states()
      const expired = wrote(
        'expireWaiting',
        () => journal.expireWaiting(run, query),
        () => {
          for (const [id, state] of law.states()) if (state !== before.get(id)) truth.expired.add(id)
          const gate = gateOf(run, 0)
          const isOver = gate !== null && !gate.open && gate.cause === 'over'
          world.must(isOver, 'nobody expires before the time of the run is over', `run ${run}`)
        },
      )
      if (expired > 0) of.say(`lets ${expired} in run ${run} expire`)
      return expired
    },
    setStanding: (run, standing, nowMs) => wroteAside('setStanding', () => journal.setStanding(run, standing, nowMs)),
    standings: sinceMs => called('standings', () => journal.standings(sinceMs)),
    chooseCanaries: (run, oneIn) => {
      const chosen = wrote(
        'chooseCanaries',
        () => journal.chooseCanaries(run, oneIn),
        () => truth.canaries.set(run, { kind: 'sending' }),
      )
      of.say(`chooses ${chosen} canaries of run ${run}`)
      return chosen
    },
    canaries: run => called('canaries', () => journal.canaries(run)),
    setCanaryPhase: (run, phase) =>
      wroteAside('setCanaryPhase', () => {
        if (phase === null) checkCanaryOver(run)
        journal.setCanaryPhase(run, phase)
        if (phase === null) truth.canaries.delete(run)
        else truth.canaries.set(run, phase)
        of.say(`canaries of run ${run}: ${phase?.kind ?? 'over'}`)
      }),
    setPaused: (run, pause) => {
      const heard = wroteAside('setPaused', () => journal.setPaused(run, pause))
      of.say(`${pause === null ? 'lets' : 'has'} run ${run} ${pause === null ? 'go on' : 'paused'}`)
      asks(`pause ${run}`, pause !== null && heard)
      return heard
    },
    askToCancel: run => {
      const heard = wroteAside('askToCancel', () => journal.askToCancel(run))
      of.say(`asks for run ${run} to be cancelled`)
      asks(`cancel ${run}`, heard)
      return heard
    },
    setPacing: (run, pacing) => {
      figures.asks += 1
      wroteAside('setPacing', () => journal.setPacing(run, pacing))
    },
    rememberPaces: paces => wroteAside('rememberPaces', () => journal.rememberPaces(paces)),
    pace: (what, name) => called('pace', () => journal.pace(what, name)),
    forgetPaces: beforeMs => wroteAside('forgetPaces', () => journal.forgetPaces(beforeMs)),
    sentOn: (account, day) => called('sentOn', () => journal.sentOn(account, day)),
    knownSites: (domains, nowMs) => called('knownSites', () => journal.knownSites(domains, nowMs)),
    rememberSites: found => wroteAside('rememberSites', () => journal.rememberSites(found)),
    setStopped: (run, reason) => wroteAside('setStopped', () => journal.setStopped(run, reason)),
    finishRun: (run, nowMs) =>
      wrote(
        'finishRun',
        () => journal.finishRun(run, nowMs),
        isOver => isOver && truth.canaries.delete(run),
      ),
    cancelRun: (run, nowMs) => {
      const skipped = wrote(
        'cancelRun',
        () => journal.cancelRun(run, nowMs),
        () => {
          if (!law.runs().some(each => each.id === run && each.state === 'cancelled')) return
          truth.giveUp(each => each === run)
          truth.canaries.delete(run)
        },
      )
      of.say(`cancels run ${run}: ${skipped} skipped`)
      return skipped
    },
    requeueFailed: (run, query) => {
      const queued = wrote('requeueFailed', () => journal.requeueFailed(run, query))
      of.say(`queues ${queued} who had failed in run ${run}`)
      return queued
    },
    settleDoubts(lease, run, settlements, nowMs) {
      const before = law.states()
      const moved = wrote(
        'settleDoubts',
        () => journal.settleDoubts(lease, run, settlements, nowMs),
        () => {
          const after = law.states()
          const spoken = settlements.filter(({ messageId: id }) => before.get(id) !== after.get(id))
          for (const { messageId, settlement } of spoken) {
            const state = after.get(messageId)
            world.must(state === settlement.to, 'a word is written as it was given', `message ${messageId} is ${state}`)
            said(run, messageId, settlement)
          }
        },
      )
      of.say(`settles ${moved} of ${settlements.length} in doubt in run ${run}`)
      return moved
    },
    inDoubt: run => called('inDoubt', () => journal.inDoubt(run)),
    doubtfulCalls: (run, query) => called('doubtfulCalls', () => journal.doubtfulCalls(run, query)),
    run: id => called('run', () => journal.run(id)),
    runs: query => called('runs', () => journal.runs(query)),
    overview: (id, nowMs) => called('overview', () => journal.overview(id, nowMs)),
    counts: id => called('counts', () => journal.counts(id)),
    nextDueAtMs: (id, afterMs) => called('nextDueAtMs', () => journal.nextDueAtMs(id, afterMs)),
    zoneDueAt: (id, dueAtMs) => called('zoneDueAt', () => journal.zoneDueAt(id, dueAtMs)),
    edition: hash => called('edition', () => journal.edition(hash)),
    payload: sha256 => called('payload', () => journal.payload(sha256)),
    tally: id => called('tally', () => journal.tally(id)),
    waitingSites: id => called('waitingSites', () => journal.waitingSites(id)),
    course: (id, query) => called('course', () => journal.course(id, query)),
    calls: id => called('calls', () => journal.calls(id)),
    story: address => called('story', () => journal.story(address)),
    records: id => called('records', () => journal.records(id)),
    failed: (id, query) => called('failed', () => journal.failed(id, query)),
    sample: (id, limit) => called('sample', () => journal.sample(id, limit)),
    suppress: suppressions =>
      wrote(
        'suppress',
        () => journal.suppress(suppressions),
        () => suppressed(suppressions.map(each => each.address)),
      ),
    unsuppress: addresses =>
      wrote(
        'unsuppress',
        () => journal.unsuppress(addresses),
        () => {
          for (const each of addresses) truth.suppressedSinceMs.delete(each)
        },
      ),
    suppressions: () => called('suppressions', () => journal.suppressions()),
    complaints: (run, sinceMs) => called('complaints', () => journal.complaints(run, sinceMs)),
    tokenKey: () => called('tokenKey', () => journal.tokenKey()),
    close: () => journal.close(),
  }

  function asks(what: string, isAsked: boolean): void {
    if (!isAsked) truth.askedSinceMs.delete(what)
    else if (!truth.askedSinceMs.has(what)) truth.askedSinceMs.set(what, world.time.nowMs)
    if (isAsked) figures.asks += 1
  }

  /** The gate of a run's schedule, as this process sees it or saw it so long ago; null if it has no schedule. */
  function gateOf(run: RunId, agoMs: number): Gate | null {
    const schedule = journal.run(run)?.delivery.schedule ?? null
    if (schedule === null) return null
    return calendarFor(schedule).gate(schedule.zone, world.time.nowMs + of.aheadMs - agoMs)
  }

  function checkCanaryOver(run: RunId): void {
    const canary = truth.canaries.get(run)
    if (canary?.kind === 'holding') {
      const early = canary.untilMs - (world.time.nowMs + of.aheadMs)
      world.must(early <= 0, 'a canary is held for as long as was said', `run ${run} goes on ${early} ms early`)
      figures.holds += 1
    }
    if (canary?.kind === 'sending') {
      const { waiting } = journal.counts(run)
      world.must(waiting === 0, 'nobody is mailed before the canaries have been', `run ${run}: ${waiting} wait`)
    }
  }

  /** Whoever sends heeds within some seconds what was asked of the run, and what its schedule says. */
  function checkHeeded(id: RunId): void {
    const { trouble, diskFullUntilMs, time } = world
    const isTroubled = trouble.unwritten > 0 || time.nowMs < diskFullUntilMs + heededWithinMs.troubled
    const withinMs = isTroubled ? heededWithinMs.troubled : heededWithinMs.calm
    const { paused, cancel } = law.asked(id)
    for (const what of [paused ? `pause ${id}` : '', cancel ? `cancel ${id}` : '']) {
      const sinceMs = truth.askedSinceMs.get(what)
      const heedsMs = sinceMs === undefined ? 0 : of.couldHeedMs(sinceMs)
      world.must(heedsMs <= withinMs, 'what is asked of a run is heeded', `${what}, ${heedsMs} ms ago`)
    }
    const [now, before] = [gateOf(id, 0), gateOf(id, withinMs)]
    const closed = now?.open === false && before?.open === false && of.couldHeedMs(0) > withinMs
    world.must(!closed, 'no call is begun outside of the schedule', `run ${id}`)
  }

  /** Counts a call by a route with a quota; true if it was to be counted and was not. */
  function checkQuota(key: string, { run, route, counted, messageIds }: ParcelIntent): boolean {
    const warmup = journal.run(run)?.delivery.routes.find(each => each.name === route)?.warmup ?? null
    if (warmup === null || counted === undefined) return warmup !== null
    const { messages, earlierDays } = truth.count(counted.account, counted.day, key, messageIds.length)
    // Two senders may both see the last place that is left.
    const isAlone = truth.sentOn.get(counted.account)?.keys.size === 1
    const most = quotaOn(warmup, earlierDays)
    const detail = `${route} on ${counted.day}: ${messages} of ${most}`
    world.must(!isAlone || messages <= most, 'no more are sent on a day than its quota', detail)
    return false
  }

  function begun(attempt: number, key: string, parcel: ParcelIntent): void {
    const people = law.addresses(parcel.messageIds) as [number, Address][]
    const inOrder = parcel.messageIds.flatMap(id => people.filter(([each]) => each === id))
    world.must(law.isOpen(parcel.run), 'a run that is over begins no call', `run ${parcel.run}`)
    checkHeeded(parcel.run)
    const isUncounted = checkQuota(key, parcel)
    const heldBack = truth.canaries.has(parcel.run) ? law.others(parcel.messageIds) : []
    world.must(heldBack.length === 0, 'nobody is mailed before the canaries have been', `messages ${heldBack}`)
    for (const [id, address] of inOrder) {
      const unsure = truth
        .handoversTo(key, address)
        .find(each => !truth.isSpokenFor(each) && each.written !== 'queued' && each.written !== 'failed')
      world.must(
        unsure === undefined,
        'who may have been taken is not handed over again',
        `${address}, message ${id}: attempt ${attempt} after ${unsure?.call.attempt}`,
      )
      world.must(!truth.suppressedSinceMs.has(address), 'who is suppressed is not handed over', address)
    }
    truth.begun(
      { attempt, run: parcel.run, key, route: parcel.route, by: of.number, begunAtMs: world.time.nowMs, isUncounted },
      inOrder,
    )
    law.checkBegun(attempt, parcel.messageIds)
    of.say(`begins attempt ${attempt} by ${parcel.route}: ${inOrder.map(([, address]) => address).join(' ')}`)
  }

  function settled({ attempt, settlements }: SettledParcel): void {
    const call = truth.calls.get(attempt)
    if (call === undefined) return
    for (const { messageId, settlement } of settlements) {
      const handover = call.handovers.find(each => each.messageId === messageId)
      if (handover === undefined) continue
      world.must(
        isTrue(handover, settlement.to),
        'what is written is what was answered',
        `${handover.address}, attempt ${attempt}: ${settlement.to}, answered ${handover.answer}`,
      )
      handover.written = settlement.to
      handover.writtenAtMs = world.time.nowMs
      if (settlement.to === 'in doubt') figures.doubts += 1
      if (settlement.to === 'failed' && settlement.suppress) suppressed([handover.address])
    }
    law.checkSettled(attempt)
    const said = settlements.map(({ settlement }) => settlement.to)
    of.say(`settles attempt ${attempt}${call.givenUp ? ', late' : ''}: ${said.join(' ')}`)
  }

  function said(run: RunId, messageId: number, settlement: DoubtSettlement): void {
    const key = journal.run(run)?.key ?? ''
    const last = truth.handoversOf(messageId).at(-1)
    if (last === undefined) return
    const { address } = last
    const taken = truth.handoversOf(messageId).some(each => each.takes > 0 || each.isReplayed)
    if (settlement.to === 'accepted') {
      if (settlement.by !== 'operator') world.must(taken, 'a provider that has it has taken it', address)
      truth.say(key, address, 'accepted')
    } else if (settlement.to === 'failed') truth.say(key, address, 'failed')
    else if (settlement.by === 'asked') {
      // What an earlier call by another route has come to was for the operator to say.
      const hasIt = last.takes > 0 || last.isReplayed
      world.must(!hasIt, 'a provider that has it not has not taken it', address)
      truth.say(key, address, 'not taken')
    } else {
      truth.say(key, address, 'resend')
      figures.resends += 1
    }
  }

  function suppressed(addresses: readonly string[]): void {
    for (const each of addresses) {
      if (!truth.suppressedSinceMs.has(each)) truth.suppressedSinceMs.set(each, world.time.nowMs)
    }
  }
}

/** What a full disk or a network drive that stutters makes of a write. */
export function unwritten(what: string): UserError {
  return new UserError(`the journal cannot be written: ${what}`, { exitCode: exitCode.stopped })
}
