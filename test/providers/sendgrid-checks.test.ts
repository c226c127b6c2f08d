/** What `mailblast providers test` finds out of SendGrid: each question's answers, and what is asked after which. */

import { describe, expect, test } from 'vitest'
import type { Check } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import type { HttpAnswer } from '../../src/sink/http-server.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
import type { SinkVendor } from '../../src/sink/vendor.ts'
import { opening } from '../support/provider-opening.ts'
import { startVendorReceiver } from '../support/vendor-receiver.ts'

const apiKey = 'SG.a-key-that-nobody-has'

interface Asked {
  readonly checks: readonly string[]
  readonly paths: readonly string[]
}

/** Asks a server that answers as the sink does, but for the paths that are given. */
async function checked(answers: Readonly<Record<string, HttpAnswer>> = {}, key = apiKey): Promise<Asked> {
  const paths: string[] = []
  const vendor: SinkVendor = {
    ...sendgridSink,
    read(request, expectedKey) {
      const path = request.path.split('?', 1)[0] ?? ''
      expect([request.method, request.body.length, request.headers['content-type']]).toEqual(['GET', 0, undefined])
      paths.push(request.path)
      const answer = answers[path]
      return answer === undefined ? sendgridSink.read(request, expectedKey) : { kind: 'asked', answer }
    },
  }
  const receiver = await startVendorReceiver(vendor, { apiKey })
  const options = sendgrid.options.parse({ api_key: '${SENDGRID_API_KEY}', base_url: receiver.url })
  const provider = await sendgrid.open(opening({ options: options as Record<string, never> }, { key }))
  const checks = (await provider.check?.(new AbortController().signal)) ?? []
  await provider.close()
  await receiver.close()
  return { checks: checks.map(said), paths }
}

const said = ({ verdict, what, words }: Check) => `${verdict}  ${what}: ${words}`
const json = (body: unknown, status = 200): HttpAnswer => ({ status, body: JSON.stringify(body) })
const forbidden = json({ errors: [{ field: null, message: 'access forbidden' }] }, 403)

test('all is well', async () => {
  const { checks, paths } = await checked()
  expect(checks.join('\n')).toMatchInlineSnapshot(`
    "good  API key: it is accepted and may send mail
    good  sender domain: acme.example is authenticated
    good  quota: 100,000 of 100,000 mails left until 2100-01-01"
  `)
  expect(paths.join('\n')).toMatchInlineSnapshot(`
    "/v3/scopes
    /v3/whitelabel/domains?limit=50&domain=acme.example
    /v3/verified_senders?limit=1000
    /v3/user/credits"
  `)
})

test('a key that is none: nothing else is asked, and it is not repeated', async () => {
  const { checks, paths } = await checked({}, 'SG.another')
  expect(checks.join('\n')).toMatchInlineSnapshot(
    `"bad  API key: The provided authorization grant is invalid, expired, or revoked; check api_key"`,
  )
  expect(paths).toEqual(['/v3/scopes'])
})

test('a key that may only send', async () => {
  const { checks } = await checked({
    '/v3/scopes': json({ scopes: ['mail.send', 'sender_verification_eligible'] }),
    '/v3/whitelabel/domains': forbidden,
    '/v3/verified_senders': forbidden,
    '/v3/user/credits': forbidden,
  })
  expect(checks.join('\n')).toMatchInlineSnapshot(`
    "good  API key: it is accepted and may send mail
    unknown  sender domain: the key may not ask for it, which sending does not need
    unknown  sender: the key may not ask for it, which sending does not need
    unknown  quota: the key may not ask for it, which sending does not need"
  `)
})

describe('an answer at a time', () => {
  const noDomain = { '/v3/whitelabel/domains': json([{ domain: 'acme.example.org', valid: true }]) }
  const sender = (verified: boolean) => json({ results: [{ from_email: 'News@acme.example', verified }] })
  const left = (remain: number, overage: number) => ({
    '/v3/user/credits': json({ remain, total: 2000, overage, used: 2000 - remain, next_reset: '2026-12-01' }),
  })
  test.each<[string, Readonly<Record<string, HttpAnswer>>, string]>([
    ['no permission to send', { '/v3/scopes': json({ scopes: ['stats.read'] }) }, 'bad  API key: it may not send mail'],
    ['no word of permissions', { '/v3/scopes': forbidden }, 'unknown  API key: it is accepted, but may not ask'],
    ['a server error', { '/v3/scopes': { status: 500 } }, 'unknown  API key: no usable answer: SendGrid answered 500'],
    [
      'too many questions',
      { '/v3/scopes': json({ errors: [{ message: 'too many' }] }, 429) },
      'unknown  API key: no usable answer: too many',
    ],
    [
      'another answer',
      { '/v3/scopes': json(['mail.send']) },
      'unknown  API key: no usable answer: SendGrid answered 200',
    ],
    [
      'a redirect',
      { '/v3/scopes': { status: 302, headers: { location: 'https://evil.example' } } },
      'bad  API key: answered 302, a redirect',
    ],
    [
      'an unverified domain',
      { '/v3/whitelabel/domains': json([{ domain: 'acme.example', valid: false }]) },
      'unknown  sender domain: the DNS records of acme.example are not verified yet',
    ],
    ['a domain that is like it', noDomain, 'unknown  sender domain: acme.example is not authenticated here'],
    ['no sender', noDomain, 'unknown  sender: news@acme.example is no verified sender here'],
    [
      'a verified sender',
      { ...noDomain, '/v3/verified_senders': sender(true) },
      'good  sender: news@acme.example is a verified sender',
    ],
    [
      'an unverified sender',
      { ...noDomain, '/v3/verified_senders': sender(false) },
      'bad  sender: news@acme.example is not verified',
    ],
    ['some mails left', left(1500, 0), 'good  quota: 1,500 of 2,000 mails left until 2026-12-01'],
    ['more for money', left(0, 17), 'good  quota: all 2,000 mails until 2026-12-01 are used; more are charged'],
    ['none left', left(0, 0), 'bad  quota: none of 2,000 mails is left until 2026-12-01'],
  ])('%s', async (_, answers, expected) => {
    const { checks } = await checked(answers)
    expect(checks.map(each => each.slice(0, expected.length))).toContain(expected)
  })
})
