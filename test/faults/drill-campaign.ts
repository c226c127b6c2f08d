/**
 * One campaign under fire: a folder, a sink with its ledger, and the real program run there again and again, killed or
 * not. It keeps count of who was in flight at each kill, and holds journal and ledger to the law.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { sameAddress } from '../../src/sink/conduct.ts'
import type { SinkEvent } from '../../src/sink/event.ts'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { ruleSchema } from '../../src/sink/rules.ts'
import { type Sink, startSink } from '../../src/sink/sink.ts'
import { asVersion1, type OpenCall, type Snapshot, snapshot } from './drill-journal.ts'
import { type Kill, shownKill } from './drill-kills.ts'
import {
  type Evidence,
  type Row,
  type Violation,
  violations,
  violationsAtTheEnd,
  violationsOnceSettled,
} from './drill-law.ts'
import { apiKey, type Ended, start } from './drill-process.ts'
import { largestCall, type Setup, writeCampaign } from './drill-setup.ts'

/** What a kill left behind. */
export interface Aftermath {
  /** False if the process ended by itself before the kill came. */
  readonly isKilled: boolean
  readonly ended: Ended
  readonly journal: Snapshot
  /** The calls that it had begun and that were open when it was killed. */
  readonly openCalls: readonly OpenCall[]
}

/** Something that must never be. Its message says who, and what journal and ledger say. */
export class DrillViolation extends Error {
  override readonly name = 'DrillViolation'
}

export async function openCampaign(setup: Setup): Promise<CampaignUnderFire> {
  const opened = new CampaignUnderFire(setup)
  await opened.open()
  return opened
}

export class CampaignUnderFire {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailblast-drill-'))
  readonly ledger: LedgerEntry[] = []
  /** Who was in a call that was open at a kill. */
  readonly inFlight = new Set<string>()
  /** Whose call was taken and then never answered, because a rule of the sink said so. */
  readonly answerLost = new Set<string>()
  /** What was done, one line each. */
  readonly story: string[] = []
  readonly #setup: Setup
  /** Calls that an earlier kill had left open stay so until somebody owns the key again. */
  readonly #knownCalls = new Set<number>()
  readonly #wanted: ReadonlyMap<string, string>
  #sink: Sink | undefined
  #watch: (event: SinkEvent) => void = () => undefined

  constructor(setup: Setup) {
    this.#setup = setup
    this.#wanted = new Map(setup.people.map(({ address, name }) => [address, `Hello ${name}`]))
  }

