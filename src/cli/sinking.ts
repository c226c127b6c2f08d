/** What `mailblast sink` does: it starts a sink, says where it is and what happens in it, and ends when it is told to. */

import { resolve } from 'node:path'
import { problemsError } from '../intake/problems.ts'
import { schemaProblems } from '../intake/schema-problems.ts'
import { readYaml } from '../intake/yaml-file.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import { count, plural } from '../model/words.ts'
import type { LedgerEntry } from '../sink/ledger.ts'
import { type LedgerFile, openLedgerFile, standardLedger } from '../sink/ledger-file.ts'
import type { Rule } from '../sink/rule.ts'
import { parseRuleText } from '../sink/rule-text.ts'
import { rulesFileSchema } from '../sink/rules.ts'
import { type Sink, type SinkOptions, startSink } from '../sink/sink.ts'
import { sinkVendors } from '../sink/vendors.ts'
import type { SinkFlags } from './commands/sink.ts'
import type { Context } from './context.ts'

const saysEveryMs = 1000
/** Seeds that are drawn are short enough to be typed. */
const seedsMax = 1_000_000

/** Runs until an interrupt. Throws UserError for rules, ports or a ledger that cannot be used. */
export async function sink(flags: SinkFlags, context: Context): Promise<ExitCode> {
  const rules = await rulesOf(flags, context)
  const seed = flags.seed ?? Math.floor(context.chance.fraction() * seedsMax)
  const ledger = ledgerOf(flags, context)
  const say = (text: string) => {
    if (flags.quiet !== true) context.stderr.write(text)
  }
  const figures = new Figures()
  const stop = new AbortController()
  const off = context.onInterrupt(() => stop.abort(null))
  try {
    const keep = keeping(ledger, error => stop.abort(error))
    const started = await start(flags, {
      rules,
      seed,
      clock: context.clock,
      onAccepted(entries) {
        keep(entries)
        figures.accepted(entries)
      },
      watch: event => {
        if (event.phase !== 'answered' && event.misbehaviour !== null) figures.misbehaved(event.misbehaviour)
      },
    })
    say(greeting(started, rules.length, seed))
    await sayFigures(figures, say, context, stop.signal)
    await started.close()
    say(`mailblast sink: ended. ${figures.inWords()}\n`)
  } finally {
    off()
    ledger.close()
  }
  // Either it was told to end, or the ledger could not be written. One whose reader has gone, as `head` goes, is `EPIPE`,
  // of which nothing is said.
  if (stop.signal.reason !== null) throw stop.signal.reason
  return exitCode.done
}

async function rulesOf(flags: SinkFlags, context: Context): Promise<readonly Rule[]> {
  const single = (flags.rule ?? []).map(text => parseRuleText(text))
  return flags.rules === undefined ? single : [...(await rulesIn(resolve(context.cwd, flags.rules))), ...single]
}

async function rulesIn(path: string): Promise<readonly Rule[]> {
  const file = await readYaml(path, 'rules:')
  const read = rulesFileSchema.safeParse(file.value)
  if (read.success) return read.data.rules
  throw problemsError(schemaProblems(read.error.issues, { value: file.value, at: [], schema: rulesFileSchema }), file)
}

function ledgerOf({ ledger }: SinkFlags, { cwd, stdout, standStill }: Context): LedgerFile {
  return ledger === undefined
    ? standardLedger(stdout.descriptor, standStill)
    : openLedgerFile(resolve(cwd, ledger), standStill)
}

/** Writes entries into the ledger. If that fails, nobody may be told of them, and the sink ends. */
function keeping(ledger: LedgerFile, failed: (error: unknown) => void): (entries: readonly LedgerEntry[]) => void {
  return entries => {
    try {
      ledger.append(entries)
    } catch (error) {
      failed(error)
      throw error
    }
  }
}

async function start(flags: SinkFlags, options: SinkOptions): Promise<Sink> {
  const { smtpPort, httpPort } = flags
  if (smtpPort === httpPort && smtpPort !== 0)
    throw new UserError('both are the same port', { where: '--smtp-port and --http-port', remedy: 'Give two ports.' })
  try {
    return await startSink({ ...options, smtpPort, httpPort })
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number }
    const where = port === smtpPort ? '--smtp-port' : '--http-port'
    if (code === 'EADDRINUSE')
      throw new UserError(`port ${port} is in use already`, { where, remedy: `Give another one, or 0: ${where} 0` })
    if (code === 'EACCES')
      throw new UserError(`port ${port} may not be used by this user`, { where, remedy: 'Give one above 1023.' })
    throw error
  }
}

/** Where it is, and what to write into a campaign file to send to it. */
function greeting(started: Sink, rules: number, seed: number): string {
  const http = sinkVendors.map(
    ({ name, routeOptions }) => `    - { provider: ${name}, base_url: "${started.url(name)}", ${routeOptions} }`,
  )
  return [
    `mailblast sink: SMTP on 127.0.0.1:${started.smtpPort}, HTTP on 127.0.0.1:${started.httpPort}; it delivers to nobody`,
    rules === 0 ? '  no rules: it behaves' : `  ${plural(rules, 'rule')}, seed ${seed} (--seed ${seed} repeats it)`,
    '',
    'A route to it in campaign.yml, one of these; any API key will do:',
    '  routes:',
    `    - { provider: smtp, url: "${started.url('smtp')}" }`,
    ...http,
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n')
}

/** A line a second at most, and none while nothing happens. */
async function sayFigures(
  figures: Figures,
  say: (text: string) => void,
  { clock }: Context,
  stop: AbortSignal,
): Promise<void> {
  let said = figures.inWords()
  while (!stop.aborted) {
    await clock.sleep(saysEveryMs, stop)
    const now = figures.inWords()
    if (now !== said) say(`${now}\n`)
    said = now
  }
}

class Figures {
  readonly #accepted = new Map<string, number>()
  readonly #misbehaviours = new Map<string, number>()

  accepted(entries: readonly LedgerEntry[]): void {
    for (const { provider } of entries) add(this.#accepted, provider)
  }

  misbehaved(behaviour: string): void {
    add(this.#misbehaviours, behaviour)
  }

  /** `accepted 1,200 (smtp 1,000, sendgrid 200); misbehaved 12 times (lose-answer 12)`. */
  inWords(): string {
    const accepted = `accepted ${count(sum(this.#accepted))}${listed(this.#accepted)}`
    const times = sum(this.#misbehaviours)
    return times === 0 ? accepted : `${accepted}; misbehaved ${plural(times, 'time')}${listed(this.#misbehaviours)}`
  }
}

function add(figures: Map<string, number>, name: string): void {
  figures.set(name, (figures.get(name) ?? 0) + 1)
}

function sum(figures: ReadonlyMap<string, number>): number {
  return [...figures.values()].reduce((total, each) => total + each, 0)
}

function listed(figures: ReadonlyMap<string, number>): string {
  if (figures.size === 0) return ''
  return ` (${[...figures].map(([name, value]) => `${name} ${count(value)}`).join(', ')})`
}
