/** Every example is sent as it stands, to the outbox; what would be in the mailboxes is looked at. */

import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type JsonSummary, summaryOf, Workplace } from './support/mailblast.ts'

const examples = fileURLToPath(new URL('../examples', import.meta.url))

let place: Workplace

beforeEach(() => {
  place = new Workplace()
  cpSync(examples, place.path('examples'), { recursive: true, filter: path => !/\.mailblast|outbox/.test(path) })
})

afterEach(() => place.remove())

async function send(name: string, ...args: string[]): Promise<{ counts: JsonSummary['counts']; mails: ParsedMail[] }> {
  const { code, stdout, stderr } = await place.run(['send', `examples/${name}/campaign.yml`, '--json', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const outbox = place.path(`examples/${name}/outbox`)
  const files = readdirSync(outbox, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.eml'))
  const mails = await Promise.all(files.map(file => simpleParser(readFileSync(`${outbox}/${file}`))))
  return { counts: summaryOf(stdout).counts, mails: mails.sort((a, b) => (recipient(a) < recipient(b) ? -1 : 1)) }
}

function recipient(mail: ParsedMail): string {
  return (mail.to as AddressObject | undefined)?.text ?? ''
}

test('there is no example that is not run here', () => {
  expect(readdirSync(examples).sort()).toEqual(['hello', 'newsletter', 'release-notice'])
})

test('hello', async () => {
  const { counts, mails } = await send('hello')
  expect(counts).toMatchObject({ rows: 3, accepted: 3 })
  expect(mails.map(mail => [recipient(mail), mail.subject, mail.text?.trim()])).toMatchInlineSnapshot(`
    [
      [
        "ada@example.org",
        "Hello Ada",
        "Hello Ada,

    this is a message from mailblast to London.",
      ],
      [
        "bob@example.net",
        "Hello Bob",
        "Hello Bob,

    this is a message from mailblast.",
      ],
      [
        "zoë@bücher.example",
        "Hello Zoë",
        "Hello Zoë,

    this is a message from mailblast to Köln.",
      ],
    ]
  `)
})

test('newsletter: layout, partials, attachment, unsubscribe headers', async () => {
  const { counts, mails } = await send('newsletter')
  expect(counts).toMatchObject({ rows: 6, accepted: 5, row_problems: 1 })
  const grace = mails.find(mail => recipient(mail) === 'grace@example.net')
  expect(grace?.subject).toBe('Grace "Amazing", what is new in November')
  expect(grace?.replyTo?.text).toBe('hello@acme.example')
  expect(grace?.headers.get('x-campaign')).toBe('november')
  expect(grace?.attachments.map(each => each.filename)).toEqual(['terms.txt'])
  expect(
    grace?.headerLines
      .filter(each => each.key.startsWith('list-'))
      .map(each => each.line.replace(/u\/[\w-]{24}/, 'u/TOKEN')),
  ).toMatchInlineSnapshot(`
    [
      "List-Unsubscribe: <https://acme.example/u/TOKEN>,
     <mailto:unsubscribe@acme.example>",
      "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ]
  `)
  expect(grace?.text?.replace(/u\/[\w-]{24}/, 'u/TOKEN')).toMatchInlineSnapshot(`
    "Hello Grace "Amazing",

    thank you for being with us on the Silver plan.

    * Faster deliveries
      https://acme.example/deliveries
    * New: the green line
      https://acme.example/green

    --
    Acme Ltd, 1 Example Street, 12345 Exampletown
    Unsubscribe: https://acme.example/u/TOKEN
    "
  `)
  expect(typeof grace?.html === 'string' && grace.html.replace(/u\/[\w-]{24}/, 'u/TOKEN')).toMatchInlineSnapshot(`
    "<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Acme News</title>
      </head>
      <body style="margin: 0; padding: 24px; background: #f4f4f5; font-family: Helvetica, Arial, sans-serif; color: #18181b">
        <div style="max-width: 600px; margin: 0 auto; padding: 32px; background: #ffffff; border-radius: 8px; line-height: 1.5">
          <h1>Hello Grace &quot;Amazing&quot;</h1>
    <p>Thank you for being with us on the Silver plan.</p>
    <ul>
      <li><a href="https://acme.example/deliveries">Faster deliveries</a></li>
      <li><a href="https://acme.example/green">New: the green line</a></li>
    </ul>

          <p style="margin-top: 32px; font-size: 13px; color: #71717a">
            Acme Ltd, 1 Example Street, 12345 Exampletown<br>
            <a href="https://acme.example/u/TOKEN">Unsubscribe</a>
          </p>
        </div>
      </body>
    </html>
    "
  `)
})

test('release-notice: the version from the command line, once per version', async () => {
  const first = await send('release-notice', '--var', 'version=1.4.0')
  expect(first.counts).toMatchObject({ rows: 3, accepted: 3 })
  expect(first.mails[0]?.subject).toBe('acme-cli 1.4.0 is out')
  expect((await send('release-notice', '--var', 'version=1.4.0')).counts).toMatchObject({ accepted: 0, skipped: 3 })
  expect((await send('release-notice', '--var', 'version=1.4.1')).counts).toMatchObject({ accepted: 3, skipped: 0 })
})
