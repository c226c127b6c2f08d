/** Who is in doubt, from the plan's warning to the last of them settled. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver
/** Whose answers are lost, their mail having been taken. */
let lost: Set<string>
let slow: boolean

beforeEach(async () => {
  slow = false
  lost = new Set(['p3@example.org', 'p5@example.org', 'p8@example.org'])
  receiver = await startSmtpReceiver({
    behave(event) {
      if (event.stage !== 'message') return undefined
      return lost.has(event.to) ? { drop: true } : slow ? { delayMs: 40 } : undefined
    },
  })
  place = new Workplace({
    'body.hbs': body,
    'campaign.yml': campaign({ routes: smtpRoute(receiver.port) }),
    'list.csv': list(10),
  })
  const sent = await place.run(['send', 'campaign.yml', '--yes', '--json'])
  expect(sent.code).toBe(3)
  expect(summaryOf(sent.stdout).counts).toMatchObject({ accepted: 7, in_doubt: 3 })
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

const counts = async (): Promise<Readonly<Record<string, number>>> =>
  summaryOf((await place.run(['report', '--format', 'json'])).stdout).counts

const withoutChance = (text: string): string =>
  text.replace(/\d{8}-[a-z2-9]{6}/g, 'RUN').replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+/g, 'TIME')

describe('everybody in doubt is named, and nobody is mailed again by chance', () => {
  test('status counts them, status --in-doubt and report name them; exit 3', async () => {
    const status = await place.run(['status'])
    expect(status.code).toBe(3)
    expect(status.stdout).toContain('in doubt 3')
    const named = await place.run(['status', '--in-doubt'])
    expect(named.code).toBe(3)
    expect(withoutChance(named.stdout)).toMatchInlineSnapshot(`
      "RUN  test  3 recipients in doubt
        p3@example.org  line 5   smtp  since TIME
        p5@example.org  line 7   smtp  since TIME
        p8@example.org  line 10  smtp  since TIME
        smtp: An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision.
        to settle them: mailblast settle RUN
      "
    `)
    const report = await place.run(['report'])
    expect(report.code).toBe(3)
    for (const each of lost) expect(report.stdout).toContain(each)
    const json = await place.run(['status', '--in-doubt', '--json'])
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).address),
    ).toEqual([...lost])
  })

  test('resume, retry and send leave them alone', async () => {
    for (const args of [
      ['resume', '--all'],
      ['retry', '--failed', '--yes'],
      ['send', 'campaign.yml', '--yes'],
    ])
      await place.run(args)
    expect(receiver.messages.length).toBe(7)
    expect(await counts()).toMatchObject({ in_doubt: 3 })
  })
})

