/**
 * What the operator's commands do with engine and journal, as the command line has them do it: the list becomes a run,
 * the run is opened, delivered and concluded, all of it under a lease that is held.
 */

import { holding } from '../../../src/cli/holding.ts'
import { messageIdFor } from '../../../src/content/identity.ts'
import type { Fill } from '../../../src/engine/attempt.ts'
import { deliver } from '../../../src/engine/deliver.ts'
import { enqueue, type RowBatch, sitesByDomain } from '../../../src/engine/enqueue.ts'
import { settleByAsking } from '../../../src/engine/settle.ts'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import type { Address } from '../../../src/model/address.ts'
import type { DeliverySettings } from '../../../src/model/campaign.ts'
import type { Edition } from '../../../src/model/edition.ts'
import { UserError } from '../../../src/model/errors.ts'
import type { DoubtSettlement, RunId } from '../../../src/model/message.ts'
import type { Run } from '../../../src/model/run.ts'
import { address, pacing } from './people.ts'
import type { Command, SimulatedProcess } from './process.ts'

export interface SendPlan {
  readonly key: string
  readonly delivery: DeliverySettings
  readonly batches: readonly RowBatch[]
  /** How long the operator thinks before saying yes; below zero: says no. */
  readonly thinksMs: number
  readonly takeOver: boolean
}

export function send(plan: SendPlan): Command {
  return async process => {
    const journal = process.journal()
    const context = process.context()
    await holding(journal, plan.key, plan.takeOver, context, async lease => {
      const run = await prepare(process, journal, plan)
      if (run === undefined) return
      await deliverRun(process, journal, run, lease, () => journal.openRun(run))
    })
  }
}

export interface ResumePlan {
  readonly run: RunId
  readonly takeOver: boolean
}

export function resume(plan: ResumePlan): Command {
  return process =>
    withRun(process, plan, (journal, run, lease) => deliverRun(process, journal, run.id, lease, () => undefined))
}

export function retryFailed(plan: ResumePlan): Command {
  return process =>
    withRun(process, plan, (journal, run, lease) =>
      deliverRun(process, journal, run.id, lease, () => {
        journal.requeueFailed(run.id, { classes: null, nowMs: process.clock.nowMs() })
      }),
    )
}

export function cancel(plan: ResumePlan): Command {
  return process =>
    withRun(process, plan, async (journal, run) => {
      const nowMs = process.clock.nowMs()
      journal.recover(run.id, nowMs)
      journal.cancelRun(run.id, nowMs)
    })
}

/** Settles by asking providers, or by the operator's word of some or all in doubt. */
export function settle(plan: ResumePlan & { readonly says: 'ask' | 'accepted' | 'failed' | 'resend' }): Command {
  return process =>
    withRun(process, plan, async (journal, run, lease) => {
      journal.recover(run.id, process.clock.nowMs())
      if (plan.says === 'ask') return askProviders(process, journal, run, lease)
      const settlement: DoubtSettlement =
        plan.says === 'accepted'
          ? { to: 'accepted', by: 'operator', providerId: null }
          : plan.says === 'failed'
            ? { to: 'failed', by: 'operator' }
            : { to: 'queued', by: 'resent' }
      const share = process.chance.fraction()
      const everybody = [...journal.inDoubt(run.id)].map(each => ({ messageId: each.id, settlement }))
      const chosen = process.chance.has(0.5) ? everybody : everybody.filter(() => process.chance.has(share))
      if (chosen.length === 0) return
      const say = (): void => void journal.settleDoubts(lease, run.id, chosen, process.clock.nowMs())
      if (plan.says === 'resend') await deliverRun(process, journal, run.id, lease, say)
      else say()
    })
}

/** What is asked of whoever sends a run; it need not be owned for that. */
export function ask(run: RunId, what: 'pause' | 'go on' | 'cancel' | 'other paces'): Command {
  return async process => {
    const journal = process.deskJournal()
    const asked = journal.run(run)
    if (asked?.state !== 'open') return
    const atMs = process.clock.nowMs()
    if (what === 'pause') journal.setPaused(run, { by: 'operator', why: 'a typo', atMs })
    else if (what === 'go on') journal.setPaused(run, null)
    else if (what === 'cancel') journal.askToCancel(run)
    else journal.setPacing(run, pacing(asked.delivery, process.chance))
  }
}

export function suppress(people: readonly Address[]): Command {
  return async process => {
    const atMs = process.clock.nowMs()
    const reason = process.chance.pick(['manual', 'complaint'] as const)
    process.deskJournal().suppress(people.map(each => ({ address: each, reason, source: 'a note', atMs })))
    process.say(`suppresses ${people.join(' ')}`)
  }
}

export function unsuppress(people: readonly Address[]): Command {
  return async process => {
    process.deskJournal().unsuppress(people)
    process.say(`unsuppresses ${people.join(' ')}`)
  }
}

async function withRun(
  process: SimulatedProcess,
  plan: ResumePlan,
  work: (journal: Journal, run: Run, lease: Lease) => Promise<void>,
): Promise<void> {
  const journal = process.journal()
  const run = journal.run(plan.run)
  if (run === undefined) throw new UserError(`there is no run ${plan.run}`)
  await holding(journal, run.key, plan.takeOver, process.context(), lease => work(journal, run, lease))
}

