import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCampaign } from '../../src/intake/campaign-file.ts'
import { UserError } from '../../src/model/errors.ts'
import { providerKinds } from '../../src/providers/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-schedule-'))
})
afterAll(() => rm(folder, { recursive: true }))

const head = `name: november
from: news@acme.example
subject: Hello
template: hello.hbs
recipients: list.csv
`

async function read(lines: string, machineZone = 'America/New_York') {
  const routes = lines.includes('routes:') ? '' : 'routes: [{ provider: outbox }]\n'
  const file = join(folder, 'campaign.yml')
  await writeFile(file, `${head}${lines}\n${routes}`)
  return readCampaign(file, {
    env: { SECRET: 'a-secret' },
    vars: {},
    kinds: providerKinds,
    machineZone: () => machineZone,
  })
}

async function refusal(lines: string, machineZone?: string): Promise<string> {
  try {
    await read(lines, machineZone)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy}`
    return `${error.where}: ${error.message}${remedy}`.replaceAll(`${folder}/`, '')
  }
  throw new Error(`the file was accepted: ${lines}`)
}

test('a schedule is read as a whole', async () => {
  const { delivery } = await read(`
schedule:
  at: 2026-12-01 09:00
  not_after: 2026-12-03 18:00 recipient
  zone: europe/berlin
  zone_column: timezone
  windows: ["mon-fri 08:00-20:00", sat 10:00-14:00]
  quiet: 22:00-08:00`)
  expect(delivery.schedule).toEqual({
    at: { kind: 'instant', atMs: Date.parse('2026-12-01T09:00+01:00') },
    notAfter: { kind: 'wall clock', time: '2026-12-03T18:00:00' },
    zone: 'Europe/Berlin',
    zoneColumn: 'timezone',
    windows: [
      { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1200 },
      { days: [6], fromMinute: 600, toMinute: 840 },
    ],
    quiet: [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 1320, toMinute: 480 }],
  })
  expect(JSON.parse(JSON.stringify(delivery))).toEqual(delivery)
})

test('a schedule that names no zone is in the machine’s', async () => {
  const { delivery } = await read('schedule: { at: 2026-12-01 09:00 }')
  expect(delivery.schedule).toEqual({
    at: { kind: 'instant', atMs: Date.parse('2026-12-01T09:00-05:00') },
    notAfter: null,
    zone: 'America/New_York',
    zoneColumn: null,
    windows: [],
    quiet: [],
  })
})

test('the machine is not asked for its zone where nobody needs it', async () => {
  const file = join(folder, 'campaign.yml')
  const machineZone = (): string => {
    throw new Error('asked')
  }
  for (const lines of ['', 'schedule: { zone: UTC, quiet: sun }\n']) {
    await writeFile(file, `${head}${lines}routes: [{ provider: outbox }]\n`)
    await readCampaign(file, { env: {}, vars: {}, kinds: providerKinds, machineZone })
  }
})

test('a route is warmed up as it says', async () => {
  const { delivery } = await read(`
routes:
  - { provider: outbox, warmup: { start: 200/d, growth: 1.5, until: 50000/day } }
  - { provider: outbox, name: known }`)
  expect(delivery.routes.map(route => route.warmup)).toEqual([
    { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 },
    null,
  ])
})

test.each([
  ['a plain text', 'at: 2026-12-01 09:00'],
  ['a text in quotes', 'at: "2026-12-01 09:00"'],
  ['a text in a block', 'at: >\n    2026-12-01 09:00\n'],
  ['what YAML 1.1 takes for a timestamp', 'at: 2026-12-01T09:00:00-05:00'],
  ['another one', 'at: 2026-12-01 14:00:00 Z'],
])('a moment may be %s', async (_, line) => {
  const { delivery } = await read(`schedule:\n  ${line}`)
  expect(delivery.schedule?.at).toEqual({ kind: 'instant', atMs: Date.parse('2026-12-01T14:00Z') })
})

const mistakes: readonly string[] = [
  'schedule:',
  'schedule: {}',
  'schedule: 2026-12-01 09:00',
  'schedule: { begin: 2026-12-01 09:00 }',
  'schedule: { at: 2026-12-01 }',
  'schedule: { at: 2026 }',
  'schedule: { at: "${SECRET}" }',
  'schedule: { at: 2026-02-31 09:00 }',
  'schedule: { at: 2026-12-01 25:00 }',
  'schedule: { at: 2026-03-08 02:30 }',
  'schedule: { at: 2026-03-29 02:30, zone: Europe/Berlin }',
  'schedule: { at: 2026-12-01 09:00 Europe/Berlim }',
  'schedule: { at: 2026-12-01 09:00 recipient }',
  'schedule: { at: 2026-12-01 09:00, not_after: 2026-12-01 09:00 }',
  'schedule: { at: 2026-12-01 09:00, not_after: 2026-12-01 14:00 UTC }',
  'schedule: { at: 2026-12-01 09:00 recipient, not_after: 2026-11-30 18:00 recipient, zone_column: tz }',
  'schedule: { at: 2026-12-01 09:00 recipient, not_after: 2026-11-30 19:00 UTC, zone_column: tz }',
  'schedule: { at: 2026-12-01 09:00 UTC, not_after: 2026-11-30 21:00 recipient, zone_column: tz }',
  'schedule: { zone: Berlin }',
  'schedule: { zone: 1 }',
  'schedule: { zone_column: "" }',
  'schedule: { windows: [] }',
  'schedule: { windows: [mon-fri 8-20] }',
  'schedule: { windows: { mon: 08:00-20:00 } }',
  'schedule: { windows: [mon-fri, 5] }',
  'schedule: { quiet: 08:00-08:00 }',
  'schedule: { quiet: [mon-fri, sat-sun] }',
  'schedule: { windows: sat-sun, quiet: [sun, "sat 00:00-24:00"] }',
  `schedule: { quiet: [${'sun,'.repeat(51)}] }`,
  'schedule: { at: 2026-03-08 02:30, not_after: 2026-02-31 00:00, quiet: nights, zone: Berlin }',
  'routes: [{ provider: outbox, warmup: 200/d }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/h, growth: 1.5, until: 50000/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 0.5/d, growth: 1.5, until: 50000/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200, growth: 1.5, until: fast } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d, growth: 0.9, until: 50000/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d, growth: 11, until: 50000/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d, growth: 50%, until: 50000/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d, growth: 1.5, until: 100/d } }]',
  'routes: [{ provider: outbox, warmup: { start: 200/d, growth: 1.5, until: 50000/d, grow: 2 } }]',
]

test('every mistake names its field and says what is expected', async () => {
  const said: string[] = []
  for (const lines of mistakes) said.push(`${lines.slice(0, 100)}\n${await refusal(lines)}\n`)
  expect(said.join('\n')).not.toContain('a-secret')
  await expect(said.join('\n')).toMatchFileSnapshot('../golden/schedule-mistakes.txt')
})

test('a moment that is too early in some zones only is no mistake', async () => {
  for (const notAfter of ['2026-11-30 19:01 UTC', '2026-12-01 09:01 recipient']) {
    await read(`schedule: { at: 2026-12-01 09:00 recipient, not_after: ${notAfter}, zone_column: tz }`)
  }
})

test.each(['', 'Etc/Unknown'])('where the machine’s zone is “%s”, the file has to name one', async machineZone => {
  expect(await refusal('schedule: { at: 2026-12-01 09:00 }', machineZone)).toMatchInlineSnapshot(`
    "campaign.yml:6:1: schedule.zone: is missing, and what zone this machine is in is not known either
      Give it, such as \`zone: Europe/Berlin\`."
  `)
  await read('schedule: { at: 2026-12-01 09:00, zone: UTC }', machineZone)
})
