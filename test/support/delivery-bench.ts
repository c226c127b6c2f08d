/** A whole delivery in virtual time: a real journal in a temporary folder, and providers that do what a script says. */

import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deliver } from '../../src/engine/deliver.ts'
import type { Delivery } from '../../src/engine/delivery.ts'
import { type DoubtSettling, type SettleProgress, type SettleResult, settleByAsking } from '../../src/engine/settle.ts'
import type { Journal, Lease } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import { type Address, domainOf, parseAddress } from '../../src/model/address.ts'
import type { DeliverySettings, RouteSettings } from '../../src/model/campaign.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { Edition, FilledMessage } from '../../src/model/edition.ts'
import { countsAddUp } from '../../src/model/message.ts'
import type { Ending, Notice } from '../../src/model/notice.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Run } from '../../src/model/run.ts'
import type { Schedule } from '../../src/model/schedule.ts'
import { siteOf } from '../../src/policy/sites.ts'
import type { Finding, Profile, Provider, Sought } from '../../src/providers/provider.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Nothing here asks what survives a power cut, so a disk that is slow to make sure need not be waited for. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export const minute = 60_000
export const hour = 60 * minute

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`)
  return parsed.address
}

/** One call that a scripted provider was given. */
export interface Call {
  readonly route: string
  readonly atMs: number
  readonly to: readonly string[]
}

/** What becomes of a parcel: an outcome for each, after so long. */
export type Script = (
  call: Call,
  signal: AbortSignal,
) => Outcome | Promise<Outcome | readonly Outcome[]> | readonly Outcome[]

/** What a provider says of one message that it is asked for. */
export type LookupScript = (sought: Sought, route: string) => Finding

export const accepted: Outcome = { kind: 'accepted', providerId: 'id' }

export function route(name: string, more: Partial<RouteSettings> = {}): RouteSettings {
  return {
    name,
    provider: name,
    rates: [],
    concurrency: 4,
    weight: 1,
    order: 1,
    senders: null,
    sites: null,
    batch: 'auto',
    warmup: null,
    options: {},
    ...more,
  }
}

export interface BenchSettings {
  readonly routes?: readonly RouteSettings[]
  readonly sites?: DeliverySettings['sites']
  readonly sitesBy?: DeliverySettings['sitesBy']
  readonly schedule?: Schedule
  /** Recipients' own zones, by address. */
  readonly zones?: Readonly<Record<string, string>>
  /** When it begins; with the year 2026 unless it is said. */
  readonly startMs?: number
  readonly retry?: DeliverySettings['retry']
  readonly stopWhen?: DeliverySettings['guard']['stopWhen']
  readonly profile?: Partial<Profile>
  /** Makes providers that can be asked; `profile.lookup` is `traces` unless it says otherwise. */
  readonly lookup?: LookupScript
  readonly takesMs?: number
  /** Whatever else the run is frozen with. */
  readonly delivery?: Partial<DeliverySettings>
  /** One in so many goes first; without it nobody does. */
  readonly canaryIn?: number
  /** A run that another process sends at the same time, from the same journal. */
  readonly beside?: DeliveryBench
}

export class DeliveryBench {
  readonly startMs: number
  readonly clock: VirtualClock
  readonly calls: Call[] = []
  /** Whom providers were asked for, question by question. */
  readonly asked: { readonly route: string; readonly atMs: number; readonly to: readonly string[] }[] = []
  readonly notices: Notice[] = []
  readonly progress: SettleProgress[] = []
  stopping = new AbortController()
  readonly abort = new AbortController()
  journal: Journal
  readonly run: Run
  lease: Lease
  readonly #folder = mkdtempSync(join(memory, 'mailblast-engine-'))
  readonly path: string
  readonly #key: string
  readonly #settings: BenchSettings
  #pid = 1

  constructor(addresses: readonly string[], settings: BenchSettings = {}) {
    this.#settings = settings
    this.startMs = settings.startMs ?? Date.UTC(2026, 0, 1)
    this.clock = settings.beside?.clock ?? new VirtualClock(this.startMs)
    const { clock } = this
    this.path = settings.beside?.path ?? join(this.#folder, 'journal.db')
    this.#key = settings.beside === undefined ? 'key' : 'other key'
    this.journal = this.#open()
    this.lease = this.acquire()
    this.run = this.journal.createRun({
      key: this.#key,
      campaignName: 'bench',
      campaignFile: '/bench/campaign.yml',
      edition,
      payloads: new Map(),
      delivery: {
        routes: settings.routes ?? [route('alpha')],
        sites: settings.sites ?? {},
        sitesBy: settings.sitesBy ?? 'domain',
        schedule: settings.schedule ?? null,
        retry: settings.retry ?? { delaysMs: [minute, 5 * minute], maxAgeMs: 72 * hour, classes: {} },
        guard: { stopWhen: settings.stopWhen ?? [], maxRecipients: null },
        thresholds: [],
        priority: 'bulk',
        canary: null,
        ...settings.delivery,
      },
      nowMs: clock.nowMs(),
    })
    const recipients = addresses.map(address).map((each, index) => {
      const zone = settings.zones?.[each] ?? null
      return { address: each, line: index + 2, fields: {}, site: siteOf(domainOf(each)), files: [], zone }
    })
    this.journal.enqueue(this.run.id, { recipients, skipped: [], problems: [], nowMs: clock.nowMs() })
    if (settings.canaryIn !== undefined) this.journal.chooseCanaries(this.run.id, settings.canaryIn)
    this.journal.openRun(this.run.id)
  }

  /** Goes on as another process, which has nothing in hand and knows what is in the journal; the one before is gone. */
  restart(): void {
    this.journal.close()
    this.journal = this.#open()
    this.lease = this.acquire(++this.#pid)
    this.stopping = new AbortController()
    this.journal.recover(this.run.id, this.clock.nowMs())
  }

  #open(): Journal {
    const seed = this.#key
    return openJournal(this.path, {
      nowMs: () => this.clock.nowMs(),
      randomBytes: size => createHash('sha512').update(seed).digest().subarray(0, size),
    })
  }

  acquire(pid = this.#pid): Lease {
    const nowMs = this.clock.nowMs()
    const acquired = this.journal.acquire(this.#key, {
      mark: { host: 'here', space: 'here', pid, started: '' },
      nowMs,
      untilMs: nowMs + minute,
      isAlive: () => false,
    })
    if (!acquired.ok) throw new Error('the key is held')
    return acquired.lease
  }

  /** Delivers until the end, every call doing what the script says. */
  async deliver(script: Script, more: Partial<Delivery> = {}): Promise<Ending> {
    return this.clock.run(this.delivering(script, more))
  }

  /** Delivers for so long at most, and is stopped then. */
  async deliverFor(ms: number, script: Script, more: Partial<Delivery> = {}): Promise<Ending> {
    const over = new AbortController()
    void this.clock.sleep(ms, over.signal).then(() => over.signal.aborted || this.stopping.abort())
    const ending = await this.deliver(script, more)
    over.abort()
    return ending
  }

  /** As `deliver`, in a time that somebody else lets pass. */
  delivering(script: Script, more: Partial<Delivery> = {}): Promise<Ending> {
    const { journal, run, lease } = this
    const clock = more.clock ?? this.clock
    const routes = run.delivery.routes.map(settings => {
      return { settings, provider: this.#provider(settings.name, script, clock) }
    })
    return deliver({
      run: journal.run(run.id) ?? run,
      lease,
      journal,
      routes,
      zone: () => 'UTC',
      fill: async message => filled(message.id, message.address, run.id),
      clock,
      chance: { fraction: () => 0.5 },
      patienceMs: 15 * minute,
      stopping: this.stopping.signal,
      abort: this.abort.signal,
      notify: notice => this.notices.push(notice),
      ...more,
    })
  }

  /** Delivers as a process that is killed after so long: what it waits for then never comes, and the next one begins. */
  async deliverUntilKilled(script: Script, afterMs: number, more: Partial<Delivery> = {}): Promise<void> {
    const { clock } = this
    let isDead = false
    const mortal: Clock = {
      nowMs: () => clock.nowMs(),
      async sleep(ms, signal) {
        await clock.sleep(ms, signal)
        if (isDead) await new Promise(() => undefined)
      },
    }
    const death = clock.sleep(afterMs).then(() => {
      isDead = true
    })
    await clock.run(Promise.race([death, this.delivering(script, { ...more, clock: mortal })]))
    if (!isDead) throw new Error('it had come to its end before it was killed')
    this.restart()
  }

  /** Brings the next messages of the run in doubt: in calls of so many that a process left open when it died. */
  leaveOpen(count: number, { perCall = count, route: name = 'alpha' } = {}): void {
    const { journal, run, clock, lease } = this
    const nowMs = clock.nowMs()
    const ids = journal.claim(run.id, { dueByMs: nowMs, limit: count, after: null }).messages.map(each => each.id)
    for (let done = 0; done < ids.length; done += perCall)
      journal.begin(lease, [{ run: run.id, route: name, messageIds: ids.slice(done, done + perCall), nowMs }])
    journal.recover(run.id, nowMs)
  }

  /** Settles who is in doubt, every repeated call doing what the script says. */
  async settle(script: Script = () => accepted, more: Partial<DoubtSettling> = {}): Promise<SettleResult> {
    const { journal, run, lease, clock } = this
    return clock.run(
      settleByAsking({
        journal,
        lease,
        run: journal.run(run.id) ?? run,
        routes: run.delivery.routes.map(settings => ({
          settings,
          provider: this.#provider(settings.name, script, clock),
        })),
        unasked: new Map(),
        fill: async message => filled(message.id, message.address, run.id),
        messageIdOf,
        clock,
        patienceMs: 0,
        signal: this.abort.signal,
        notify: progress => this.progress.push(progress),
        ...more,
      }),
    )
  }

  #provider(name: string, script: Script, clock: Clock): Provider {
    const { calls, asked } = this
    const { takesMs = 10, lookup } = this.#settings
    const canBeAsked = lookup === undefined ? 'no' : 'traces'
    const profile: Profile = { ...plainProfile, name, lookup: canBeAsked, ...this.#settings.profile }
    return {
      profile,
      fits: messages => Math.min(messages.length, profile.batchMax),
      async send(parcel, signal) {
        const call = { route: name, atMs: clock.nowMs(), to: parcel.map(each => each.to) }
        calls.push(call)
        await clock.sleep(takesMs, signal)
        const said = await script(call, signal)
        return Array.isArray(said) ? said : parcel.map(() => said as Outcome)
      },
      ...(lookup === undefined
        ? {}
        : {
            async lookup(sought: readonly Sought[]) {
              asked.push({ route: name, atMs: clock.nowMs(), to: sought.map(each => each.to) })
              await clock.sleep(takesMs)
              return sought.map(each => lookup(each, name))
            },
          }),
      close: async () => undefined,
    }
  }

  /** The run's figures in one line, after checking that they add up. */
  figures(): string {
    const counts = this.journal.counts(this.run.id)
    if (!countsAddUp(counts)) throw new Error(`the counts do not add up: ${JSON.stringify(counts)}`)
    const { accepted: ok, failed, inDoubt, waiting, skipped } = counts
    return `accepted ${ok}, failed ${failed}, in doubt ${inDoubt}, waiting ${waiting}, skipped ${skipped}`
  }

  /** Minutes since the beginning at which an address was in a call. */
  minutesOf(to: string): number[] {
    return this.calls.filter(call => call.to.includes(to)).map(call => Math.round((call.atMs - this.startMs) / minute))
  }

  close(): void {
    this.journal.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const plainProfile: Profile = {
  name: 'alpha',
  title: 'scripted',
  delivers: true,
  batchMax: 1,
  rateCounts: 'messages',
  messageMaxBytes: 1_000_000,
  idempotency: { kind: 'none' },
  lookup: 'no',
  guarantee: 'none',
  defaultConcurrency: 4,
}

const edition: Edition = {
  from: { address: address('news@example.com') },
  replyTo: null,
  subject: 'Hello',
  html: null,
  text: { file: 'hello.txt', source: 'Hello', layout: null },
  partials: {},
  headers: [],
  attachments: [],
  data: {},
  list: null,
  empty: 'error',
}

export function messageIdOf(to: Address): string {
  return `<${to}>`
}

function filled(id: number, to: Address, run: string): FilledMessage {
  return {
    id,
    to,
    messageId: messageIdOf(to),
    run,
    subject: 'Hello',
    html: [],
    text: [],
    headers: [],
    attachments: [],
  }
}
