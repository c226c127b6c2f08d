import { describe, expect, test } from 'vitest'
import type { RetrySettings } from '../../src/model/campaign.ts'
import type { FailureClass } from '../../src/model/outcome.ts'
import { isPastAllAges, nextAttemptAtMs } from '../../src/policy/retry.ts'

const minute = 60_000
const hour = 60 * minute
const settings: RetrySettings = {
  delaysMs: [minute, 5 * minute, 15 * minute, hour, 4 * hour],
  maxAgeMs: 72 * hour,
  classes: {},
}

interface Story {
  readonly settings?: RetrySettings
  readonly class?: FailureClass
  /** Chance, from 0 up to 1. */
  readonly fraction?: number
  readonly retryAfterMs?: number
}

/** The times of all attempts of a message that is deferred every time, in milliseconds after the first. */
function attemptsAtMs(story: Story): { readonly atMs: readonly number[]; readonly expires: boolean } {
  const atMs: number[] = []
  let nowMs = 0
  for (let attempts = 1; attempts < 100; attempts++) {
    atMs.push(nowMs)
    const next = nextAttemptAtMs(story.settings ?? settings, {
      class: story.class ?? 'soft',
      attempts,
      agesFromMs: attempts === 1 ? null : 0,
      nowMs,
      fraction: story.fraction ?? 0.5,
      retryAfterMs: story.retryAfterMs,
    })
    if (next === undefined) return { atMs, expires: true }
    nowMs = next
  }
  return { atMs, expires: false }
}

/** The same as hours:minutes. */
function schedule(story: Story): string {
  const { atMs, expires } = attemptsAtMs(story)
  return [...atMs.map(clockTime), ...(expires ? ['expired'] : [])].join(' ')
}

function clockTime(atMs: number): string {
  return `${Math.floor(atMs / hour)}:${String(Math.floor((atMs % hour) / minute)).padStart(2, '0')}`
}

describe('the schedule of a message that is always deferred', () => {
  test('without luck either way', () => {
    expect(schedule({})).toMatchInlineSnapshot(
      `"0:00 0:01 0:06 0:21 1:21 5:21 9:21 13:21 17:21 21:21 25:21 29:21 33:21 37:21 41:21 45:21 49:21 53:21 57:21 61:21 65:21 69:21 expired"`,
    )
  })

  test('at the early and the late end of its jitter', () => {
    expect(schedule({ fraction: 0 })).toMatchInlineSnapshot(
      `"0:00 0:00 0:04 0:16 1:04 4:16 7:28 10:40 13:52 17:04 20:16 23:28 26:40 29:52 33:04 36:16 39:28 42:40 45:52 49:04 52:16 55:28 58:40 61:52 65:04 68:16 71:28 expired"`,
    )
    expect(schedule({ fraction: 0.999_999 })).toMatchInlineSnapshot(
      `"0:00 0:01 0:07 0:25 1:37 6:25 11:13 16:01 20:49 25:37 30:25 35:13 40:01 44:49 49:37 54:25 59:13 64:01 68:49 expired"`,
    )
  })

  test('a receiver that asks for two hours gets them, never less', () => {
    expect(
      schedule({ retryAfterMs: 2 * hour })
        .split(' ')
        .slice(0, 8)
        .join(' '),
    ).toMatchInlineSnapshot(`"0:00 2:00 4:00 6:00 8:00 12:00 16:00 20:00"`)
  })
})

describe('a class with a plan of its own', () => {
  const own: RetrySettings = {
    ...settings,
    classes: {
      soft: { delaysMs: [hour, 6 * hour], maxAgeMs: 24 * hour },
      transient: { delaysMs: [minute], maxAgeMs: 5 * minute },
    },
  }

  test('is tried again by it, and the others as before', async () => {
    const line = (failureClass: FailureClass): string =>
      `${failureClass.padEnd(10)} ${schedule({ settings: own, class: failureClass })}\n`
    const table = (['soft', 'transient', 'block'] as const).map(line).join('')
    await expect(table).toMatchFileSnapshot('../golden/retry-by-class.txt')
  })

  test('does not end the life of a message that was put off for another class', () => {
    expect(isPastAllAges(own, 0, 72 * hour)).toBe(false)
    expect(isPastAllAges(own, 0, 72 * hour + 1)).toBe(true)
    expect(isPastAllAges(own, null, 1000 * hour)).toBe(false)
  })
})
