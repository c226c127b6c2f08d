/** The figures of a running delivery, kept from its notices. Pure: `(progress, notice) → progress`. */

import type { Notice } from '../model/notice.ts'

export interface Progress {
  readonly startedMs: number
  readonly atMs: number
  /** Messages that were waiting when this process began. */
  readonly toSend: number
  readonly accepted: number
  readonly failed: number
  readonly inDoubt: number
  /** Attempts after which the message was put back for later. */
  readonly deferrals: number
}

export const noProgress: Progress = {
  startedMs: 0,
  atMs: 0,
  toSend: 0,
  accepted: 0,
  failed: 0,
  inDoubt: 0,
  deferrals: 0,
}

export function advance(progress: Progress, notice: Notice): Progress {
  if (notice.type === 'started') {
    return { ...noProgress, startedMs: notice.atMs, atMs: notice.atMs, toSend: notice.counts.waiting }
  }
  if (notice.type !== 'settled') return { ...progress, atMs: notice.atMs }
  const count = (state: string): number => notice.messages.filter(message => message.state === state).length
  return {
    ...progress,
    atMs: notice.atMs,
    accepted: progress.accepted + count('accepted'),
    failed: progress.failed + count('failed'),
    inDoubt: progress.inDoubt + count('in doubt'),
    deferrals: progress.deferrals + count('queued'),
  }
}

/** Messages that need nothing more from this process. */
export function settled(progress: Progress): number {
  return progress.accepted + progress.failed + progress.inDoubt
}

/** Settled messages per second since the start. */
export function ratePerSecond(progress: Progress): number {
  const elapsedMs = progress.atMs - progress.startedMs
  return elapsedMs <= 0 ? 0 : (settled(progress) * 1000) / elapsedMs
}
