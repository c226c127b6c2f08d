/** What became of a run in one line, and what else must be seen first. */

import type { SkipReason } from '../model/recipient.ts'
import { count, moment, plural, terminalSafe } from '../model/words.ts'
import type { Summary } from './summary.ts'

export interface Headline {
  /** `✓` all is well, `!` it is not, `…` it goes on. */
  readonly mark: '✓' | '!' | '…'
  /** `done, 12,000 of 12,205 messages accepted`; follows the name of the campaign. */
  readonly text: string
  readonly notes: readonly string[]
}

/** Times are said in a zone, or else in the reader's. */
export function headline({ overview, tally, outcome, thresholds }: Summary, nowMs: number, zone?: string): Headline {
  const { run, nextDueAtMs } = overview
  const { counts } = tally
  const skippedHere = (reason: SkipReason): number => tally.skipped.find(each => each.reason === reason)?.count ?? 0
  const givenUp = skippedHere('cancelled') + skippedHere('superseded')
  const toSend = counts.rows - counts.skipped - counts.rowProblems + givenUp
  const accepted = `${count(counts.accepted)} of ${plural(toSend, 'message')} accepted`
  if (outcome === 'unfinished') {
    const notes: string[] = []
    if (run.stopped !== null) notes.push(`stopped: ${terminalSafe(run.stopped, 500)}`)
    if (nextDueAtMs !== null && nextDueAtMs > nowMs) notes.push(`next due: ${moment(nextDueAtMs, zone)}`)
    return { mark: '…', text: `not finished, ${plural(counts.waiting, 'recipient')} still waiting`, notes }
  }
  const crossed = thresholds.filter(each => each.isCrossed).length
  const crossedWords = crossed === 0 ? '' : `${plural(crossed, 'threshold')} crossed`
  if (outcome === 'done') {
    const text = [`done, ${toSend > 0 ? accepted : 'nothing to send'}`, crossedWords].filter(Boolean).join(', ')
    return { mark: crossed === 0 ? '✓' : '!', text, notes: [] }
  }
  const inDoubtBefore = skippedHere('in doubt from an earlier run')
  const troubles = [
    outcome === 'mailed twice' ? 'somebody was mailed twice' : '',
    counts.failed > 0 ? `${count(counts.failed)} failed` : '',
    counts.inDoubt > 0 ? `${count(counts.inDoubt)} in doubt` : '',
    inDoubtBefore > 0 ? `${count(inDoubtBefore)} in doubt from an earlier run` : '',
    skippedHere('cancelled') > 0 ? `${count(skippedHere('cancelled'))} given up` : '',
    skippedHere('superseded') > 0 ? `${count(skippedHere('superseded'))} left to a later run` : '',
    crossedWords,
  ].filter(Boolean)
  return { mark: '!', text: [`${run.state}, ${accepted}`, ...troubles].join(', '), notes: [] }
}
