/** How fast: rates as the campaign file writes them. */

import { count } from './words.ts'

/** So many per so long, as `100/s`, `600/min`, `5000/h`, `50000/d`. */
export interface Rate {
  readonly count: number
  readonly perMs: number
  /** How many may go at once after a time of quiet, as in `5000/h burst 500`. Default: what a second gives, at least one. */
  readonly burst?: number
}

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** Reads `100/s` or `100/s burst 20`; undefined if it is not a rate. */
export function parseRate(text: string): Rate | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*\/\s*([a-z]+)(?:\s+burst\s+(\d{1,9}))?\s*$/.exec(text)
  const perMs = unitsMs[match?.[2] ?? '']
  const number = Number(match?.[1])
  const burst = match?.[3] === undefined ? undefined : Number(match[3])
  if (perMs === undefined || !(number > 0) || burst === 0) return undefined
  return burst === undefined ? { count: number, perMs } : { count: number, perMs, burst }
}

/** `1,200/min burst 20` */
export function rateWords({ count: number, perMs, burst }: Rate): string {
  const unit = { 1000: 's', 60000: 'min', 3600000: 'h', 86400000: 'd' }[perMs] ?? `${perMs} ms`
  return `${count(number)}/${unit}${burst === undefined ? '' : ` burst ${count(burst)}`}`
}

/** What rates and paces are of: a call of many messages is one call. */
export type RateCounts = 'messages' | 'calls'

/** `40/s`, `2.5/s`, `12/min`, `3/h`: as much of it as says something; `4 calls/s` where calls are counted. */
export function paceWords(perSecond: number, of: RateCounts = 'messages'): string {
  const { unit, seconds } = unitFor(perSecond)
  return `${shortNumber(perSecond * seconds)}${of === 'calls' ? ' calls' : ''}/${unit}`
}

/** `12 of 40/s`, `0.5 of 4 calls/s`: both in the unit that suits the full one. */
export function loweredPaceWords(lowered: number, full: number, of: RateCounts = 'messages'): string {
  return `${shortNumber(lowered * unitFor(full).seconds)} of ${paceWords(full, of)}`
}

function unitFor(perSecond: number): { readonly unit: string; readonly seconds: number } {
  if (perSecond >= 1 || perSecond === 0) return { unit: 's', seconds: 1 }
  return perSecond * 60 >= 1 ? { unit: 'min', seconds: 60 } : { unit: 'h', seconds: 3600 }
}

function shortNumber(value: number): string {
  return value >= 10 ? count(Math.round(value)) : String(Number(value.toPrecision(2)))
}

/** Reads `90s`, `15m`, `4h`, `3d`, `500ms` into milliseconds; undefined if it is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)\s*$/.exec(text)
  if (match === null) return undefined
  return Math.round(Number(match[1]) * (match[2] === 'ms' ? 1 : (unitsMs[match[2] ?? ''] ?? 0)))
}
