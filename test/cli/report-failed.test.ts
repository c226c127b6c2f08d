/** `report --failed`: who failed, for people, for programs, and as a list that is sent to again. */

import { type ParsedMail, simpleParser } from 'mailparser'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { campaign, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { type Received, type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

const body = '<p>{{name}}: {{default note "nothing"}} ({{Email}}, {{[ö;ö]}}, {{email}}) [{{default [a, b] "-"}}]</p>'

/** Cells that a spreadsheet, a careless reader or a careless writer would change. */
const list = `"name",Email,note,"ö;ö","a, b"
=1+1,p0@example.org,"He said ""no"", and
  left.",  two spaces ,'
-2, P1@Example.org,,🎈,"
"
+3,p2@example.org,@x,|,""
"Ada, of 4",p3@example.org,plain,;,x
five,p4@example.org, ,|,"	"""
`

const replies: Readonly<Record<string, string>> = {
  'p0@example.org': '552 5.3.4 Message too big for system',
  'P1@example.org': '554 5.6.0 =odd, "for now"',
  'p2@example.org': '550 5.1.1 No such user here',
  'p4@example.org': '552 5.3.4 Message too big for system',
}

let place: Workplace
let receiver: SmtpReceiver
let kind = false

beforeEach(async () => {
  kind = false
  place = new Workplace({ 'body.hbs': body, 'list.csv': list })
  receiver = await startSmtpReceiver({
    behave: event => {
      const reply = event.stage === 'rcpt' && !kind ? replies[event.to] : undefined
      return reply === undefined ? undefined : { reply }
    },
  })
  write('test', 'list.csv')
  expect((await place.run(['send', 'test.yml', '--yes'])).code).toBe(3)
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

function write(name: string, recipients: string): void {
  const text = campaign({ routes: smtpRoute(receiver.port) })
  place.write(`${name}.yml`, text.replace('name: test', `name: ${name}`).replace('list.csv', recipients))
}

function withoutRun(text: string): string {
  return text.replace(/\d{8}-[a-z0-9]{6}/g, 'RUN')
}

test('names them, with what was said, and how to get them as a list', async () => {
  const { code, stdout } = await place.run(['report', '--failed'])
  expect(code).toBe(3)
  expect(withoutRun(stdout)).toMatchInlineSnapshot(`
    "RUN  test  4 recipients failed
      p0@example.org  line 2  content  552 5.3.4  Message too big for system
      P1@example.org  line 4  content  554 5.6.0  =odd, "for now"
      p2@example.org  line 6  hard     550 5.1.1  No such user here
      p4@example.org  line 8  content  552 5.3.4  Message too big for system
      As a list that can be sent again: mailblast report RUN --failed --format csv
    "
  `)
  const some = await place.run(['report', '--failed', '--class', 'hard, block'])
  expect(some.code).toBe(3)
  expect(withoutRun(some.stdout)).toMatchInlineSnapshot(`
    "RUN  test  1 recipient failed with class hard, block
      p2@example.org  line 6  hard  550 5.1.1  No such user here
      As a list that can be sent again: mailblast report RUN --failed --class hard,block --format csv
    "
  `)
  expect(withoutRun((await place.run(['report', '--failed', '--class', 'soft'])).stdout)).toMatchInlineSnapshot(`
    "RUN  test  nobody has failed with class soft
    "
  `)
})

test('as JSON: one object with everybody in it', async () => {
  const { code, stdout } = await place.run(['report', '--failed', '--format', 'json', '--class', 'content,soft'])
  expect(code).toBe(3)
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'failed',
    version: 1,
    campaign: 'test',
    key: 'test',
    state: 'finished',
    classes: ['content', 'soft'],
    count: 3,
    failed: [
      { address: 'p0@example.org' },
      {
        address: 'P1@example.org',
        line: 4,
        route: 'smtp',
        attempts: 1,
        cause: { class: 'content', code: '554', status: '5.6.0', text: '=odd, "for now"' },
        fields: { name: '-2', email: 'P1@Example.org', 'ö;ö': '🎈' },
      },
      { address: 'p4@example.org', cause: { class: 'content' } },
    ],
  })
})

test('as CSV: a list that is sent to again, to exactly these and with the same content', async () => {
  const { code, stdout } = await place.run(['report', '--failed', '--format', 'csv', '--class', 'content'])
  expect(code).toBe(3)
  expect(stdout).toMatchInlineSnapshot(`
    "email,name,Email,note,ö;ö,"a, b",mailblast_line,mailblast_class,mailblast_code,mailblast_status,mailblast_text,mailblast_route,mailblast_attempts
    p0@example.org,=1+1,p0@example.org,"He said ""no"", and
      left.",  two spaces ,',2,content,552,5.3.4,Message too big for system,smtp,1
    P1@Example.org,-2, P1@Example.org,,🎈,"
    ",4,content,554,5.6.0,"'=odd, ""for now""",smtp,1
    p4@example.org,five,p4@example.org, ,|,"	""",8,content,552,5.3.4,Message too big for system,smtp,1
    "
  `)
  kind = true
  const before = receiver.messages.length
  place.write('again.csv', stdout)
  write('again', 'again.csv')
  const again = await place.run(['send', 'again.yml', '--yes', '--json'])
  expect([again.code, summaryOf(again.stdout).counts]).toMatchObject([0, { rows: 3, accepted: 3 }])
  const sent = receiver.messages.slice(before)
  expect(sent.map(message => message.to).sort()).toEqual(['P1@example.org', 'p0@example.org', 'p4@example.org'])

  // What the first campaign would have sent them, if it had been taken.
  write('reference', 'list.csv')
  await place.run(['send', 'reference.yml', '--yes'])
  const meant = receiver.messages.slice(before + 3).filter(({ to }) => sent.some(message => message.to === to))
  expect(await contents(sent)).toEqual(await contents(meant))
})

test('as CSV, those who fail again are listed with what became of them then', async () => {
  place.write('again.csv', (await place.run(['report', '--failed', '--format', 'csv', '--class', 'content'])).stdout)
  write('again', 'again.csv')
  expect((await place.run(['send', 'again.yml', '--yes'])).code).toBe(3)
  const first = (await place.run(['report', 'test.yml', '--failed', '--format', 'csv', '--class', 'content'])).stdout
  const second = (await place.run(['report', 'again.yml', '--failed', '--format', 'csv'])).stdout
  expect(second).toBe(first.replace(/,8,content,/, ',6,content,'))
})

test('a class is one of the known, and goes with --failed', async () => {
  const unknown = await place.run(['report', '--failed', '--class', 'soft,bouncy'])
  expect([unknown.code, unknown.stderr]).toMatchInlineSnapshot(`
    [
      2,
      "mailblast: --class bouncy: there is no such class
      the classes are hard, soft, block, content, throttled, quota, auth, config, transient, expired, unknown
    ",
    ]
  `)
  const alone = await place.run(['report', '--class', 'soft'])
  expect([alone.code, alone.stderr]).toMatchInlineSnapshot(`
    [
      2,
      "mailblast: --class is about those who failed
      say --failed as well, or leave it out
    ",
    ]
  `)
})

/** All that a reader sees, by recipient. */
async function contents(messages: readonly Received[]): Promise<Record<string, unknown>> {
  const seen = async ({ to, bytes }: Received): Promise<[string, unknown]> => {
    const { subject, html, text, from }: ParsedMail = await simpleParser(bytes)
    return [to, { subject, html, text, from: from?.text }]
  }
  return Object.fromEntries(await Promise.all(messages.map(seen)))
}