/** The list becomes a run, or nothing is left of it. */
async function prepare(process: SimulatedProcess, journal: Journal, plan: SendPlan): Promise<RunId | undefined> {
  const { clock } = process
  journal.discardPreparing(plan.key)
  const { id } = journal.createRun({
    key: plan.key,
    campaignName: 'simulation',
    campaignFile: '/simulation/campaign.yml',
    edition,
    payloads: new Map(),
    delivery: plan.delivery,
    nowMs: clock.nowMs(),
  })
  const discard = (): void => {
    if (journal.run(id)?.state === 'preparing') journal.discardRun(id)
  }
  try {
    const { unserved } = await enqueue({
      run: id,
      journal,
      clock,
      batches: readSlowly(process, plan.batches),
      rehearse: async ({ fields }) =>
        fields['name'] === ''
          ? { ok: false, problem: { reason: 'cannot be rendered', detail: 'name is empty' } }
          : { ok: true, files: [] },
      sitesOf: sitesByDomain,
      zoneOf: () => ({ ok: true, zone: null }),
      routes: plan.delivery.routes,
      limit: Number.POSITIVE_INFINITY,
      reject: async () => undefined,
      progress: () => undefined,
    })
    if (unserved.count > 0) throw new UserError('no route serves some recipients')
    const { canary } = plan.delivery
    if (canary !== null) journal.chooseCanaries(id, Math.round(1 / canary.share))
    await clock.sleep(Math.abs(plan.thinksMs))
    const counts = journal.counts(id)
    process.say(`prepares run ${id}: ${counts.rows} rows, ${counts.waiting} to send`)
    if (plan.thinksMs >= 0 && counts.waiting > 0) return id
    discard()
    return undefined
  } catch (error) {
    discard()
    throw error
  }
}

async function* readSlowly(process: SimulatedProcess, batches: readonly RowBatch[]): AsyncIterable<RowBatch> {
  for (const batch of batches) {
    await process.clock.sleep(process.chance.spread(1, 3000))
    yield batch
  }
}

/** As `src/cli/delivering.ts`, with nobody watching and no report. */
async function deliverRun(
  process: SimulatedProcess,
  journal: Journal,
  id: RunId,
  lease: Lease,
  begin: () => void,
): Promise<void> {
  const { clock, chance } = process
  begin()
  const run = journal.run(id)
  if (run?.state !== 'open' && run?.state !== 'finished') throw new UserError(`run ${id} is ${run?.state}`)
  journal.recover(id, clock.nowMs())
  journal.setStopped(id, null)
  journal.setPaused(id, null)
  const ending = await deliver({
    run,
    lease,
    journal,
    routes: openRoutes(process, run),
    zone: () => 'UTC',
    fill: fillOf(process, run),
    clock,
    chance,
    patienceMs: chance.pick([0, 60_000, 60_000, 300_000, 900_000]),
    stopping: process.stopping.signal,
    abort: process.abort.signal,
    notify: () => undefined,
  })
  process.say(ending.kind === 'finished' ? 'has finished' : `has stopped: ${ending.why}, ${ending.detail}`)
  if (ending.kind === 'stopped' && ending.why === 'taken over') return
  if (ending.kind === 'finished' && journal.finishRun(id, clock.nowMs())) return
  const nowMs = clock.nowMs()
  if (ending.kind === 'stopped' && ending.why === 'cancelled') {
    journal.cancelRun(id, nowMs)
    return
  }
  if (ending.kind === 'stopped' && ending.why === 'guard')
    journal.setPaused(id, { by: 'guard', why: ending.detail, atMs: nowMs })
  const { detail: reason, nextDueAtMs: untilMs } =
    ending.kind === 'stopped' ? ending : { detail: 'somebody is still waiting', nextDueAtMs: null }
  journal.setStopped(id, { reason, wait: untilMs === null ? null : { nowMs, untilMs } })
}

async function askProviders(process: SimulatedProcess, journal: Journal, run: Run, lease: Lease): Promise<void> {
  process.repeats = true
  const result = await settleByAsking({
    journal,
    lease,
    run,
    routes: openRoutes(process, run),
    unasked: new Map(),
    fill: fillOf(process, run),
    messageIdOf: to => messageIdFor(run.key, to, edition.from.address),
    clock: process.clock,
    patienceMs: process.chance.pick([0, 120_000]),
    signal: process.stopping.signal,
    notify: () => undefined,
  })
  const { acceptedByAsking, acceptedByRepeating, queued } = result
  process.say(`asked: ${acceptedByAsking} taken, ${acceptedByRepeating} repeated, ${queued} not taken`)
}

function openRoutes(process: SimulatedProcess, run: Run) {
  const { accounts } = process.world
  const open = run.delivery.routes.flatMap(settings => {
    const account = accounts.find(each => each.name === settings.provider)
    return account === undefined ? [] : [{ settings, provider: account.open(process) }]
  })
  const sizes = open.map(({ settings, provider: { profile } }) => settings.concurrency * profile.batchMax)
  process.mostInCalls = sizes.reduce((sum, size) => sum + size, 0)
  return open
}

/** A message's content is a name; whoever has a file that has changed since cannot be filled. */
function fillOf(process: SimulatedProcess, run: Run): Fill {
  return async ({ id, address: to, fields }) => {
    if (fields['file'] === 'changed' && process.chance.has(0.5)) {
      return { kind: 'refused', scope: 'message', cause: { class: 'content', text: 'a file has changed' } }
    }
    return {
      id,
      to,
      messageId: messageIdFor(run.key, to, edition.from.address),
      run: run.id,
      subject: 'Hello',
      html: [],
      text: [fields['name'] ?? ''],
      headers: [],
      attachments: [],
    }
  }
}

const edition: Edition = {
  from: { address: address('news@acme.example') },
  replyTo: null,
  subject: 'Hello',
  html: null,
  text: { file: 'hello.txt', source: 'Hello {{name}}', layout: null },
  partials: {},
  headers: [],
  attachments: [],
  data: {},
  list: null,
  empty: 'error',
}
