import { describe, expect, test } from 'vitest'
import { nextAttemptAtMs } from '../../src/policy/retry.ts'

const minute = 60_000
const hour = 60 * minute
const settings = { delaysMs: [minute, 5 * minute, 15 * minute, hour, 4 * hour], maxAgeMs: 72 * hour }

/** The times of all attempts of a message that is deferred every time, as hours:minutes after it was queued. */
function schedule(fraction: number, retryAfterMs?: number): string[] {
  const times: string[] = []
  let nowMs = 0
  for (let attempts = 1; attempts < 100; attempts++) {
    times.push(`${Math.floor(nowMs / hour)}:${String(Math.floor((nowMs % hour) / minute)).padStart(2, '0')}`)
    const next = nextAttemptAtMs(settings, { attempts, queuedAtMs: 0, nowMs, fraction, retryAfterMs })
    if (next === undefined) return [...times, 'expired']
    nowMs = next
  }
  return times
}

describe('the schedule of a message that is always deferred', () => {
  test('without luck either way', () => {
    expect(schedule(0.5).join(' ')).toMatchInlineSnapshot(
      `"0:00 0:01 0:06 0:21 1:21 5:21 9:21 13:21 17:21 21:21 25:21 29:21 33:21 37:21 41:21 45:21 49:21 53:21 57:21 61:21 65:21 69:21 expired"`,
    )
  })

  test('at the early and the late end of its jitter', () => {
    expect(schedule(0).join(' ')).toMatchInlineSnapshot(
      `"0:00 0:00 0:04 0:16 1:04 4:16 7:28 10:40 13:52 17:04 20:16 23:28 26:40 29:52 33:04 36:16 39:28 42:40 45:52 49:04 52:16 55:28 58:40 61:52 65:04 68:16 71:28 expired"`,
    )
    expect(schedule(0.999_999).join(' ')).toMatchInlineSnapshot(
      `"0:00 0:01 0:07 0:25 1:37 6:25 11:13 16:01 20:49 25:37 30:25 35:13 40:01 44:49 49:37 54:25 59:13 64:01 68:49 expired"`,
    )
  })

  test('a receiver that asks for two hours gets them, never less', () => {
    expect(
      schedule(0.5, 2 * hour)
        .slice(0, 8)
        .join(' '),
    ).toMatchInlineSnapshot(`"0:00 2:00 4:00 6:00 8:00 12:00 16:00 20:00"`)
  })
})
