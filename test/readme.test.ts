/** The README says what is true: its commands are run, and its tables are held against the program. */

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { lineSchemas, noticeSchemas } from '../src/dashboard/line-schema.ts'
import { readCampaign } from '../src/intake/campaign-file.ts'
import { campaignJsonSchema } from '../src/intake/campaign-schema.ts'
import { campaignReference } from '../src/intake/schema-reference.ts'
import { providerKinds } from '../src/providers/index.ts'
import { body, campaign, list, smtpRoute } from './support/campaigns.ts'
import { type Finished, Workplace } from './support/mailblast.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')

let place: Workplace

beforeEach(() => {
  place = new Workplace()
  cpSync(`${root}examples`, place.path('examples'), {
    recursive: true,
    filter: path => !/\.mailblast|outbox/.test(path),
  })
})

afterEach(() => place.remove())

/** The commands of the README's blocks, in order, without what installs. */
function commands(): string[][] {
  return readme
    .split(/^```/m)
    .filter((_, index) => index % 2 === 1)
    .flatMap(block => block.split('\n').slice(1))
    .flatMap(line => line.split(' && '))
    .filter(line => /^(npx )?mailblast /.test(line))
    .map(line => line.replace(/^(npx )?mailblast /, ''))
    .map(line => [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word))
}

/** What is asked of a run that waits. */
const control = ['status', 'pause', 'rate', 'cancel']

/** A folder with a campaign whose run waits for its start. */
async function waiting(): Promise<Workplace> {
  const folder = new Workplace({ 'body.hbs': body, 'list.csv': list(3) })
  folder.write('campaign.yml', campaign({ routes: smtpRoute(9) }))
  expect((await folder.run(['send', 'campaign.yml', '--yes', '--at', '2099-12-01 09:00'])).code).toBe(4)
  return folder
}

/** There is nothing to resume or settle where nothing was interrupted: that the command is known must do. */
async function run(
  [command = '', ...asked]: readonly string[],
  args: readonly string[],
  controlled: Workplace,
): Promise<Finished> {
  if (control.includes(command)) return controlled.run([command, ...asked])
  if (command === 'resume' || command === 'settle') return place.run([command, '--help'])
  if (command !== 'sink') return place.run(args)
  const running = place.start([...args, '--smtp-port', '0', '--http-port', '0'])
  await running.said('provider: smtp')
  running.child.kill('SIGTERM')
  return running.finished
}

test('every command of the README works as written, one after the other', async () => {
  const said: string[] = []
  const controlled = await waiting()
  for (const args of commands()) {
    // The campaign of these commands is the one that `init` has written a few lines before.
    const real = args.map(arg => (arg === 'campaign.yml' ? 'my-newsletter/campaign.yml' : arg))
    const { code, stderr } = await run(args, real, controlled)
    said.push(`${args.join(' ')}: ${code === 0 ? 'ok' : stderr}`)
  }
  controlled.remove()
  expect(said).toMatchInlineSnapshot(`
    [
      "send examples/hello/campaign.yml: ok",
      "init my-newsletter: ok",
      "preview my-newsletter/campaign.yml: ok",
      "send my-newsletter/campaign.yml: ok",
      "send campaign.yml --dry-run: ok",
      "send campaign.yml --test-to me@example.com: ok",
      "send campaign.yml: ok",
      "providers test campaign.yml: ok",
      "status: ok",
      "pause: ok",
      "rate campaign.yml smtp=20/s google=5/s: ok",
      "resume: ok",
      "cancel campaign.yml: ok",
      "resume: ok",
      "settle: ok",
      "send examples/release-notice/campaign.yml --var version=1.4.0 --yes: ok",
      "sink --ledger ledger.ndjson --rule share=1% do=lose-answer: ok",
      "send campaign.yml --yes --quiet: ok",
      "resume --all --quiet: ok",
    ]
  `)
})

describe('the tables', () => {
  /** The names that begin the rows of the table with this heading. */
  function namesIn(heading: string): string[] {
    const table = readme.slice(readme.indexOf(heading)).split('\n\n', 1)[0] ?? ''
    return [...table.matchAll(/^\| `([a-z]+)[ `]/gm)].map(match => match[1] ?? '')
  }

  test('name every provider that there is, with how many messages go in one call', () => {
    expect(namesIn('| provider | in one call').sort()).toEqual(providerKinds.map(kind => kind.profile.name).sort())
    for (const { profile } of providerKinds)
      expect(readme).toMatch(
        new RegExp(`^\\| \`${profile.name}\` \\| (1, or )?${profile.batchMax.toLocaleString('en-US')}\\b`, 'm'),
      )
  })

  test('name every command that there is, and no other', async () => {
    const { stdout } = await place.run(['--help'])
    const there = [...stdout.matchAll(/^ {2}([a-z]+) /gm)]
      .map(match => match[1])
      .filter(name => name !== 'help' && name !== 'mailblast')
    const named = namesIn('| command |')
    expect(named.sort()).toEqual([...new Set(there)].sort())
  })

  test('list the exit codes as every help does', async () => {
    const rows = [...readme.matchAll(/^\| (\d) \| (.+) \|$/gm)].map(match => `  ${match[1]}  ${match[2]}`)
    expect(rows.length).toBe(6)
    for (const args of [['--help'], ['send', '--help'], ['resume', '--help'], ['suppress', 'add', '--help']]) {
      const { stdout } = await place.run(args)
      expect(stdout).toContain(`Exit codes:\n${rows.join('\n')}`)
    }
  })

  test('name every option of send that the text speaks of', async () => {
    const { stdout } = await place.run(['send', '--help'])
    const spoken = new Set(
      [...readme.matchAll(/`(--(?:dry-run|limit|test-to|again|skip-bad-rows|var|json|journal|yes|wait|at))/g)].map(
        match => match[1] ?? '',
      ),
    )
    expect([...spoken].filter(option => !stdout.includes(option))).toEqual([])
  })
})

test('every piece of a campaign file in it is one that is understood', async () => {
  const pieces = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(match => match[1] ?? '')
  expect(pieces.length).toBeGreaterThan(5)
  const base = 'name: test\nfrom: Acme <news@acme.example>\nsubject: Hello\ntemplate: body.hbs\nrecipients: list.csv\n'
  const [guard, routes] = ['guard: { stop_when: ["failure_rate > 5%"] }\n', 'routes: [{ provider: outbox }]\n']
  const secrets = Object.fromEntries([...readme.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => [name, 'x']))
  place.write('news.pem', 'a key')
  for (const piece of pieces) {
    const has = (name: string): boolean => new RegExp(`^${name}:`, 'm').test(piece)
    const rest = `${base}${has('guard') ? '' : guard}${has('routes') ? '' : routes}`
    const file = join(place.folder, 'piece.yml')
    writeFileSync(file, `${rest}${piece}`)
    const reading = { env: { ...secrets }, vars: {}, kinds: providerKinds, machineZone: () => 'UTC' }
    await expect(readCampaign(file, reading), piece).resolves.toMatchObject({ name: 'test' })
  }
})

test('every type of line of --json has its row, which names its fields', () => {
  const table = readme.slice(readme.indexOf('| type | when')).split('\n\n', 1)[0] ?? ''
  const rows = [...table.matchAll(/^\| (`[^|]+) \| (.*) \|$/gm)].flatMap(([, types = '', what = '']) =>
    [...types.matchAll(/`([a-z-]+)`/g)].map(([, type = '']) => [type, what] as const),
  )
  expect(rows.map(([type]) => type).sort()).toEqual(Object.keys(lineSchemas).sort())
  for (const [type, what] of rows.filter(([type]) => type in noticeSchemas)) {
    const { properties = {} } = z.toJSONSchema(lineSchemas[type] ?? z.never(), { io: 'input' })
    const unnamed = Object.keys(properties).filter(name => !['type', 'at', 'route', 'site'].includes(name))
    for (const name of unnamed) expect(what, `the row of ${type}`).toContain(`\`${name}\``)
  }
})

test('the reference of the campaign file is the schema’s', () => {
  expect(readme).toContain(`\n${campaignReference(campaignJsonSchema(providerKinds))}\n`)
})

test('its pictures are there, and are described', () => {
  const named = [...readme.matchAll(/(?:!\[([^\]]*)\]\(|<source [^>]*srcset="|<img src=")(test\/[^)"]+)/g)].map(
    ([, , path = '']) => path,
  )
  const made = readdirSync(`${root}test/golden/pictures`).map(name => `test/golden/pictures/${name}`)
  expect(named.toSorted()).toEqual(made.toSorted())
  for (const path of named) expect(readFileSync(`${root}${path}`).subarray(1, 4).toString(), path).toBe('PNG')
  for (const [, words = ''] of readme.matchAll(/(?:!\[|alt=")([^\]"]*)/g)) expect(words.length).toBeGreaterThan(20)
})
