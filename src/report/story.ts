/** One person's story over all runs, for people and for programs. */

import type { Chapter, StoredAttempt, Story } from '../journal/journal.ts'
import { jsonVersion } from '../model/json-version.ts'
import type { MessageRecord } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import type { Run } from '../model/run.ts'
import { iso, latency, moment, nth, plural, terminalSafe } from '../model/words.ts'
import { tableLines } from './table.ts'
import { causeWords, settledWords } from './terminal.ts'

export interface Told {
  readonly address: string
  readonly story: Story
  /** The Message-ID that an address has in a run. */
  readonly messageIdOf: (run: Run, address: string) => string
  readonly nowMs: number
}

export function* storyText({ address, story, messageIdOf, nowMs }: Told): Generator<string> {
  const { suppression, chapters } = story
  yield `${terminalSafe(address)}\n`
  if (suppression === null) yield 'not suppressed\n'
  else {
    const { reason, source, atMs } = suppression
    yield `suppressed since ${moment(atMs)}: ${reason} (${terminalSafe(source)})\n`
  }
  if (chapters.length === 0) yield 'on no list that was sent to\n'
  for (const chapter of chapters) yield `\n${chapterLines(chapter, messageIdOf, nowMs).join('\n')}\n`
}

function chapterLines({ run, record, attempts }: Chapter, messageIdOf: Told['messageIdOf'], nowMs: number): string[] {
  const { line, settledBy } = record
  return [
    `${run.id}  ${terminalSafe(run.campaignName)}  ${stateWords(record, nowMs)}`,
    `  line ${line} · key ${terminalSafe(run.key)} · run started ${moment(run.createdAtMs)}`,
    ...(record.state === 'skipped' ? [] : [`  Message-ID ${messageIdOf(run, record.address)}`]),
    ...(settledBy === null ? [] : [`  was in doubt, and was settled: ${settledWords[settledBy]}`]),
    ...tableLines(attempts.map((attempt, index) => callCells(attempt, index, record))),
  ]
}

/** `accepted`, `skipped: suppressed`, `waiting, due 2026-11-22 14:05:09 GMT+1` */
function stateWords({ state, skipReason, dueAtMs, changedAtMs }: MessageRecord, nowMs: number): string {
  if (state === 'queued') return `waiting, due ${(dueAtMs ?? 0) <= nowMs ? 'now' : moment(dueAtMs ?? 0)}`
  const when = changedAtMs === null ? '' : ` ${moment(changedAtMs)}`
  return skipReason === null ? `${state}${when}` : `${state}: ${skipReason}${when}`
}

function callCells(attempt: StoredAttempt, index: number, record: MessageRecord): string[] {
  const { route, begunAtMs, settledAtMs, messages } = attempt
  const others = messages === 1 ? '' : ` (${plural(messages - 1, 'other')} in the call)`
  return [
    `${nth(index + 1)} call`,
    moment(begunAtMs),
    terminalSafe(route),
    settledAtMs === null ? '' : latency(Math.max(0, settledAtMs - begunAtMs)),
    `${outcomeWords(attempt, record)}${others}`,
  ]
}

/** What became of her in a call. Of calls before the last one it is known only that they did not end it. */
function outcomeWords({ settledAtMs, givenUpAtMs, isLast }: StoredAttempt, record: MessageRecord): string {
  if (settledAtMs === null) return givenUpAtMs === null ? 'open, its answer is awaited' : 'nobody heard the answer'
  if (!isLast) return 'not accepted, and tried again'
  const cause = causeOf(record)
  // Who was mailed twice is accepted, and has words without a class.
  const words = cause === null ? terminalSafe(record.text ?? '') : causeWords(cause)
  const said = words === '' ? '' : `, ${words}`
  switch (record.state) {
    case 'accepted':
      return `accepted${record.providerId === null ? '' : ` as ${terminalSafe(record.providerId)}`}${said}`
    case 'queued':
    case 'skipped':
      return `put off${said}`
    default:
      return `${record.state}${said}`
  }
}

function causeOf({ class: failureClass, code, status, text }: MessageRecord): Cause | null {
  if (failureClass === null) return null
  return {
    class: failureClass,
    ...(code === null ? {} : { code }),
    ...(status === null ? {} : { status }),
    text: text ?? '',
  }
}

export function storyJson({ address, story, messageIdOf }: Told): string {
  const { suppression, chapters } = story
  const told = {
    type: 'story',
    version: jsonVersion,
    address,
    suppression:
      suppression === null
        ? null
        : { reason: suppression.reason, source: suppression.source, at: iso(suppression.atMs) },
    runs: chapters.map(chapter => chapterJson(chapter, messageIdOf)),
  }
  return `${JSON.stringify(told, null, 2)}\n`
}

function chapterJson({ run, record, attempts }: Chapter, messageIdOf: Told['messageIdOf']): object {
  return {
    run: run.id,
    campaign: run.campaignName,
    key: run.key,
    run_state: run.state,
    started_at: iso(run.createdAtMs),
    address: record.address,
    line: record.line,
    state: record.state === 'queued' ? 'waiting' : record.state,
    skip_reason: record.skipReason,
    cause: causeOf(record),
    route: record.route,
    provider_id: record.providerId,
    attempts: record.attempts,
    due_at: iso(record.dueAtMs),
    changed_at: iso(record.changedAtMs),
    settled_by: record.settledBy,
    message_id: record.state === 'skipped' ? null : messageIdOf(run, record.address),
    calls: attempts.map(({ route, begunAtMs, settledAtMs, givenUpAtMs, messages, isLast }) => ({
      route,
      begun_at: iso(begunAtMs),
      settled_at: iso(settledAtMs),
      given_up_at: iso(givenUpAtMs),
      messages,
      last: isLast,
    })),
  }
}
