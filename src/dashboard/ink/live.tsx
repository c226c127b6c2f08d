/**
 * The live dashboard on a terminal. It takes the terminal's second screen while it runs and gives it back as it was, so that
 * what was there stays, and the report after it. Frames are drawn a few times a second however fast the run goes.
 */

import { render, useInput } from 'ink'
import type { Clock } from '../../model/clock.ts'
import { pacePerSecond } from '../figures.ts'
import { siteNames } from '../rows.ts'
import { type Ask, firstScreen, type Key, press } from '../screen.ts'
import { atTime, noView, type ViewState, viewed, withWaiting } from '../view-state.ts'
import type { Watcher } from '../watcher.ts'
import { Dashboard } from './dashboard.tsx'
import { coloured, colourless, ThemeProvider } from './theme.tsx'

export interface LiveTerminal {
  readonly out: NodeJS.WriteStream
  readonly in: NodeJS.ReadStream
  readonly clock: Clock
  readonly hasColours: boolean
  /** Calls back when the process ends, however it ends, until the returned function is called. */
  readonly onExit: (last: () => void) => () => void
}

/** What keys do beyond the screen, and what is said of it. `perSecond` is the pace of now. */
export type Steer = (ask: Ask, perSecond: number) => string

/** One that may also be given the state of things as somebody else has found it. */
export interface LiveWatcher extends Watcher {
  show(view: ViewState): void
  /** How many wait where, counted once: the notices say who does not any more. */
  waiting(sites: readonly { readonly site: string; readonly waiting: number }[]): void
}

/** Keys are answered at once; figures that change faster cannot be read. */
const frameMs = 500
const enterScreen = '\u001b[?1049h\u001b[H'
const leaveScreen = '\u001b[?1049l'

/** How many of the lines that were said are left on the terminal at the end: what a log would have shown. */
const leftLines = 20

/** `isOwn` is false for a run of another process, which keys do not steer. */
export function liveWatcher(terminal: LiveTerminal, steer: Steer, isOwn: boolean): LiveWatcher {
  const { out, clock } = terminal
  let view = noView
  let screen = firstScreen
  let waiting: Parameters<Watcher['notify']>[0][] = []
  const closing = new AbortController()
  out.write(enterScreen)
  const releaseExit = terminal.onExit(() => out.write(leaveScreen))
  const app = render(frame(), {
    stdout: out,
    stdin: terminal.in,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 1000 / frameMs,
  })
  const redraw = (): void => app.rerender(frame())
  out.on('resize', redraw)
  void draw()

  return {
    reading(rows) {
      view = { ...view, campaign: `reading the list: ${rows.toLocaleString('en-US')} rows` }
    },
    notify(notice) {
      waiting.push(notice)
    },
    show(next) {
      view = next
    },
    waiting(sites) {
      takeIn()
      view = withWaiting(view, sites)
    },
    close() {
      if (closing.signal.aborted) return
      closing.abort('over')
      out.off('resize', redraw)
      takeIn()
      app.unmount()
      releaseExit()
      out.write(leaveScreen)
      for (const { line } of view.said.slice(-leftLines)) out.write(`${line}\n`)
    },
  }

  async function draw(): Promise<void> {
    while (!closing.signal.aborted) {
      await clock.sleep(frameMs, closing.signal)
      if (closing.signal.aborted) return
      takeIn()
      view = atTime(view, clock.nowMs())
      redraw()
    }
  }

  function takeIn(): void {
    const notices = waiting
    waiting = []
    view = viewed(view, notices)
  }

  function frame() {
    return (
      <ThemeProvider value={terminal.hasColours ? coloured : colourless}>
        <Keyboard pressed={pressed} isThere={terminal.in.isTTY === true} />
        <Dashboard view={view} screen={screen} columns={out.columns || 80} rows={out.rows || 24} isOwn={isOwn} />
      </ThemeProvider>
    )
  }

  function pressed(key: Key): void {
    const next = press(screen, key, { sites: siteNames(view).length, isPaused: view.paused, isOwn })
    screen = next.screen
    if (next.ask !== null) screen = { ...screen, told: steer(next.ask, pacePerSecond(view)) }
    redraw()
  }
}

/** Reads keys, where there is a keyboard. A terminal that is read by keys says Ctrl-C as one. */
function Keyboard({ pressed, isThere }: { pressed: (key: Key) => void; isThere: boolean }) {
  useInput(
    (input, { upArrow, downArrow, return: isReturn, escape: isEscape, ctrl }) => {
      if (ctrl && input === 'c') pressed({ input: 'interrupt' })
      else if (upArrow) pressed({ input, name: 'up' })
      else if (downArrow) pressed({ input, name: 'down' })
      else if (isReturn) pressed({ input, name: 'return' })
      else if (isEscape) pressed({ input, name: 'escape' })
      else pressed({ input })
    },
    { isActive: isThere },
  )
  return null
}
