/** Images within the HTML, from the campaign file to what arrives. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { campaign, outboxRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'

let place: Workplace

const letter = '<p>Hi {{name}} <img src="cid:logo.png" alt=""><img src="cid:{{id}}.png" alt=""></p>'

beforeEach(() => {
  place = new Workplace({
    'body.hbs': letter,
    'list.csv': 'email,name,id\nada@example.org,Ada,a7\nbob@example.org,Bob,b8\n',
    'logo.png': 'the logo',
    'terms.pdf': 'the terms',
    'badges/a7.png': 'badge of Ada',
    'badges/b8.png': 'badge of Bob',
    'campaign.yml': campaign({
      routes: outboxRoute,
      more: 'attachments: [logo.png, terms.pdf, "badges/{{id}}.png"]\n',
    }),
  })
})

afterEach(() => place.remove())

test('a preview says which attachments the HTML shows', async () => {
  const { stdout } = await place.run(['preview', 'campaign.yml'])
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.replace(/^message [\d.]+ \w+/, 'message SIZE'),
  ).toMatchInlineSnapshot(
    `"message SIZE · HTML 74 bytes · text 6 bytes · logo.png 8 bytes in the HTML · terms.pdf 9 bytes · a7.png 12 bytes in the HTML"`,
  )
})

test('each recipient gets everybody’s image, her own, and a file that is not shown', async () => {
  expect(await place.run(['send', 'campaign.yml'])).toMatchObject({ code: 0 })
  const outbox = place.path('outbox')
  const files = readdirSync(outbox, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.eml'))
  const mails = await Promise.all(files.map(file => simpleParser(readFileSync(join(outbox, file)))))
  const said = mails.map(({ text, attachments }) => [
    text?.trim(),
    ...attachments.map(each => `${each.filename} ${each.cid ?? '-'} ${each.related} ${each.content}`),
  ])
  expect(said.sort()).toMatchInlineSnapshot(`
    [
      [
        "Hi Ada",
        "logo.png logo.png true the logo",
        "a7.png a7.png true badge of Ada",
        "terms.pdf - undefined the terms",
      ],
      [
        "Hi Bob",
        "logo.png logo.png true the logo",
        "b8.png b8.png true badge of Bob",
        "terms.pdf - undefined the terms",
      ],
    ]
  `)
})

test('an image that is not there is said before anything is sent', async () => {
  place.write('body.hbs', letter.replace('logo.png', 'logo.gif'))
  const { code, stderr } = await place.run(['send', 'campaign.yml'])
  expect([code, stderr]).toMatchInlineSnapshot(`
    [
      2,
      "mailblast: body.hbs: the HTML shows cid:logo.gif, and no attachment has that file name
      name the file under attachments:
    ",
    ]
  `)
})

test('a recipient whose image is not there is one of the rows that cannot be rendered', async () => {
  place.write('body.hbs', `${letter}<img src="cid:{{name}}.png" alt="">`)
  const { code, stderr } = await place.run(['send', 'campaign.yml'])
  expect([code, stderr]).toMatchInlineSnapshot(`
    [
      2,
      "mailblast: list.csv: 2 rows cannot be rendered; nothing was sent
      line 2: the HTML shows cid:Ada.png, and no attachment has that file name
      line 3: the HTML shows cid:Bob.png, and no attachment has that file name
      mend them, or leave them out with --skip-bad-rows
    ",
    ]
  `)
})
