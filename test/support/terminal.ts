/** The program in a terminal: a pseudo-terminal by `script`, and a screen by the terminal of an editor, without a window. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { SerializeAddon } from '@xterm/addon-serialize'
import headless, { type Terminal } from '@xterm/headless'
import { plainEnv, program, type Workplace } from './mailblast.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Shown extends Size {
  readonly env?: Readonly<Record<string, string>>
}

/** A shell's command line is run before the program, and another after it, in the same terminal. */
export interface Around {
  readonly before?: string
  readonly after?: string
}

export class Screen {
  readonly #terminal: Terminal
  readonly #serializer = new SerializeAddon()
  readonly #child: ChildProcess
  readonly #place: Workplace
  #isCursorShown = true
  /** What `script` ended with, which is what the last command did. */
  readonly ended: Promise<number | null>

  constructor(place: Workplace, args: readonly string[], { columns, rows, env }: Shown, around: Around = {}) {
    this.#place = place
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      allowProposedApi: true,
    })
    this.#terminal.loadAddon(this.#serializer)
    for (const final of ['h', 'l']) {
      this.#terminal.parser.registerCsiHandler({ prefix: '?', final }, ([mode]) => {
        if (mode === 25) this.#isCursorShown = final === 'h'
        return false
      })
    }
    const words = [process.execPath, program, ...args].map(word => `'${word}'`).join(' ')
    const lines = [`stty rows ${rows} cols ${columns}; tty > tty`, around.before, `${words}; code=$?`, around.after]
    const all = [...lines.filter(line => line !== undefined), 'exit $code'].join('\n')
    place.write('in-terminal.sh', all)
    this.#child = spawn('script', ['-qec', 'sh in-terminal.sh', '/dev/null'], {
      cwd: place.folder,
      env: { ...plainEnv, SHELL: '/bin/sh', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.stdin?.on('error', () => undefined)
    // A terminal answers when it is asked where its cursor is, and the like.
    this.#terminal.onData(data => this.press(data))
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#terminal.write(chunk))
    this.ended = new Promise(resolve => {
      this.#child.on('close', code => this.#terminal.write('', () => resolve(code)))
    })
  }

  press(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  resize({ columns, rows }: Size): void {
    this.#terminal.resize(columns, rows)
    const terminal = readFileSync(this.#place.path('tty'), 'utf8').trim()
    execFileSync('stty', ['-F', terminal, 'rows', String(rows), 'cols', String(columns)])
  }

  /** Whether a program has its second screen, as editors do. */
  get isSecondScreen(): boolean {
    return this.#terminal.buffer.active.type === 'alternate'
  }

  get isCursorShown(): boolean {
    return this.#isCursorShown
  }

  /** What is seen, without the blanks at the end of lines. */
  text(): string {
    const { viewportY } = this.#terminal.buffer.active
    return this.#lines(viewportY, viewportY + this.#terminal.rows)
  }

  /** What is seen when one scrolls back to the beginning. */
  everything(): string {
    return this.#lines(0, this.#terminal.buffer.active.length)
  }

  /** The screen as a page, in colours. */
  html(): string {
    return this.#serializer.serializeAsHTML({ includeGlobalBackground: true, onlySelection: false, scrollback: 0 })
  }

  /** Waits until it is seen. Throws where it is not, after half a minute or when the program has ended. */
  async shows(what: string | RegExp): Promise<void> {
    const isThere = (): boolean => {
      const text = this.text()
      return typeof what === 'string' ? text.includes(what) : what.test(text)
    }
    let hasEnded = false
    void this.ended.then(() => {
      hasEnded = true
    })
    for (let looks = 0; looks < 600 && !isThere(); looks++) {
      if (hasEnded) break
      await delay(50)
    }
    if (!isThere())
      throw new Error(`${hasEnded ? 'it ended' : 'half a minute went by'} without ${what}:\n${this.text()}`)
  }

  /** Ends what still runs in it. */
  close(): void {
    this.#child.kill('SIGKILL')
  }

  #lines(from: number, to: number): string {
    const { active } = this.#terminal.buffer
    const lines = Array.from(
      { length: to - from },
      (_, index) => active.getLine(from + index)?.translateToString(true) ?? '',
    )
    return `${lines.join('\n').trimEnd()}\n`
  }
}
