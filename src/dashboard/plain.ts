/** Plain lines for pipes and logs: what changes, and the figures every ten seconds. */

import type { Notice } from '../model/notice.ts'
import { waitSentence } from '../model/wait.ts'
import { count, terminalSafe } from '../model/words.ts'
import type { CiLog } from './ci-log.ts'
import { outlook, outlookWords } from './figures.ts'
import { noticeLine } from './notice-line.ts'
import { advance, noProgress, ratePerSecond, settled } from './progress.ts'
import { noView, viewed, withWaiting } from './view-state.ts'
import type { TextSink, Watcher } from './watcher.ts'

const figuresEveryMs = 10_000
const readingEvery = 25_000
/** What is only looked at every ten seconds need not be taken in one by one. */
const takenTogether = 500

/** On a build server, what happens between the start and the end of a delivery is folded. */
export function plainWatcher(out: TextSink, log: CiLog | null = null): Watcher {
  let isOpen = false
  let progress = noProgress
  let view = noView
  let untaken: Notice[] = []
  let saidMs = 0
  let saidRows = 0
  return {
    reading(rows) {
      if (rows - saidRows < readingEvery) return
      saidRows = rows
      out.write(`reading the list: ${count(rows)} rows\n`)
    },
    notify(notice: Notice) {
      progress = advance(progress, notice)
      untaken.push(notice)
      if (untaken.length >= takenTogether) takeIn()
      if (notice.type === 'started') {
        saidMs = notice.atMs
        open(notice.campaign)
      }
      const line = noticeLine(notice)
      if (line !== undefined) out.write(`${line}\n`)
      if (notice.type === 'settled' && notice.atMs - saidMs >= figuresEveryMs) {
        saidMs = notice.atMs
        out.write(`${figures()}\n`)
      }
      if (notice.type === 'ended') close()
    },
    waiting(sites) {
      takeIn()
      view = withWaiting(view, sites)
    },
    close,
  }

  function takeIn(): void {
    view = viewed(view, untaken)
    untaken = []
  }

  function open(campaign: string): void {
    if (log === null) return
    out.write(log.open(`mailblast sends ${terminalSafe(campaign)}`, progress.atMs))
    isOpen = true
  }

  function close(): void {
    if (log === null || !isOpen) return
    out.write(log.close(progress.atMs))
    isOpen = false
  }

  function figures(): string {
    takeIn()
    const rate = ratePerSecond(progress)
    const parts = [
      `${count(settled(progress))} of ${count(progress.toSend)}`,
      `${count(Math.round(rate))}/s`,
      `accepted ${count(progress.accepted)}`,
      `failed ${count(progress.failed)}`,
    ]
    if (progress.inDoubt > 0) parts.push(`in doubt ${count(progress.inDoubt)}`)
    if (progress.deferrals > 0) parts.push(`put back ${count(progress.deferrals)}`)
    const left = outlook(view)
    if (left.kind === 'between') parts.push(outlookWords(left))
    // The run's own wait stands first, then those of its routes, then the longest of its sites'.
    const wait = view.standing?.waits[0]
    if (wait !== undefined) parts.push(waitSentence(wait))
    return parts.join(' · ')
  }
}
