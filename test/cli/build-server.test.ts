/** A delivery on a build server: folded lines, errors beside the job, and a summary of it. */

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver

beforeEach(async () => {
  receiver = await startSmtpReceiver({
    behave: event =>
      event.stage === 'rcpt' && event.to === 'p1@example.org'
        ? { reply: '550 5.1.1 No\u0007 ::warning::such user' }
        : undefined,
  })
  place = new Workplace({
    'campaign.yml': campaign({ routes: smtpRoute(receiver.port) }),
    'body.hbs': body,
    'list.csv': list(3),
    'summary.md': 'of an earlier step\n',
  })
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

function known(text: string): string {
  return text.replace(/\d{8}-[a-z0-9]{6}/g, 'RUN').replace(/[0-9a-f]{32}/g, 'TOKEN')
}

test('GitHub Actions', async () => {
  const env = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_STEP_SUMMARY: place.path('summary.md') }
  const { code, stdout, stderr } = await place.run(
    ['send', 'campaign.yml', '--yes', '--fail-on', 'failure_rate > 1%'],
    { env },
  )
  expect(code).toBe(3)
  const told = known(stderr)
  expect(told.slice(told.indexOf('::group::'))).toMatchInlineSnapshot(`
    "::group::mailblast sends test
    ::stop-commands::TOKEN
    run RUN: 3 messages to send
    ::TOKEN::
    ::endgroup::
    ::error title=mailblast%3A test::threshold crossed: failure_rate > 1%25: 33.3%25 (1 of 3)
    ::error title=mailblast%3A test::1 message failed, hard: 550 5.1.1 No ::warning::such user, e.g. p1@example.org
    "
  `)
  const lines = known(stdout).trimEnd().split('\n')
  expect([lines[0], lines.at(-1)]).toEqual(['::stop-commands::TOKEN', '::TOKEN::'])
  const summary = readFileSync(place.path('summary.md'), 'utf8')
  expect(summary).toMatch(
    /^of an earlier step\n## ! `test`: finished, 2 of 3 messages accepted, 1 failed, 1 threshold crossed\n/,
  )
  expect(summary).toContain('| `hard: 550 5.1.1 No ::warning::such user` | 1 | `p1@example.org` |')
})

test('NDJSON stays NDJSON there, and a summary that cannot be written is no failure of the delivery', async () => {
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: place.path('nowhere/summary.md') }
  const { code, stdout, stderr } = await place.run(['send', 'campaign.yml', '--yes', '--json'], { env })
  expect(code).toBe(3)
  expect(summaryOf(stdout).counts.accepted).toBe(2)
  for (const line of stdout.trimEnd().split('\n')) JSON.parse(line)
  expect(stderr).toContain('the job summary could not be written (ENOENT)\n')
})

test('report --format markdown', async () => {
  await place.run(['send', 'campaign.yml', '--yes'])
  const { code, stdout } = await place.run(['report', '--format', 'markdown'])
  expect(code).toBe(3)
  expect(stdout).toMatch(/^## ! `test`: finished, 2 of 3 messages accepted, 1 failed\n/)
})
