/** `settle` asks only where somebody is in doubt, and a provider that cannot be asked stands in no other's way. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver
let vendor: Awaited<ReturnType<typeof startForgetfulVendor>>

beforeEach(async () => {
  vendor = await startForgetfulVendor()
  receiver = await startSmtpReceiver({ behave: ({ stage }) => (stage === 'message' ? { drop: true } : undefined) })
})

afterEach(async () => {
  await vendor.close()
  await receiver.close()
  place.remove()
})

/** SendGrid as far as this goes: it takes every mail, loses every answer, and knows afterwards what it took. */
async function startForgetfulVendor() {
  const taken: { readonly to: string; readonly messageId: string }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.method === 'POST') {
      for (const { to, custom_args } of JSON.parse(String(Buffer.concat(chunks))).personalizations)
        taken.push({ to: to[0].email, messageId: custom_args.mailblast_message_id })
      request.socket.destroy()
      return
    }
    const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('query') ?? ''
    const found = taken.filter(each => query.includes(each.messageId))
    response.end(JSON.stringify({ messages: found.map(each => ({ msg_id: 'x', to_email: each.to })) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One recipient at each site, each with a route of its own. */
async function sendTo(sites: readonly string[]): Promise<void> {
  const vendorRoute = (name: string) =>
    `  - { name: ${name}, provider: sendgrid, api_key: '\${${name.toUpperCase()}_KEY}', base_url: '${vendor.url}', sites: [${name}.example] }`
  place = new Workplace({
    'body.hbs': body,
    'campaign.yml': campaign({
      routes: [vendorRoute('alpha'), vendorRoute('beta'), smtpRoute(receiver.port, ', sites: [gamma.example]')].join(
        '\n',
      ),
    }),
    'list.csv': `email,name,city\n${sites.map(site => `p@${site}.example,Name,City\n`).join('')}`,
  })
  const env = { ALPHA_KEY: 'SG.alpha', BETA_KEY: 'SG.beta' }
  const sent = await place.run(['send', 'campaign.yml', '--yes', '--json'], { env })
  expect(summaryOf(sent.stdout).counts, sent.stderr).toMatchObject({ accepted: 0, in_doubt: sites.length })
}

const withoutChance = (text: string): string => text.replace(/\d{8}-[a-z2-9]{6}/g, 'RUN')

test('a route on which nobody is in doubt needs no secret', async () => {
  await sendTo(['alpha', 'gamma'])
  const settled = await place.run(['settle'], { env: { ALPHA_KEY: 'SG.alpha' } })
  expect([settled.code, settled.stderr]).toEqual([3, ''])
  expect(withoutChance(settled.stdout)).toMatchInlineSnapshot(`
    "! run RUN: 1 recipient settled, 1 still in doubt
      1 accepted: the provider has them
      1 in doubt on smtp: An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision. (e.g. p@gamma.example)
      What the provider's log says, you can say: mailblast settle RUN --as accepted, or --as failed.
      --resend mails them again; who has it already then gets it twice.
    "
  `)
})

test('a route whose secret is missing is said, and the others are asked', async () => {
  await sendTo(['alpha', 'beta', 'gamma'])
  const settled = await place.run(['settle', '--json'], { env: { BETA_KEY: 'SG.beta' } })
  expect([settled.code, settled.stderr]).toEqual([3, ''])
  expect(JSON.parse(withoutChance(settled.stdout))).toMatchInlineSnapshot(`
    {
      "accepted_by_asking": 1,
      "accepted_by_repeating": 0,
      "in_doubt": 2,
      "left": [
        {
          "count": 1,
          "example": "p@alpha.example",
          "reason": "its provider could not be asked: the environment variable ALPHA_KEY is not set or empty",
          "route": "alpha",
        },
        {
          "count": 1,
          "example": "p@gamma.example",
          "reason": "An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision.",
          "route": "smtp",
        },
      ],
      "queued": 0,
      "run": "RUN",
      "stopped": false,
      "type": "doubts-settled",
    }
  `)
  const again = await place.run(['settle'], { env: { ALPHA_KEY: 'SG.alpha' } })
  expect(again.stdout).toContain('1 accepted: the provider has them')
})
