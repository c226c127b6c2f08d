/** A progress bar for a terminal, with the lines of what changes above it. */

import type { Notice } from '../model/notice.ts'
import { count, duration } from '../model/words.ts'
import { noticeLine } from './notice-line.ts'
import { advance, noProgress, ratePerSecond, settled } from './progress.ts'
import type { Watcher } from './watcher.ts'

/** Loads cli-progress only when a bar is really shown. */
export async function barWatcher(out: NodeJS.WritableStream): Promise<Watcher> {
  const { default: cliProgress } = await import('cli-progress')
  let progress = noProgress
  let total = 0
  const bar = new cliProgress.SingleBar({
    stream: out,
    format: '{bar} {percentage}% · {figures}',
    barsize: 16,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // The library cuts its line to the terminal's width then, and leaves the terminal's own wrapping alone.
    linewrap: true,
    fps: 5,
    gracefulExit: false,
  })
  return {
    reading(rows) {
      out.write(`\r\x1b[Kreading the list: ${count(rows)} rows`)
    },
    notify(notice: Notice) {
      progress = advance(progress, notice)
      if (notice.type === 'started') total = progress.toSend
      if (notice.type === 'ended') return
      const line = noticeLine(notice)
      if (line !== undefined) say(line)
      else if (bar.isActive) bar.update(value(), { figures: figures() })
    },
    close() {
      bar.stop()
      out.write('\r\x1b[K')
    },
  }

  /** The bar goes back to where it began when it stops, so it is stopped before a line is said and begun again below. */
  function say(line: string): void {
    bar.stop()
    out.write(`\r\x1b[K${line}\n`)
    if (total > 0) bar.start(total, value(), { figures: figures() })
  }

  function value(): number {
    return Math.min(total, settled(progress))
  }

  function figures(): string {
    const rate = ratePerSecond(progress)
    const left = total - settled(progress)
    const parts = [`${count(settled(progress))}/${count(total)}`, `${count(Math.round(rate))}/s`]
    if (progress.failed > 0) parts.push(`${count(progress.failed)} failed`)
    if (progress.inDoubt > 0) parts.push(`${count(progress.inDoubt)} in doubt`)
    if (rate > 0 && left > 0) parts.push(`${duration((left / rate) * 1000)} left`)
    return parts.join(' · ')
  }
}
