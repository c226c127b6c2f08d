/**
 * Windows and quiet hours over the nights in which clocks are changed, as messages really leave: counted by the hours that
 * recipients' clocks show. Four may leave in an hour, so whatever is wrong by an hour or by a quarter of one stands out.
 */

import { expect, test } from 'vitest'
import { waitSentence } from '../../src/model/wait.ts'
import { accepted, DeliveryBench, hour, minute, route } from '../support/delivery-bench.ts'
import { type ScheduleWords, schedule } from '../support/schedules.ts'
import { clockTime, endWords, inStints, type Stint } from '../support/stints.ts'
import { ticking } from '../support/virtual-clock.ts'

/** The campaign's. */
const zone = 'Europe/Berlin'
const fourAnHour = { rates: [{ count: 4, perMs: hour }] }

let bench: DeliveryBench

/** Sends to so many people in each of the zones until nobody waits any more. */
async function send(words: ScheduleWords, from: string, zones: readonly string[], perZone: number): Promise<Stint[]> {
  const numbers = Array.from({ length: perZone }, (_, index) => index)
  const people = numbers.flatMap(number => zones.map(zone => ({ zone, address: `p${number}@${domainOf(zone)}` })))
  bench = new DeliveryBench(
    people.map(each => each.address),
    {
      startMs: Date.parse(from),
      takesMs: 0,
      schedule: schedule(words),
      zones: Object.fromEntries(people.map(each => [each.address, each.zone])),
      routes: [route('alpha')],
      sites: { default: { ...fourAnHour, concurrency: null } },
    },
  )
  // Ticks of a quarter of an hour, for nothing is to happen between.
  return inStints(bench, () => accepted, { clock: ticking(bench.clock, 15 * minute) })
}

/** `berlin.example`, `new-york.example` */
function domainOf(zone: string): string {
  return `${zone
    .slice(zone.indexOf('/') + 1)
    .toLowerCase()
    .replace('_', '-')}.example`
}

/** How many left in each hour in which anybody did, why the next waited, and how each process ended. */
function hours(stints: readonly Stint[], zones: readonly string[]): string[] {
  return stints.flatMap(({ calls, notices, toMs, ending }) => {
    const waits = notices.filter(notice => notice.type === 'waiting')
    const rows = [...Map.groupBy(calls, call => hourOf(call.atMs))].map(([fromMs, inHour]) => {
      const columns = zones.map(zone => {
        const left = inHour.filter(call => call.to[0]?.endsWith(domainOf(zone))).length
        return `${clockTime(fromMs, zone).padEnd(26)} ${left === 0 ? '-' : left}`
      })
      const said = waits.filter(each => hourOf(each.atMs) === fromMs)
      const causes = new Set(said.map(each => waitSentence({ ...each, cause: each.why })))
      return `  ${columns.join('   ')}   ${[...causes].join(', ')}`.trimEnd()
    })
    return [...rows, `${clockTime(toMs, zone)}: ${endWords(ending, zone)}`, '']
  })
}

function hourOf(atMs: number): number {
  return atMs - (atMs % hour)
}

function expired(zones: readonly string[]): string {
  const failed = [...bench.journal.failed(bench.run.id, { classes: ['expired'] })]
  const each = zones.map(
    zone => `${failed.filter(({ address }) => address.endsWith(domainOf(zone))).length} in ${zone}`,
  )
  return `too late: ${each.join(', ')}`
}

/** A campaign by its words in the campaign file, and when it is sent. */
type Campaign = readonly [title: string, words: ScheduleWords, from: string]

async function printed(campaigns: readonly Campaign[], zones: readonly string[], perZone: number): Promise<string> {
  const lines: string[] = []
  for (const [title, words, from] of campaigns) {
    const stints = await send(words, from, zones, perZone)
    lines.push(title, '', ...hours(stints, zones), expired(zones), bench.figures(), '', '')
    bench.close()
  }
  return lines.slice(0, -1).join('\n')
}

const inBerlin = { zone, isOneZone: true }
const office = {
  title: 'windows 08:00-20:00 and sun 01:00-04:00, quiet 12:00-13:00, not after Mon 09:30',
  words: { ...inBerlin, windows: ['08:00-20:00', 'sun 01:00-04:00'], quiet: ['12:00-13:00'] },
}
const asleep = { title: 'quiet 22:00-02:30, not after Sun 05:00', words: { ...inBerlin, quiet: ['22:00-02:30'] } }

test.each<[string, readonly Campaign[]]>([
  [
    'clocks-forward',
    [
      [office.title, { ...office.words, notAfter: '2026-03-30T09:30' }, '2026-03-28T18:00+01:00'],
      [asleep.title, { ...asleep.words, notAfter: '2026-03-29T05:00' }, '2026-03-28T20:00+01:00'],
    ],
  ],
  [
    'clocks-back',
    [
      [office.title, { ...office.words, notAfter: '2026-10-26T09:30' }, '2026-10-24T18:00+02:00'],
      [asleep.title, { ...asleep.words, notAfter: '2026-10-25T05:00' }, '2026-10-24T20:00+02:00'],
    ],
  ],
])('in one zone: %s', async (name, campaigns) => {
  const text = await printed(campaigns, [zone], 80)
  await expect(text).toMatchFileSnapshot(`../golden/windows-${name}.txt`)
})

test('in three zones, whose clocks are changed on different days or never', async () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'Asia/Tokyo']
  const words = { zone, windows: ['10:00-12:00', 'sun 01:00-04:00'], quiet: ['10:00-10:30'] }
  const title =
    'windows 10:00-12:00 and sun 01:00-04:00, quiet 10:00-10:30, not after Mon 11:00, all in recipients’ zones'
  const text = await printed(
    [
      [title, { ...words, notAfter: '2026-03-30T11:00' }, '2026-03-28T00:00Z'],
      [title, { ...words, notAfter: '2026-10-26T11:00' }, '2026-10-24T00:00Z'],
      [title, { ...words, notAfter: '2026-11-02T11:00' }, '2026-10-31T00:00Z'],
    ],
    zones,
    30,
  )
  await expect(text).toMatchFileSnapshot('../golden/windows-three-zones.txt')
})
