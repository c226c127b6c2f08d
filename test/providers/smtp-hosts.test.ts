import { describe, expect, test } from 'vitest'
import { chooseHost, type Hosts, hostFailed, hostServed, newHosts, outage } from '../../src/providers/smtp-hosts.ts'
import type { Negative } from '../../src/providers/smtp-reply.ts'

const names = ['a', 'b', 'c']
const nobody: ReadonlySet<number> = new Set()
const none = [0, 0, 0]

function failure(kind: Negative['kind'], text: string): Negative {
  return { kind, scope: 'route', cause: { class: 'transient', text } }
}

/** `12m05s`. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(3)}m${String(seconds % 60).padStart(2, '0')}s`
}

/**
 * Opens a connection every second; `setupMs` says how long each server takes to let us in, null if it does not. Prints a
 * line for every second that differs from the one before.
 */
function schedule(seconds: number, setupMs: (atMs: number) => readonly (number | null)[]): string {
  let hosts = newHosts(3)
  const lines: string[] = []
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 1000) {
    const tried = new Set<number>()
    const steps: string[] = []
    for (;;) {
      const place = chooseHost(hosts, { nowMs, tried, open: none })
      if (place === null) break
      tried.add(place)
      const took = setupMs(nowMs)[place] ?? null
      if (took !== null) {
        hosts = hostServed(hosts, place, took, nowMs)
        steps.push(`${names[place]} takes it`)
        break
      }
      hosts = hostFailed(hosts, place, failure('deferred', 'refused'), nowMs)
      steps.push(`${names[place]} fails, rests till${clock(hosts[place]?.restsUntilMs ?? 0)}`)
    }
    const line = steps.join('; ')
    if (!lines.at(-1)?.endsWith(`: ${line}`)) lines.push(`${clock(nowMs)}: ${line}`)
  }
  return lines.join('\n')
}

describe('which server gets the next connection', () => {
  test('the first of those that are alike, and another while it rests', () => {
    const dead = (at: number) => at >= 60_000 && at < 20 * 60_000
    expect(schedule(25 * 60, at => [dead(at) ? null : 10, 20, 200])).toMatchInlineSnapshot(`
      "  0m00s: a takes it
        1m00s: a fails, rests till  1m05s; b takes it
        1m01s: b takes it
        1m05s: a fails, rests till  1m15s; b takes it
        1m06s: b takes it
        1m15s: a fails, rests till  1m35s; b takes it
        1m16s: b takes it
        1m35s: a fails, rests till  2m15s; b takes it
        1m36s: b takes it
        2m15s: a fails, rests till  3m35s; b takes it
        2m16s: b takes it
        3m35s: a fails, rests till  6m15s; b takes it
        3m36s: b takes it
        6m15s: a fails, rests till 11m35s; b takes it
        6m16s: b takes it
       11m35s: a fails, rests till 21m35s; b takes it
       11m36s: b takes it
       21m35s: a takes it"
    `)
  })

  test('the nearest', () => {
    expect(schedule(10, () => [400, 300, 90])).toMatchInlineSnapshot(`
      "  0m00s: a takes it
        0m01s: b takes it
        0m02s: c takes it"
    `)
  })

  test('one that was far away for once is asked again after a while', () => {
    expect(schedule(600, at => [at === 3000 ? 2000 : 10, 100, 100])).toMatchInlineSnapshot(`
      "  0m00s: a takes it
        0m04s: b takes it
        0m05s: c takes it
        0m06s: b takes it
        5m04s: a takes it"
    `)
  })

  test('while all of them rest, the one whose rest ends first, once a call', () => {
    const dead = (at: number) => at < 30_000
    expect(schedule(60, at => (dead(at) ? [null, null, null] : [10, 10, 10]))).toMatchInlineSnapshot(`
      "  0m00s: a fails, rests till  0m05s; b fails, rests till  0m05s; c fails, rests till  0m05s
        0m01s: a fails, rests till  0m05s
        0m05s: a fails, rests till  0m15s; b fails, rests till  0m15s; c fails, rests till  0m15s
        0m06s: a fails, rests till  0m15s
        0m15s: a fails, rests till  0m35s; b fails, rests till  0m35s; c fails, rests till  0m35s
        0m16s: a fails, rests till  0m35s
        0m30s: a takes it"
    `)
  })

  test('the one that carries the least', () => {
    const open = [0, 0, 0]
    const hosts = [20, 20, 200].reduce<Hosts>((all, ms, place) => hostServed(all, place, ms, 0), newHosts(3))
    const order = Array.from({ length: 12 }, () => {
      const place = chooseHost(hosts, { nowMs: 0, tried: nobody, open }) ?? 0
      open[place] = (open[place] ?? 0) + 1
      return names[place]
    })
    expect(order.join('')).toBe('ababababcaba')
  })
})

describe('a rest', () => {
  test('is not prolonged by those that failed together', () => {
    const first = hostFailed(newHosts(1), 0, failure('deferred', 'one'), 1000)
    const second = hostFailed(first, 0, failure('deferred', 'two'), 1500)
    expect(second[0]).toMatchObject({ failures: 1, restsUntilMs: 6000, failure: { cause: { text: 'two' } } })
  })

  test('grows to ten minutes and ends with a success', () => {
    let hosts = newHosts(1)
    const rests: number[] = []
    for (let round = 0, nowMs = 0; round < 10; round++) {
      hosts = hostFailed(hosts, 0, failure('deferred', 'no'), nowMs)
      const until = hosts[0]?.restsUntilMs ?? 0
      rests.push((until - nowMs) / 1000)
      nowMs = until
    }
    expect(rests).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600])
    expect(hostServed(hosts, 0, 10, 7)[0]).toEqual({
      failures: 0,
      restsUntilMs: 0,
      failure: null,
      setup: { ms: 10, atMs: 7 },
    })
  })
})

describe('a message for which no server is left', () => {
  const refused = failure('refused', 'certificate')
  const deferred = failure('deferred', 'no answer')

  test('waits if any of them may come back', () => {
    const hosts = hostFailed(hostFailed(newHosts(2), 0, deferred, 0), 1, refused, 0)
    expect([outage(hosts, refused), outage(hosts, deferred)]).toEqual([deferred, deferred])
  })

  test('is refused if all of them have refused us', () => {
    const hosts = hostFailed(hostFailed(newHosts(2), 0, refused, 0), 1, refused, 0)
    expect(outage(hosts, refused)).toBe(refused)
  })
})
