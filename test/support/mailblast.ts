/** Runs the real program, as a user does, in a folder of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { countsAddUp } from '../../src/model/message.ts'
import { checkLines } from './json-lines.ts'

/**
 * What the program needs of the environment. The suite starts it some hundred times, so what Node has compiled once is kept
 * for all of them.
 */
export const plainEnv = {
  PATH: process.env['PATH'] ?? '',
  TZ: 'UTC',
  NODE_COMPILE_CACHE: join(tmpdir(), 'mailblast-compiled'),
}

export const program = fileURLToPath(new URL('../../bin/mailblast.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when stdout or stderr holds the text; fails if the process ends without having said it. */
  said(text: string): Promise<void>
}

/** A folder with files in it, and the program run there. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'mailblast-'))

  constructor(files: Readonly<Record<string, string | Buffer>> = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content)
  }

  write(name: string, content: string | Buffer): void {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  start(args: readonly string[], more: { env?: Record<string, string>; stdin?: string } = {}): Running {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...plainEnv, ...more.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(more.stdin ?? '')
    return watch(child)
  }

  /**
   * Starts the program in a terminal of its own. Killing the child takes the terminal away, and what the program then ends with
   * is the promise's value.
   */
  startInTerminal(args: readonly string[]): Running & { readonly afterwards: () => Promise<number> } {
    const words = [process.execPath, program, ...args].map(word => `'${word}'`).join(' ')
    // The session ends with its first shell, and the second stays, to write down what the program ended with.
    const inner = `trap : HUP; ${words}; echo $? > code.part; mv code.part code`
    const child = spawn('script', ['-qec', `sh -c "${inner.replaceAll('$', '\\$')}"; :`, '/dev/null'], {
      cwd: this.folder,
      env: { ...plainEnv, SHELL: '/bin/sh', TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.on('error', () => undefined)
    const afterwards = async (): Promise<number> => {
      while (!existsSync(this.path('code'))) await delay(20)
      return Number(readFileSync(this.path('code'), 'utf8'))
    }
    return { ...watch(child), afterwards }
  }

  run(args: readonly string[], more: { env?: Record<string, string>; stdin?: string } = {}): Promise<Finished> {
    return this.start(args, more).finished
  }

  remove(): void {
    // What was left running may still write there for a moment.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

function watch(child: ChildProcess): Running {
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  const heard = () => {
    for (const each of listeners) each()
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    heard()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    heard()
  })
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      try {
        checkLines(stdout)
        resolve({ code, signal, stdout, stderr })
      } catch (error) {
        reject(error)
      }
    })
  })
  return {
    child,
    finished,
    said: text =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void finished.then(() =>
          reject(new Error(`it ended without saying ${JSON.stringify(text)}:\n${stdout}${stderr}`)),
        )
      }),
  }
}

export interface JsonSummary {
  readonly run: string
  readonly outcome: string
  readonly counts: Readonly<
    Record<'rows' | 'accepted' | 'failed' | 'skipped' | 'in_doubt' | 'waiting' | 'row_problems', number>
  >
  readonly in_doubt: readonly { readonly address: string }[]
  readonly rejects_file: string | null
  readonly results_file: string | null
}

/** The last line of NDJSON output or a JSON report, after checking that its counts add up. */
export function summaryOf(stdout: string): JsonSummary {
  const text = stdout.startsWith('{\n') ? stdout : (stdout.trim().split('\n').at(-1) ?? '')
  const summary = JSON.parse(text) as JsonSummary & { type: string }
  const { rows, accepted, failed, skipped, in_doubt, waiting, row_problems } = summary.counts
  const counts = { rows, accepted, failed, skipped, inDoubt: in_doubt, waiting, rowProblems: row_problems }
  if (summary.type !== 'summary' || !countsAddUp(counts)) throw new Error(`not a summary that adds up: ${text}`)
  return summary
}
