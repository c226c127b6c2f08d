/** Commands on runs that exist: retry, cancel, suppress, status, report. */

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { startSendGridReceiver } from '../support/sendgrid-receiver.ts'
import { type Misbehaviour, type ReceiverEvent, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(10) })
})

afterEach(() => place.remove())

/** A server that refuses some and puts off one, until told to be kind. */
async function moodyReceiver() {
  const mood = { kind: false }
  const replies: Readonly<Record<string, string>> = {
    'p1@example.org': '550 5.1.1 No such user here',
    'p2@example.org': '552 5.3.4 Message too big for system',
    'p3@example.org': '452 4.2.2 Mailbox full',
  }
  const behave = (event: ReceiverEvent): Misbehaviour | undefined => {
    const reply = event.stage === 'rcpt' && !mood.kind ? replies[event.to] : undefined
    return reply === undefined ? undefined : { reply }
  }
  return { mood, receiver: await startSmtpReceiver({ behave }) }
}

test('a run with failures: send, report, resume, retry and what each says', async () => {
  const { mood, receiver } = await moodyReceiver()
  try {
    place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
    const sent = await place.run(['send', 'campaign.yml', '--yes', '--wait', '1s'])
    expect(sent.code).toBe(4)
    expect(withoutTimes(sent.stdout)).toMatchInlineSnapshot(`
      "… test (run RUN): not finished, 1 recipient still waiting
        stopped: nothing more is due for now
        next due: TIME

      Every row of the list
        accepted       7
        failed         2  content 1, hard 1
        skipped        0
        in doubt       0
        waiting        1
        row problems   0
        rows          10  = the sum of the above

      Failures
        1  content: 552 5.3.4 Message too big for system  e.g. p2@example.org
        1  hard: 550 5.1.1 No such user here  e.g. p1@example.org
        content: Look at its size, attachments and links.
        hard: Take the address out of the list. It is suppressed here.
        As a list that can be sent again: mailblast report RUN --failed --format csv

      Waiting because of
        1  soft: 452 4.2.2 Mailbox full  e.g. p3@example.org

      What waits
        1  soft  due TIME

      By route
              accepted  failed  in doubt  waiting  calls  p50 p95
        smtp         7       2         0        1     10  N ms N ms

      By receiving site
                     accepted  failed  in doubt  waiting
        example.org         7       2         0        1

      What to do
        - Clean the list before it is used again, and look at where its addresses come from. 11.1% bounced hard (1 of 9); more than 2.0% harms the sender's name. Those addresses are suppressed here.
        - Look at the message itself: its size, its attachments, its links. 1 message was refused for what it is.
        - Go on with the run, with mailblast resume. 1 recipient still waits.

      results  .mailblast/RUN/results.csv
      report   mailblast report RUN
      go on    mailblast resume RUN
      "
    `)

    const csv = await place.run(['report', '--format', 'csv'])
    expect(withoutTimes(csv.stdout)).toMatchInlineSnapshot(`
      "line,email,state,reason,class,code,status,text,route,attempts,provider_id,due_at,changed_at,message_id,settled_by
      2,p0@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      3,p1@example.org,failed,,hard,550,5.1.1,No such user here,smtp,1,,,TIME,<ID@acme.example>,
      4,p2@example.org,failed,,content,552,5.3.4,Message too big for system,smtp,1,,,TIME,<ID@acme.example>,
      5,p3@example.org,waiting,,soft,452,4.2.2,Mailbox full,smtp,1,,TIME,TIME,<ID@acme.example>,
      6,p4@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      7,p5@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      8,p6@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      9,p7@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      10,p8@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      11,p9@example.org,accepted,,,,,,smtp,1,<ID@acme.example>,,TIME,<ID@acme.example>,
      "
    `)

    const status = await place.run(['status'])
    expect(withoutTimes(status.stdout)).toMatchInlineSnapshot(`
      "RUN  test  stopped: nothing more is due for now; next due in N s
        10 rows: accepted 7 · failed 2 · in doubt 0 · waiting 1 · skipped 0 · row problems 0
        key test · started TIME
      "
    `)

    mood.kind = true
    const retried = await place.run(['retry', '--failed', '--yes', '--wait', '1s', '--json'])
    expect(retried.code).toBe(4)
    // p1 is suppressed by her hard bounce and is not tried again; p3 is not due yet.
    expect(summaryOf(retried.stdout).counts).toMatchObject({ accepted: 8, failed: 1, waiting: 1 })
    expect(receiver.messages.filter(message => message.to === 'p2@example.org').length).toBe(1)
    expect(receiver.messages.filter(message => message.to === 'p1@example.org').length).toBe(0)
  } finally {
    await receiver.close()
  }
})

test('cancel gives up on those who wait; a later send under the key mails them', async () => {
  const { mood, receiver } = await moodyReceiver()
  try {
    place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
    await place.run(['send', 'campaign.yml', '--yes', '--wait', '1s'])
    const cancelled = await place.run(['cancel', 'campaign.yml'])
    expect(cancelled.code).toBe(0)
    expect(cancelled.stdout).toContain('1 recipient will not be mailed')
    expect((await place.run(['resume'])).code).toBe(2)
    const report = await place.run(['report'])
    expect(report.code).toBe(3)
    expect(report.stdout.split('\n')[0]).toMatch(
      /^! test \(run \S+\): cancelled, 7 of 10 messages accepted, 2 failed, 1 given up$/,
    )
    mood.kind = true
    const again = await place.run(['send', 'campaign.yml', '--yes', '--json'])
    expect(summaryOf(again.stdout).counts).toMatchObject({ accepted: 2, skipped: 8 })
  } finally {
    await receiver.close()
  }
})

