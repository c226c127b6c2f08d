/** `show`: one person's story, as it really comes about. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver

beforeEach(async () => {
  receiver = await startSmtpReceiver({
    behave: event =>
      event.stage === 'rcpt' && event.to === 'p1@example.org' ? { reply: '550 5.1.1 No such user' } : undefined,
  })
  place = new Workplace({
    'campaign.yml': campaign({ routes: smtpRoute(receiver.port) }),
    'body.hbs': body,
    'list.csv': list(2),
  })
  expect((await place.run(['send', 'campaign.yml', '--yes'])).code).toBe(3)
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

function known(text: string): string {
  return text
    .replace(/\d{8}-[a-z0-9]{6}/g, 'RUN')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replace(/\d+ ms|[\d.]+ s/g, 'LONG')
    .replace(/as \S+/g, 'as ID')
}

test('who was accepted, and who was not and is suppressed since', async () => {
  const good = await place.run(['show', 'p0@example.org'])
  expect([good.code, good.stderr]).toEqual([0, ''])
  expect(known(good.stdout)).toMatchInlineSnapshot(`
    "p0@example.org
    not suppressed

    RUN  test  accepted TIME
      line 2 · key test · run started TIME
      Message-ID <7de1c62f0bae26360358194ae624d988@acme.example>
      1st call  TIME  smtp  LONG  accepted as ID
    "
  `)
  const bad = await place.run(['show', 'P1@EXAMPLE.org'])
  expect(bad.code).toBe(0)
  expect(known(bad.stdout)).toMatchInlineSnapshot(`
    "P1@example.org
    suppressed since TIME: hard bounce (run RUN: 550 5.1.1 No such user)

    RUN  test  failed TIME
      line 3 · key test · run started TIME
      Message-ID <3d89e915216c00c4dac24a86d56b3670@acme.example>
      1st call  TIME  smtp  LONG  failed, hard: 550 5.1.1 No such user
    "
  `)
})

test('the Message-ID is the one that was sent', async () => {
  const { stdout } = await place.run(['show', 'p0@example.org', '--json'])
  const { runs } = JSON.parse(stdout) as {
    runs: readonly { message_id: string; state: string; calls: readonly object[] }[]
  }
  expect(runs.map(({ state, calls }) => [state, calls.length])).toEqual([['accepted', 1]])
  expect(receiver.messages[0]?.bytes.toString()).toContain(runs[0]?.message_id)
})

test('nobody has heard of her, or she is no address', async () => {
  const nobody = await place.run(['show', 'nobody@example.org'])
  expect([nobody.code, nobody.stdout, nobody.stderr]).toEqual([
    2,
    '',
    'mailblast: the journal has never heard of nobody@example.org\n  look at the spelling; --journal PATH names another journal\n',
  ])
  const none = await place.run(['show', 'nobody'])
  expect([none.code, none.stderr]).toEqual([2, 'mailblast: nobody: the address has no @\n  give one bare address\n'])
})
