/** `--quiet` and `--log`: what is said while a run goes on, and what is written down of it. */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver

beforeEach(async () => {
  receiver = await startSmtpReceiver()
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(5) })
  place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

test('quiet: the report alone, and the plan where its number is to be agreed to', async () => {
  const quiet = await place.run(['send', 'campaign.yml', '--yes', '--quiet'])
  expect([quiet.code, quiet.stderr]).toEqual([0, ''])
  expect(quiet.stdout).toContain('done, 5 of 5 messages accepted')
  place.write('list.csv', list(6))
  const counted = await place.run(['send', 'campaign.yml', '--yes=9', '--quiet'])
  expect(counted.code).toBe(2)
  expect(counted.stderr).toContain('test: 1 message to send')
})

test('log: every notice is appended, run after run, to a file that only its owner can read', async () => {
  expect((await place.run(['send', 'campaign.yml', '--yes', '--quiet', '--log', 'mail.log'])).code).toBe(0)
  place.write('list.csv', list(6))
  expect((await place.run(['send', 'campaign.yml', '--yes', '--log', 'mail.log'])).code).toBe(0)
  const path = join(place.folder, 'mail.log')
  const notices = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { type: string })
  const types = notices.map(notice => notice.type)
  expect(types.filter(type => type !== 'settled')).toEqual(['started', 'ended', 'started', 'ended'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a log that cannot be written stops the send before anything leaves', async () => {
  const { code, stderr } = await place.run(['send', 'campaign.yml', '--yes', '--log', 'nowhere/mail.log'])
  expect(code).toBe(2)
  expect(stderr).toContain('--log nowhere/mail.log cannot be written (ENOENT)')
  expect(receiver.messages).toEqual([])
  expect((await place.run(['send', 'campaign.yml', '--yes'])).code).toBe(0)
})
