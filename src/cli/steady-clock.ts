/**
 * The time as this process lives through it. Somebody may set the system's clock while a campaign is being sent, by a day
 * even, and then nobody may expire, be hurried or be kept waiting for it; but the hours for which a machine slept have passed.
 */

/** What the system can say of time, in milliseconds. */
export interface TimeSources {
  /** Since 1970, as the system's clock is set: `Date.now()`. */
  readonly wallMs: () => number
  /** Since some moment; it cannot be set, and stands still while the machine sleeps: `performance.now()`. */
  readonly tickMs: () => number
  /** Since the machine was started; it cannot be set, and goes on while the machine sleeps: `os.uptime()`. Slow to ask. */
  readonly uptimeMs: () => number
}

/** By how much clock and ticks may differ from one look to the next without anything having happened. */
const toleranceMs = 1000

/**
 * A clock that begins with the system's, never goes back, and takes no part in its being set. Whether a jump is a clock that
 * was set or a machine that slept is told by the time since the machine was started.
 */
export function steadyClock({ wallMs, tickMs, uptimeMs }: TimeSources): () => number {
  const startWallMs = wallMs()
  const startUptimeMs = uptimeMs()
  let lastMs = startWallMs
  let lastTickMs = tickMs()
  let offsetMs = 0
  return () => {
    const nowTickMs = tickMs()
    const expectedMs = lastMs + (nowTickMs - lastTickMs)
    let nowMs = wallMs() + offsetMs
    if (Math.abs(nowMs - expectedMs) > toleranceMs) {
      const passedMs = startWallMs + (uptimeMs() - startUptimeMs)
      offsetMs += Math.round(Math.max(passedMs, expectedMs) - nowMs)
      nowMs = wallMs() + offsetMs
    }
    lastMs = Math.max(lastMs, nowMs)
    lastTickMs = nowTickMs
    return lastMs
  }
}