  async open(): Promise<void> {
    const { rules = [], seed = 0, answersAfterMs } = this.#setup
    const slow = answersAfterMs === 0 ? [] : [ruleSchema.parse({ do: 'slow', delay: `${answersAfterMs}ms` })]
    this.#sink = await startSink({
      rules: [...rules, ...slow],
      seed,
      onAccepted: entries => this.ledger.push(...entries),
      watch: event => {
        if (event.phase === 'taken' && event.misbehaviour === 'lose-answer')
          for (const address of event.to) this.answerLost.add(sameAddress(address))
        this.#watch(event)
      },
      apiKey,
      clock,
    })
    writeCampaign(this.folder, this.#setup, this.#sink)
  }

  /** A long list may take its time, and every answer that is lost lets a route rest for a second. */
  get #deadlineMs(): number {
    return 40_000 + this.#setup.people.length * 20
  }

  get journalPath(): string {
    return join(this.folder, '.mailblast', 'journal.db')
  }

  /** How many of the list are not in the ledger. */
  get left(): number {
    return this.#setup.people.length - this.ledger.length
  }

  /** What goes on with it: a run that was not opened cannot be resumed, and one that is over need not be. */
  get nextCommand(): 'send' | 'resume' | null {
    const { runs } = snapshot(this.journalPath)
    if (runs.some(({ state }) => state === 'open')) return 'resume'
    return runs.some(({ state }) => state === 'finished') ? null : 'send'
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Ended> {
    const ended = await start({ folder: this.folder, args, deadlineMs: this.#deadlineMs }).ended
    this.story.push(`${args.join(' ')}: exit ${ended.code}`)
    if (ended.code === 1 || ended.isKilled) throw this.#odd(args.join(' '), ended)
    return ended
  }

  /** Runs a command that is to be killed, and looks at the journal before anything else does. */
  async runKilled(kill: Kill, ...args: string[]): Promise<Aftermath> {
    if (kill.by === 'point' && kill.point === 'in-migration') asVersion1(this.journalPath)
    const { child, ended: ending } = start({ folder: this.folder, args, kill })
    const end = (): void => void child.kill('SIGKILL')
    let timer: NodeJS.Timeout | undefined
    let seen = 0
    this.#watch = ({ phase }) => {
      if (kill.by === 'phase' && phase === kill.phase && ++seen === kill.nth) end()
      if (kill.by === 'instant' && kill.from === 'first call') timer ??= setTimeout(end, kill.afterMs)
    }
    if (kill.by === 'instant' && kill.from === 'start') timer = setTimeout(end, kill.afterMs)
    const ended = await ending.finally(() => {
      clearTimeout(timer)
      this.#watch = () => undefined
    })
    const journal = snapshot(this.journalPath)
    const openCalls = journal.openCalls.filter(({ attempt }) => !this.#knownCalls.has(attempt))
    this.story.push(
      `${args.join(' ')}: ${ended.isKilled ? `killed ${shownKill(kill)}` : `exit ${ended.code}, before ${shownKill(kill)}`}; ` +
        `${openCalls.length} calls open, ${this.ledger.length} of ${this.#setup.people.length} taken`,
    )
    if (ended.code === 1) throw this.#odd(args.join(' '), ended)
    // It dies in the last of them, and what was done before that is there.
    if (kill.by === 'point' && kill.point === 'in-migration' && journal.version !== migrations.length - 1)
      throw this.violation(`killed in a migration, the journal has version ${journal.version}`)
    this.#checkOpenCalls(openCalls, ended)
    for (const { attempt, addresses } of openCalls) {
      this.#knownCalls.add(attempt)
      for (const each of addresses) this.inFlight.add(each)
    }
    return { isKilled: ended.isKilled, ended, journal, openCalls }
  }

  /** No more calls than the routes allow, none larger than a batch, and nobody in two of them or in one for a second time. */
  #checkOpenCalls(openCalls: readonly OpenCall[], { isKilled }: Ended): void {
    const { way, routes, concurrency } = this.#setup
    if (!isKilled && openCalls.length > 0) throw this.violation(`${openCalls.length} calls open, and nobody was killed`)
    const largest = largestCall(way)
    const callsMax = routes * concurrency
    if (openCalls.length > callsMax) throw this.violation(`${openCalls.length} calls open of ${callsMax}`)
    const tooLarge = openCalls.find(({ addresses }) => addresses.length > largest)
    if (tooLarge !== undefined)
      throw this.violation(`a call of ${tooLarge.addresses.length}, with batches of ${largest}`)
    const all = openCalls.flatMap(call => call.addresses)
    if (new Set(all).size !== all.length) throw this.violation('somebody is in two open calls')
    const again = all.filter(address => this.inFlight.has(address))
    if (again.length > 0) throw this.violation(`in flight again after a kill: ${again.join(', ')}`)
  }

  /** Everybody in doubt by the program's word, at this moment: exactly those in flight at the kills until now. */
  async checkNamedInDoubt(): Promise<void> {
    const { stdout, code } = await this.run('status', '--in-doubt', '--json')
    const lines = stdout.trim() === '' ? [] : stdout.trim().split('\n')
    const named = new Set(lines.map(line => (JSON.parse(line) as { address: string }).address))
    const unnamed = [...this.inFlight].filter(each => !named.has(each))
    const invented = [...named].filter(each => !this.inFlight.has(each))
    if (unnamed.length > 0) throw this.violation(`in flight at a kill, but not named in doubt: ${unnamed.join(', ')}`)
    if (invented.length > 0) throw this.violation(`named in doubt, but not in flight: ${invented.join(', ')}`)
    if (code !== (named.size > 0 ? 3 : 0)) throw this.violation(`status ends with ${code}, with ${named.size} in doubt`)
  }

  async checkFinished(): Promise<void> {
    this.#hold(violations(await this.evidence()))
  }

  async checkSettled(): Promise<void> {
    this.#hold(violationsOnceSettled(await this.evidence()))
  }

  async checkTheEnd(): Promise<void> {
    this.#hold(violationsAtTheEnd(await this.evidence()))
  }

  /** The report of the real program on every run, the ledger, and who was in flight. */
  async evidence(): Promise<Evidence> {
    const rows: Row[] = []
    for (const { id, state: runState } of snapshot(this.journalPath).runs) {
      // What a `send` that died while reading the list left behind is no run yet, and is removed by the next one.
      if (runState === 'preparing') continue
      const report = await this.run('report', id, '--format', 'csv')
      this.expectExit(report, [0, 3])
      for (const record of parse(report.stdout, { columns: true }) as Record<string, string>[]) {
        const { email = '', state = '', reason = '', message_id: messageId = '' } = record
        rows.push({ run: id, address: email, state, reason, messageId })
      }
    }
    return {
      wanted: this.#wanted,
      rows,
      ledger: this.ledger,
      inFlight: new Set([...this.inFlight, ...this.answerLost]),
    }
  }

  /** Fails with the story if a command did not end as it must. */
  expectExit(ended: Ended, expected: readonly number[]): void {
    if (ended.code === null || !expected.includes(ended.code)) throw this.#odd(this.story.at(-1) ?? '', ended)
  }

  #hold(found: readonly Violation[]): void {
    if (found.length === 0) return
    const shown = found
      .slice(0, 10)
      .map(
        ({ recipient, what, journal, ledger }) =>
          `${recipient}: ${what}\n    journal: ${journal}\n    ledger: ${ledger}`,
      )
    throw this.violation(`${found.length} recipients\n  ${shown.join('\n  ')}`)
  }

  #odd(what: string, { code, stdout, stderr }: Ended): DrillViolation {
    return this.violation(`${what} ended with ${code}:\n${stdout}${stderr}`)
  }

  /** What is thrown: what is wrong, where it can be looked at, and all that was done. */
  violation(what: string): DrillViolation {
    return new DrillViolation(`${what}\n  the campaign's folder: ${this.folder}\n  ${this.story.join('\n  ')}`)
  }

  async close(isKept: boolean): Promise<void> {
    await this.#sink?.close()
    if (!isKept) rmSync(this.folder, { recursive: true, force: true })
  }
}

const clock = {
  nowMs: Date.now,
  sleep: (ms: number, signal?: AbortSignal) =>
    delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
}
