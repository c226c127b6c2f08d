/** What `mailblast providers test` finds out of Amazon SES: each question's answers, and what is asked after which. */

import { describe, expect, test } from 'vitest'
import type { Check } from '../../src/providers/provider.ts'
import { ses } from '../../src/providers/ses.ts'
import type { HttpAnswer } from '../../src/sink/http-server.ts'
import { sesSink } from '../../src/sink/ses.ts'
import type { SinkVendor } from '../../src/sink/vendor.ts'
import { address, content, opening } from '../support/provider-opening.ts'
import { startVendorReceiver } from '../support/vendor-receiver.ts'

const secretKey = 'aKeyThatNobodyHas'

interface Asked {
  readonly checks: readonly string[]
  readonly paths: readonly string[]
}

/** Asks a server that answers as the sink does, but for the paths that are given. */
async function checked(
  answers: Readonly<Record<string, HttpAnswer>> = {},
  { from = 'news@acme.example', key = secretKey } = {},
): Promise<Asked> {
  const paths: string[] = []
  const vendor: SinkVendor = {
    ...sesSink,
    read(request, expectedKey) {
      expect([request.method, request.body.length]).toEqual(['GET', 0])
      paths.push(request.path)
      const answer = answers[request.path]
      return answer === undefined ? sesSink.read(request, expectedKey) : { kind: 'asked', answer }
    },
  }
  const receiver = await startVendorReceiver(vendor, { apiKey: secretKey })
  const options = ses.options.parse({
    region: 'eu-west-1',
    access_key_id: '${ID}',
    secret_access_key: '${KEY}',
    base_url: receiver.url,
  })
  const shared = content({ from: { address: address(from) } })
  const provider = await ses.open(opening({ options: JSON.parse(JSON.stringify(options)) }, { key, content: shared }))
  const checks = (await provider.check?.(new AbortController().signal)) ?? []
  await provider.close()
  await receiver.close()
  return { checks: checks.map(said), paths }
}

const said = ({ verdict, what, words }: Check) => `${verdict}  ${what}: ${words}`
const json = (body: unknown, status = 200): HttpAnswer => ({ status, body: JSON.stringify(body) })
const error = (status: number, type: string, message: string): HttpAnswer => ({
  ...json({ message }, status),
  headers: { 'x-amzn-errortype': type },
})
const accountPath = '/v2/email/account'
const identity = (name: string) => `/v2/email/identities/${encodeURIComponent(name)}`
const notFound = error(404, 'NotFoundException', 'Email identity does not exist.')
const account = (more: object) =>
  json({
    SendingEnabled: true,
    ProductionAccessEnabled: true,
    EnforcementStatus: 'HEALTHY',
    SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 200 },
    ...more,
  })

test('all is well, and the signature holds for an address in a path', async () => {
  const { checks, paths } = await checked()
  expect(checks.join('\n')).toMatchInlineSnapshot(`
    "good  credentials: they are accepted
    good  sending: it is enabled, to any address
    good  quota: 100,000 of 100,000 mails left of the last 24 hours; up to 1,000 a second
    good  sender: news@acme.example is verified"
  `)
  expect(paths.join('\n')).toMatchInlineSnapshot(`
    "/v2/email/account
    /v2/email/identities/news%40acme.example
    /v2/email/identities/acme.example"
  `)
})

test('credentials that are none: nothing else is asked, and they are not repeated', async () => {
  const { checks, paths } = await checked({}, { key: 'anotherKey' })
  expect(checks).toEqual([
    expect.stringMatching(/^bad {2}credentials: The request signature we calculated does not match/),
  ])
  expect(paths).toEqual([accountPath])
})

test('credentials that may only send', async () => {
  const denied = error(403, 'AccessDeniedException', 'User is not authorized to perform: ses:GetAccount')
  const { checks } = await checked({
    [accountPath]: denied,
    [identity('news@acme.example')]: denied,
    [identity('acme.example')]: denied,
  })
  expect(checks.join('\n')).toMatchInlineSnapshot(`
    "unknown  account: the credentials may not ask for it, which sending does not need
    unknown  sender: the credentials may not ask for it, which sending does not need"
  `)
})

describe('the account', () => {
  test.each<[string, HttpAnswer, RegExp]>([
    ['paused', account({ SendingEnabled: false }), /^bad {2}sending: it is paused for this account/],
    ['shut down', account({ EnforcementStatus: 'SHUTDOWN' }), /^bad {2}sending: it is paused/],
    ['in the sandbox', account({ ProductionAccessEnabled: false }), /^bad {2}sending: the account is in the sandbox/],
    [
      'under review',
      account({ EnforcementStatus: 'PROBATION' }),
      /^good {2}sending: it is enabled, to any address, but/,
    ],
    [
      'with a quota',
      account({}),
      /^good {2}quota: 49,800 of 50,000 mails left of the last 24 hours; up to 14 a second$/,
    ],
    [
      'with a quota used up',
      account({ SendQuota: { Max24HourSend: 200, MaxSendRate: 1, SentLast24Hours: 200 } }),
      /^bad {2}quota: 0 of 200 mails left/,
    ],
    [
      'without a quota',
      account({ SendQuota: { Max24HourSend: -1, MaxSendRate: 500, SentLast24Hours: 7 } }),
      /^good {2}quota: no limit for a day; up to 500 a second$/,
    ],
    ['that is not told', { status: 500, body: '' }, /^unknown {2}account: Amazon SES answered 500$/],
    ['told in words that are none', json([]), /^unknown {2}account: Amazon SES answered 200/],
  ])('%s', async (_, answer, says) => {
    const { checks } = await checked({ [accountPath]: answer })
    expect(checks).toContainEqual(expect.stringMatching(says))
  })
})

describe('the sender', () => {
  const verified = (yes: boolean, VerificationStatus = 'SUCCESS') =>
    json({ VerifiedForSendingStatus: yes, VerificationStatus })
  const from = 'news@mail.acme.co.uk'
  const [own = '', domain = '', above = '', top = ''] = [from, 'mail.acme.co.uk', 'acme.co.uk', 'co.uk'].map(identity)

  test.each<[string, Readonly<Record<string, HttpAnswer>>, string]>([
    ['by her address', { [own]: verified(true) }, `good  sender: ${from} is verified`],
    ['by her domain', { [own]: notFound, [domain]: verified(true) }, 'good  sender: mail.acme.co.uk is verified'],
    [
      'by the domain above',
      { [own]: notFound, [domain]: notFound, [above]: verified(true) },
      'good  sender: acme.co.uk is verified',
    ],
    [
      'by the domain, for her address is not yet',
      { [own]: verified(false, 'PENDING'), [domain]: verified(true) },
      'good  sender: mail.acme.co.uk is verified',
    ],
    [
      'by none',
      { [own]: notFound, [domain]: notFound, [above]: notFound, [top]: notFound },
      `bad  sender: neither ${from} nor its domain is verified in this region; verify one of them in SES`,
    ],
    [
      'by none yet',
      { [own]: notFound, [domain]: notFound, [above]: notFound, [top]: verified(false, 'PENDING') },
      `bad  sender: neither ${from} nor its domain is verified in this region (PENDING); verify one of them in SES`,
    ],
    ['it is not told', { [own]: json({}) }, 'unknown  sender: Amazon SES answered 200: {}'],
  ])('%s', async (_, answers, says) => {
    const { checks } = await checked(answers, { from })
    expect(checks.filter(each => each.includes('  sender: '))).toEqual([says])
  })
})
