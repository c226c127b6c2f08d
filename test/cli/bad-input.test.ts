/** Every mistake a user can make ends with exit 2, one clear message, and nothing sent or written over. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'campaign.yml': campaign({ routes: outboxRoute }), 'list.csv': list(3) })
})

afterEach(() => place.remove())

async function refusal(args: readonly string[] = ['send', 'campaign.yml', '--yes'], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await place.run(args, { env })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(existsSync(place.path('outbox'))).toBe(false)
  expect(stderr).not.toMatch(/\n\s+at /)
  return stderr.replaceAll(place.folder, 'FOLDER')
}

/** A campaign with one line of it replaced. */
function withLine(from: string, to: string): string {
  return campaign({ routes: outboxRoute }).replace(from, to)
}

describe('the campaign file', () => {
  test.each<[string, string | null]>([
    ['is not there', null],
    ['is empty', ''],
    ['is not YAML', 'name: [\nfrom: x'],
    ['is not a mapping', '- a\n- b\n'],
    ['has an unknown key', withLine('subject:', 'reply-to: a@b.example\nsubject:')],
    ['has an unknown provider', withLine('provider: outbox', 'provider: sendgird')],
    ['has a variable that is not set', withLine('from: Acme News <news@acme.example>', 'from: ${SENDER}')],
    [
      'has a secret that is not set',
      withLine('provider: outbox', 'provider: sendgrid\n    api_key: ${SENDGRID_API_KEY}'),
    ],
    ['has a secret in it', withLine('provider: outbox', 'provider: sendgrid\n    api_key: SG.very-secret')],
    ['has a from that is no address', withLine('Acme News <news@acme.example>', 'Acme News')],
    [
      'has a header with a line break',
      withLine('recipients:', 'headers: { X-Campaign: "a\\nBcc: eve@example.net" }\nrecipients:'),
    ],
    ['has a rate that is none', withLine('provider: outbox', 'provider: outbox\n    rate: fast')],
    ['has a threshold that is none', withLine('routes:', 'guard: { stop_when: [bounces are high] }\nroutes:')],
    ['has no routes', withLine('routes:\n  - provider: outbox\n', '')],
  ])('%s', async (_, text) => {
    if (text === null) expect(await refusal(['send', 'nowhere.yml'])).toMatchSnapshot()
    else {
      place.write('campaign.yml', text)
      const said = await refusal()
      expect(said).not.toContain('very-secret')
      expect(said).toMatchSnapshot()
    }
  })
})

describe('the list', () => {
  test.each<[string, string | Buffer | null]>([
    ['is not there', null],
    ['is empty', ''],
    ['has only a header', 'email,name,city\n'],
    ['has no column with the address', 'mail_address,name,city\nada@example.org,Ada,\n'],
    ['lacks a column that the template prints', 'email,nmae,city\nada@example.org,Ada,\n'],
    ['has a column twice', 'email,name,name,city\nada@example.org,Ada,A,\n'],
    ['is a spreadsheet', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(200, 7)])],
    ['is not UTF-8', Buffer.from('email,name,city\nada@example.org,Andr\xe9,\n', 'latin1')],
    ['has rows that cannot be rendered', 'email,name,city\nada@example.org,Ada,\nbob@example.org,,Paris\n'],
    ['has no row that can be mailed', 'email,name,city\nnobody,Ada,\n'],
  ])('%s', async (_, text) => {
    if (text === null) place.write('campaign.yml', withLine('list.csv', 'nowhere.csv'))
    else place.write('list.csv', text)
    expect(await refusal()).toMatchSnapshot()
    expect((await place.run(['status'])).stdout).toBe('no runs yet\n')
  })
})

describe('the templates', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['syntax error', { 'body.hbs': '<p>Hello</p>\n<p>{{#if name}}x</p>' }],
    ['unknown partial', { 'body.hbs': '<p>{{> footer}}</p>' }],
    ['unknown helper', { 'body.hbs': '<p>{{shout name}}</p>' }],
    ['missing template', { 'campaign.yml': withLine('body.hbs', 'nowhere.hbs') }],
    ['missing layout', { 'campaign.yml': withLine('template:', 'layout: nowhere.hbs\ntemplate:') }],
    ['missing attachment', { 'campaign.yml': withLine('template:', 'attachments: [nowhere.pdf]\ntemplate:') }],
  ])('%s', async (_, files) => {
    for (const [name, text] of Object.entries(files)) place.write(name, text)
    expect(await refusal()).toMatchSnapshot()
  })
})

describe('the journal', () => {
  test('is not a database', async () => {
    place.write(
      'journal.db',
      'this is text and not a database, whatever its name says; it is long enough to have a header '.repeat(5),
    )
    const before = readFileSync(place.path('journal.db'))
    expect(await refusal(['send', 'campaign.yml', '--journal', 'journal.db'])).toMatchSnapshot()
    expect(readFileSync(place.path('journal.db')).equals(before)).toBe(true)
  })

  test('lies in a folder that cannot be made', async () => {
    place.write('file', '')
    expect(await refusal(['send', 'campaign.yml', '--journal', 'file/journal.db'])).toMatchSnapshot()
  })

  test('is a folder', async () => {
    mkdirSync(place.path('journal.db'))
    expect(await refusal(['send', 'campaign.yml', '--journal', 'journal.db'])).toMatchSnapshot()
  })

  test('is not there, or has no such run', async () => {
    expect(await refusal(['resume'])).toMatchSnapshot()
    await place.run(['send', 'campaign.yml', '--dry-run'])
    expect(await refusal(['resume', 'abc'])).toMatchSnapshot()
    expect(await refusal(['report'])).toMatchSnapshot()
  })
})

describe('the command line', () => {
  test.each([
    [['sned', 'campaign.yml']],
    [['send']],
    [['send', 'campaign.yml', '--limit', '0']],
    [['send', 'campaign.yml', '--wait', 'long']],
    [['send', 'campaign.yml', '--yes=many']],
    [['send', 'campaign.yml', '--var', 'novalue']],
    [['send', 'campaign.yml', '--test-to', 'nobody']],
    [['retry', 'campaign.yml']],
    [['suppress', 'add', 'nobody']],
    [['report', '--format', 'pdf']],
  ])('%j', async args => {
    expect(await refusal(args)).toMatchSnapshot()
  })
})

test('a line break smuggled in through a cell is never sent: its row is a row problem', async () => {
  place.write('campaign.yml', `headers: { X-City: '{{city}}' }\n${campaign({ routes: outboxRoute })}`)
  place.write(
    'list.csv',
    'email,name,city\nada@example.org,Ada,London\nbob@example.org,"Bob\nBcc: eve@example.net",Paris\ncat@example.org,Cat,"Rome\r\nBcc: eve@example.net"\n"dan@example.org\nBcc: eve@example.net",Dan,Oslo\n',
  )
  const { code, stdout } = await place.run(['send', 'campaign.yml', '--skip-bad-rows', '--json'])
  expect(code).toBe(0)
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect(summary.counts).toMatchObject({ rows: 4, accepted: 1, row_problems: 3 })
  expect(readFileSync(summary.rejects_file, 'utf8')).toMatchSnapshot()
})

test('a good row is mailed although a bad one with the same address stands before it', async () => {
  place.write('list.csv', 'email,name,city\nada@example.org,,\nada@example.org,Ada,\nada@example.org,Ada again,\n')
  const { stdout } = await place.run(['send', 'campaign.yml', '--skip-bad-rows', '--json'])
  const { counts } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect(counts).toMatchObject({ rows: 3, accepted: 1, skipped: 1, row_problems: 1 })
})