describe('settle', () => {
  test('cannot ask an SMTP server, says so, and changes nothing', async () => {
    const settled = await place.run(['settle'])
    expect(settled.code).toBe(3)
    expect(withoutChance(settled.stdout)).toMatchInlineSnapshot(`
      "! run RUN: 0 recipients settled, 3 still in doubt
        3 in doubt on smtp: An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision. (e.g. p3@example.org)
        What the provider's log says, you can say: mailblast settle RUN --as accepted, or --as failed.
        --resend mails them again; who has it already then gets it twice.
      "
    `)
    expect(await counts()).toMatchObject({ accepted: 7, in_doubt: 3 })
  })

  test('--as accepted: the operator has found them in the server’s log', async () => {
    const settled = await place.run(['settle', '--as', 'accepted'])
    expect(settled.code).toBe(0)
    expect(withoutChance(settled.stdout)).toMatchInlineSnapshot(`
      "run RUN: 3 recipients settled as accepted on your word
      "
    `)
    expect(await counts()).toMatchObject({ accepted: 10, in_doubt: 0 })
    expect((await place.run(['status'])).code).toBe(0)
    const csv = (await place.run(['report', '--format', 'csv'])).stdout
    expect(csv.split('\n').filter(line => line.endsWith(',operator')).length).toBe(3)
    expect((await place.run(['settle'])).stdout).toBe('nobody is in doubt, there is nothing to settle\n')
  })

  test('--as failed, one person only; then retry mails her', async () => {
    const settled = await place.run(['settle', '--as', 'failed', '--only', 'p5@example.org'])
    expect(settled.code).toBe(3)
    expect(withoutChance(settled.stdout)).toMatchInlineSnapshot(`
      "run RUN: 1 recipient settled as failed on your word
        to mail them again: mailblast retry RUN --failed --class unknown
        still in doubt: 2
      "
    `)
    expect(await counts()).toMatchObject({ failed: 1, in_doubt: 2 })
    lost.clear()
    const retried = await place.run(['retry', '--failed', '--class', 'unknown', '--yes=1', '--json'])
    expect(summaryOf(retried.stdout).counts).toMatchObject({ accepted: 8, failed: 0, in_doubt: 2 })
  })

  test('a mistake is said, exit 2, and nothing is done', async () => {
    const mistakes = [
      ['--as', 'failed', '--only', 'p1@example.org'],
      ['--as', 'failed', '--only', 'ada'],
      ['--only', 'p5@example.org'],
      ['--as', 'failed', '--resend'],
      ['--resend'],
      ['--resend', '--yes'],
      ['--resend', '--yes=10'],
    ]
    const said: string[] = []
    for (const args of mistakes) {
      const { code, stderr } = await place.run(['settle', ...args])
      said.push(`${args.join(' ')} (${code}): ${withoutChance(stderr).split('\n')[0]}`)
    }
    expect(said).toMatchInlineSnapshot(`
      [
        "--as failed --only p1@example.org (2): mailblast: not in doubt in run RUN: p1@example.org; nothing was done",
        "--as failed --only ada (2): mailblast: --only ada: the address has no @",
        "--only p5@example.org (2): mailblast: --only is for --as and --resend",
        "--as failed --resend (2): error: option '--as <state>' cannot be used with option '--resend'",
        "--resend (2): mailblast: 3 people in doubt may get a second copy; nothing was sent",
        "--resend --yes (2): mailblast: 3 people in doubt may get a second copy; nothing was sent",
        "--resend --yes=10 (2): mailblast: --yes=10, but 3 people in doubt would be mailed again; nothing was sent",
      ]
    `)
    expect(await counts()).toMatchObject({ accepted: 7, in_doubt: 3 })
    expect(receiver.messages.length).toBe(7)
  })

  test('--resend mails exactly them again, and the report does not forget it', async () => {
    lost.clear()
    const settled = await place.run(['settle', '--resend', '--yes=3', '--json'])
    expect(settled.code).toBe(0)
    expect(summaryOf(settled.stdout).counts).toMatchObject({ accepted: 10, in_doubt: 0 })
    expect(receiver.messages.slice(7).map(message => message.to)).toEqual([
      'p3@example.org',
      'p5@example.org',
      'p8@example.org',
    ])
    const ids = receiver.messages.map(message => /^Message-ID: (.*)\r$/m.exec(String(message.bytes))?.[1])
    expect(new Set(ids).size).toBe(10)
    expect((await place.run(['report'])).stdout).toContain('the operator had it sent again; it may have arrived twice')
  })

  test('--resend mails nobody but them: while others wait, it leaves them all to resume', async () => {
    await place.run(['settle', '--as', 'accepted'])
    place.write('list.csv', list(30))
    lost = new Set(['p12@example.org'])
    slow = true
    const running = place.start(['send', 'campaign.yml', '--yes', '--json'])
    await running.said('"state":"in doubt"')
    running.child.kill('SIGINT')
    expect((await running.finished).code).toBe(4)
    const sent = receiver.messages.length
    lost.clear()
    const settled = await place.run(['settle', '--resend', '--yes=1'])
    expect(settled.code).toBe(4)
    expect(withoutChance(settled.stdout)).toMatch(
      /^run RUN: 1 recipient will be sent to again, with \d+ who are waiting/,
    )
    expect(receiver.messages.length).toBe(sent)
    slow = false
    expect((await place.run(['resume'])).code).toBe(0)
    expect(new Set(receiver.messages.map(message => message.to)).size).toBe(30 - 3)
  })

  test('a person suppressed meanwhile is not mailed again', async () => {
    lost.clear()
    await place.run(['suppress', 'add', 'p5@example.org'])
    const settled = await place.run(['settle', '--resend', '--yes=3', '--json'])
    expect(settled.code).toBe(3)
    expect(settled.stderr).toContain('1 recipient not sent again')
    expect(summaryOf(settled.stdout).counts).toMatchObject({ accepted: 9, in_doubt: 1 })
  })
})

test('the plan says for each route what a lost answer means', async () => {
  const routes = `${smtpRoute(receiver.port)}\n${sendgridRoute('http://127.0.0.1:1')}`
  place.write('two.yml', campaign({ routes }))
  const env = { SENDGRID_API_KEY: 'SG.key' }
  const { stderr } = await place.run(['send', 'two.yml', '--dry-run', '--journal', 'other.db'], { env })
  expect(stderr.split('\n').filter(line => line.includes('if an answer'))).toMatchInlineSnapshot(`
    [
      "           if an answer of smtp is lost: An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision.",
      "           if an answer of sendgrid is lost: SendGrid cannot be made to ignore a repeated call; \`mailblast settle\` asks its Email Activity (a paid addition) whom it took, and whoever it does not show waits for your decision.",
    ]
  `)
})
