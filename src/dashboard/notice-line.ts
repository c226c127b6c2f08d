/** A notice as one line for people, or nothing where the progress figures say it already. */

import { crossingWords } from '../model/crossing.ts'
import type { Notice } from '../model/notice.ts'
import { paceWords } from '../model/rate.ts'
import { waitSentence } from '../model/wait.ts'
import { count, duration, moment, plural, terminalSafe } from '../model/words.ts'

/** How many of those who wait are named. */
const namedWaits = 5

export function noticeLine(notice: Notice): string | undefined {
  switch (notice.type) {
    case 'started': {
      const doubt =
        notice.recovered > 0 ? `; ${count(notice.recovered)} were in flight when it stopped and are in doubt now` : ''
      return `run ${notice.run}: ${plural(notice.counts.waiting, 'message')} to send${doubt}`
    }
    case 'route-resting':
      return `${notice.route} rests for ${duration(notice.untilMs - notice.atMs)}: ${terminalSafe(notice.cause.text)}`
    case 'route-back':
      return `${notice.route} answers, and is used again`
    case 'route-stopped':
      return `${notice.route} is not used any more: ${terminalSafe(notice.cause.text)}`
    case 'site-resting':
      return `${terminalSafe(notice.site)} rests for ${duration(notice.untilMs - notice.atMs)}: ${terminalSafe(notice.cause.text)}`
    case 'pace-changed':
      return paceChangeWords(notice)
    case 'waiting':
      return waitingWords(notice)
    case 'stalled':
      return stalledWords(notice)
    case 'asked':
      return askedWords(notice)
    case 'canary':
      return canaryWords(notice)
    case 'guard':
      return `guard: ${crossingWords(notice)}`
    case 'stopping':
      return stoppingWords(notice)
    case 'settled':
    case 'standing':
    case 'ended':
      return undefined
  }
}

function stoppingWords({ why, openCalls }: Notice & { type: 'stopping' }): string {
  if (openCalls === 0) return `stopping: ${why}`
  const calls = `stopping: ${why}; ${plural(openCalls, 'call')} in flight will be finished`
  if (why !== 'interrupted') return calls
  return `${calls}\n  Ctrl-C again ends them at once; their recipients may be in doubt then`
}

function waitingWords({ atMs, untilMs, why: cause, ...who }: Notice & { type: 'waiting' }): string {
  const howLong = Number.isFinite(untilMs) ? ` ${duration(untilMs - atMs)}` : ''
  return `waiting${howLong}: ${waitSentence({ ...who, cause })}`
}

function stalledWords({ atMs, sinceMs, waits }: Notice & { type: 'stalled' }): string {
  const since = `nothing has been sent for ${duration(atMs - sinceMs)}`
  if (waits.length === 0) return `${since}: the open calls have not been answered`
  const named = waits
    .slice(0, namedWaits)
    .map(wait => `  ${waitSentence(wait)}${wait.untilMs === null ? '' : ` until ${moment(wait.untilMs)}`}`)
  const more = waits.length - named.length
  return [`${since}:`, ...named, ...(more > 0 ? [`  and ${count(more)} more`] : [])].join('\n')
}

function askedWords({ what, openCalls }: Notice & { type: 'asked' }): string {
  const inFlight = openCalls === 0 ? '' : `; ${plural(openCalls, 'call')} in flight will be finished`
  return { paused: `paused${inFlight}`, 'goes on': 'goes on', 'other paces': 'goes on at other paces' }[what]
}

function canaryWords({ what, count: number, atMs, untilMs }: Notice & { type: 'canary' }): string {
  if (what === 'over')
    return `canary: ${plural(number, 'recipient')} mailed, and no threshold was crossed; the others follow`
  return `canary: ${plural(number, 'recipient')} mailed; the others wait ${duration(untilMs - atMs)} for what becomes of them`
}

/** `microsoft: 451 4.7.650 → 40/s to 10/s; +10 % each clean minute` */
function paceChangeWords({
  name,
  cause,
  fromPerSecond,
  toPerSecond,
  rateCounts,
}: Notice & { type: 'pace-changed' }): string {
  const from = paceWords(fromPerSecond, rateCounts)
  const to = toPerSecond === null ? 'its full pace' : paceWords(toPerSecond, rateCounts)
  if (cause === null) return `${terminalSafe(name)}: no complaint → ${from} to ${to}`
  const codes = [cause.code, cause.status].filter(code => code !== undefined).join(' ')
  const why = terminalSafe(codes === '' ? cause.text : codes)
  return `${terminalSafe(name)}: ${why} → ${from} to ${to}; +10 % each clean minute`
}
