/**
 * What a command has to do with the world: time, chance, environment, streams, signals, other processes. This is the only
 * place that chooses their implementations; everything else is given them.
 */

import { randomBytes } from 'node:crypto'
import { hostname, uptime } from 'node:os'
import { isatty } from 'node:tty'
import type { Journal } from '../journal/journal.ts'
import type { JournalOptions } from '../journal/open.ts'
import type { Chance, Clock } from '../model/clock.ts'
import type { ProcessMark } from '../model/run.ts'
import { isRunning, processMark } from './process-mark.ts'
import { steadyClock } from './steady-clock.ts'

export interface Output {
  write(text: string): boolean
  /** Resolves when what was written has been taken, or cannot be. */
  flush(): Promise<void>
  /** Why something could not be written, such as ENOSPC; null also where whoever reads has gone away, and has read enough. */
  readonly lost: string | null
  readonly isTerminal: boolean
  /** For what must be out before anything else happens. */
  readonly descriptor: number
  readonly stream: NodeJS.WriteStream
}

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The machine's time zone, by whatever name it has for it. It takes a moment to find out, so only who needs it asks. */
  readonly machineZone: () => string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Output
  readonly stderr: Output
  readonly clock: Clock
  /** What the system's clock says, right or wrong: for leases alone, which other processes compare with theirs. */
  readonly wallNowMs: () => number
  /** Stops the whole process, signals and all, for so many milliseconds. */
  readonly standStill: (ms: number) => void
  readonly chance: Chance
  readonly randomBytes: (count: number) => Buffer
  /** This process, as a journal's owner. */
  readonly mark: ProcessMark
  /** Whether another process of this one's space still runs. */
  readonly isAlive: (mark: ProcessMark) => boolean
  readonly openJournal: (path: string, options: JournalOptions) => Promise<Journal>
  /** Calls back at every SIGINT and SIGTERM, and when the terminal is gone, until the returned function is called. */
  readonly onInterrupt: (told: () => void) => () => void
  /** Loads a module as for production: what it makes for developers alone would cost time and memory all along. */
  readonly loadForProduction: <Module>(load: () => Promise<Module>) => Promise<Module>
  /** Calls back when the process ends, however it does but by being killed, until the returned function is called. */
  readonly onExit: (last: () => void) => () => void
  /** Calls back at every SIGHUP that somebody has sent, until the returned function is called. */
  readonly onReload: (told: () => void) => () => void
}

export function processContext(): Context {
  return {
    env: process.env,
    cwd: process.cwd(),
    machineZone,
    stdin: process.stdin,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    clock: systemClock(),
    wallNowMs: Date.now,
    standStill: ms => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
    chance: { fraction: Math.random },
    randomBytes,
    mark: processMark(hostname(), process.pid),
    isAlive: mark => isRunning(mark, isThere),
    // SQLite takes a moment to load, and not every command needs it.
    openJournal: async (path, options) => (await import('../journal/open.ts')).openJournal(path, options),
    loadForProduction,
    onExit,
    onInterrupt,
    onReload,
  }
}

function machineZone(): string {
  // It is undefined where the machine's setting stands for no zone, which its type does not say.
  const zone: string | undefined = Intl.DateTimeFormat().resolvedOptions().timeZone
  return zone ?? ''
}

/** The longest a timer can be set for; a longer sleep is done in pieces by whoever asks again. */
const longestTimerMs = 2 ** 31 - 1

function systemClock(): Clock {
  return {
    nowMs: steadyClock({
      wallMs: Date.now,
      tickMs: () => performance.now(),
      uptimeMs: () => uptime() * 1000,
    }),
    sleep: (ms, signal) =>
      new Promise(resolve => {
        if (signal?.aborted === true) return resolve()
        const over = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', over)
          resolve()
        }
        const timer = setTimeout(over, Math.min(ms, longestTimerMs))
        signal?.addEventListener('abort', over)
      }),
  }
}

/**
 * Whoever reads may go away, or the disk behind it may be full: what is said is then lost, but a delivery is never broken
 * off for it. What was sent is in the journal.
 */
function output(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  let lost: string | null = null
  stream.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') lost ??= code
  })
  return {
    write: text => stream.write(text),
    get lost() {
      return lost
    },
    // It is called back also where nothing can be written any more.
    flush: () => new Promise(resolve => stream.write('', () => resolve())),
    isTerminal: stream.isTTY === true,
    descriptor: stream.fd,
    stream,
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user cannot be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** React looks at `NODE_ENV` once, when it is loaded; commands that are started later must not inherit it. */
async function loadForProduction<Module>(load: () => Promise<Module>): Promise<Module> {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    return await load()
  } finally {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  }
}

function onExit(last: () => void): () => void {
  process.on('exit', last)
  return () => process.off('exit', last)
}

function onInterrupt(told: () => void): () => void {
  return onSignals({ SIGINT: told, SIGTERM: told, SIGHUP: () => isHungUp() && told() })
}

function onReload(told: () => void): () => void {
  return onSignals({ SIGHUP: () => isHungUp() || told() })
}

function onSignals(listeners: Partial<Record<NodeJS.Signals, () => unknown>>): () => void {
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener)
  }
}

const terminals = [0, 1, 2].filter(descriptor => isatty(descriptor))

/** The system says SIGHUP when it takes a terminal away, and then it is none any more; otherwise somebody has sent it. */
function isHungUp(): boolean {
  return terminals.some(descriptor => !isatty(descriptor))
}