describe('suppress', () => {
  test('add, list, remove, import, export; and nobody on it is mailed', async () => {
    place.write('campaign.yml', campaign({ routes: outboxRoute }))
    expect(
      (await place.run(['suppress', 'add', 'P3@EXAMPLE.org', 'p4@example.org', '--reason', 'complaint'])).stdout,
    ).toBe('2 addresses suppressed, 0 suppressed before\n')
    place.write('gone.csv', 'email,reason\np5@example.org,unsubscribed\nnot an address,\np4@example.org,manual\n')
    const imported = await place.run(['suppress', 'import', 'gone.csv'])
    expect(imported.code).toBe(3)
    expect(imported.stdout + imported.stderr).toMatchInlineSnapshot(`
      "1 address suppressed, 1 suppressed before, 1 bad row
      gone.csv:3: email: the address has no @; left out
      "
    `)
    expect((await place.run(['suppress', 'remove', 'p4@example.org'])).stdout).toBe(
      '1 address allowed again, 0 not suppressed before\n',
    )
    await place.run(['suppress', 'export', 'all.csv'])
    expect(readFileSync(place.path('all.csv'), 'utf8').replace(/T[\d:.]+Z/g, '')).toMatch(
      /^email,reason,source,at\np3@example.org,complaint,command line,[\d-]+\np5@example.org,unsubscribed,import of gone.csv,[\d-]+\n$/,
    )
    expect((await place.run(['suppress', 'export', 'all.csv'])).code).toBe(2)
    const sent = await place.run(['send', 'campaign.yml', '--json'])
    // Whoever asked not to be mailed did not mean one spelling of the address.
    expect(summaryOf(sent.stdout).counts).toMatchObject({ accepted: 8, skipped: 2 })
  })
})

/** Ids, times and ports differ from run to run; what is said does not. */
function withoutTimes(text: string): string {
  return text
    .replace(/\d{8}-[a-z0-9]{6}/g, 'RUN')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+/g, 'TIME')
    .replace(/<[0-9a-f]{32}@/g, '<ID@')
    .replace(/OK: message queued\S*/g, 'queued')
    .replace(/ p50 +p95$/gm, ' p50 p95')
    .replace(/ [\d.]+ m?s +[\d.]+ m?s$/gm, ' N ms N ms')
    .replace(/in (\d+ min \d+ s|\d+ min|\d+ s)\b/g, 'in N s')
}

describe('retry', () => {
  test('asks for everybody whom it will send to, those who wait included', async () => {
    const { receiver } = await moodyReceiver()
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      await place.run(['send', 'campaign.yml', '--yes', '--wait', '1s'])
      const refused = await place.run(['retry', '--failed', '--yes=2'])
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('--yes=2, but there are 3 messages to send')
    } finally {
      await receiver.close()
    }
  })

  test('changes nothing where it cannot send', async () => {
    const receiver = await startSendGridReceiver({
      apiKey: 'SG.key',
      misbehave: ({ to }) =>
        to.includes('p1@example.org') && to.length === 1 ? { kind: 'refuse', saying: 'content', about: 0 } : undefined,
    })
    try {
      place.write('campaign.yml', campaign({ routes: sendgridRoute(receiver.url, ', batch: off') }))
      const env = { SENDGRID_API_KEY: 'SG.key' }
      expect((await place.run(['send', 'campaign.yml', '--yes'], { env })).code).toBe(3)
      expect((await place.run(['retry', '--failed', '--yes'])).code).toBe(2)
      const { stdout } = await place.run(['report', '--format', 'json'])
      expect(JSON.parse(stdout)).toMatchObject({ state: 'finished', counts: { accepted: 9, failed: 1, waiting: 0 } })
    } finally {
      await receiver.close()
    }
  })
})

describe('in doubt', () => {
  test('stays in doubt for later sends of the key, which do not call themselves done', async () => {
    const receiver = await startSendGridReceiver({
      apiKey: 'SG.key',
      misbehave: ({ to }) => (to.includes('p1@example.org') ? { kind: 'drop', take: true } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: sendgridRoute(receiver.url, ', batch: off') }))
      const env = { SENDGRID_API_KEY: 'SG.key' }
      const first = await place.run(['send', 'campaign.yml', '--yes', '--json'], { env })
      expect(first.code).toBe(3)
      expect(summaryOf(first.stdout).in_doubt.map(each => each.address)).toEqual(['p1@example.org'])
      const second = await place.run(['send', 'campaign.yml', '--yes'], { env })
      expect(second.code).toBe(3)
      expect(second.stdout).toContain(
        '! test: nothing to send. 10 rows: 9 already had it, 1 in doubt from an earlier run',
      )
      expect(receiver.deliveries.filter(delivery => delivery.to === 'p1@example.org').length).toBe(1)
    } finally {
      await receiver.close()
    }
  })
})
