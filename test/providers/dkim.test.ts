import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { type DkimKey, signed } from '../../src/providers/dkim.ts'
import { dkimRecord, verifyDkim } from '../support/dkim-verifier.ts'
import { address, content, message, nowMs } from '../support/provider-opening.ts'
import { askPython, pythonWith } from '../support/python.ts'

const rsa: DkimKey = {
  domain: 'acme.example',
  selector: 'news-2026',
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}
const ed25519: DkimKey = { ...rsa, selector: 'ed', privateKey: generateKeyPairSync('ed25519').privateKey }
const keys = [rsa, ed25519]
const publicKeys = Object.fromEntries(
  keys.map(({ selector, domain, privateKey }) => [`${selector}._domainkey.${domain}`, createPublicKey(privateKey)]),
)

const unsubscribe = [
  { name: 'List-Unsubscribe', value: '<https://acme.example/u/1>, <mailto:u@acme.example?subject=1>' },
  { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
]

function unsigned(shared: Partial<SharedContent> = {}, own: Partial<FilledMessage> = {}): Buffer {
  return prepareMime(content(shared))(message(1, own), nowMs)
}

const cases: readonly [string, Buffer][] = [
  ['a plain message', unsigned()],
  [
    'unsubscribe headers and a reply address',
    unsigned({ replyTo: { address: address('hello@acme.example') } }, { headers: unsubscribe }),
  ],
  [
    'text with white space of every kind',
    unsigned({ html: null }, { html: [], text: [' a  b\t\tc \n\n \n.\n..\n  \n\n'] }),
  ],
  ['folded and encoded headers', unsigned({}, { subject: `Größe   ${'lang '.repeat(60)}👍` })],
  ['Chinese as base64', unsigned({ text: ['亲爱的', '：您好！'] })],
  ['a local part in UTF-8', unsigned({}, { to: address('grüße@example.org') })],
  [
    'a megabyte',
    unsigned({
      attachments: [{ fileName: 'a.bin', contentType: 'application/pdf', bytes: Buffer.alloc(1e6, 'ab c') }],
    }),
  ],
]

test('the signature as it stands in the message', async () => {
  const bytes = await signed(unsigned({}, { headers: unsubscribe }), [rsa], nowMs)
  const head = bytes.toString().split('\r\nFrom:')[0] ?? ''
  const withoutValues = head.replace(/(bh?=)[\w+/=\s]{40,}/g, '$1…').replaceAll('\r\n', '\n')
  expect(withoutValues).toMatchInlineSnapshot(`
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
     d=acme.example; s=news-2026;
     t=1795348800; h=From:From:To:Subject:
      Date:Message-ID:MIME-Version:Content-Type:
      List-Unsubscribe:List-Unsubscribe-Post;
     bh=…;
     b=…"
  `)
  expect(head.split('\r\n').every(line => line.length <= 78)).toBe(true)
})

describe('verifies', () => {
  test.each(cases)('%s', async (_, bytes) => {
    const verdicts = verifyDkim(await signed(bytes, keys, nowMs), publicKeys)
    expect(verdicts.map(({ selector, algorithm, verdict }) => `${selector} ${algorithm} ${verdict}`)).toEqual([
      'news-2026 rsa-sha256 pass',
      'ed ed25519-sha256 pass',
    ])
  })

  const python = pythonWith('dkim', 'nacl')
  test.skipIf(python === undefined)('with dkimpy too (skipped where python3 has no dkim)', async () => {
    const script = `
import base64, dkim, json, sys
records = {}
def verify(question):
    raw = base64.b64decode(question)
    dns = lambda name, timeout=5: records[name.decode().rstrip('.')].encode()
    return [isGood(raw, index, dns) for index in range(2)]
def isGood(raw, index, dns):
    try:
        return dkim.DKIM(raw).verify(idx=index, dnsfunc=dns)
    except dkim.ValidationError:
        return False
asked = json.load(sys.stdin)
records = asked['records']
json.dump([verify(each) for each in asked['messages']], sys.stdout)
`
    const records = Object.fromEntries(
      keys.map(({ selector, domain, privateKey }) => [`${selector}._domainkey.${domain}`, dkimRecord(privateKey)]),
    )
    const messages = await Promise.all(cases.map(([, bytes]) => signed(bytes, keys, nowMs)))
    const changed = Buffer.from(messages[0]?.toString('latin1').replace('Hello', 'Hallo') ?? '', 'latin1')
    const question = { records, messages: [...messages, changed].map(bytes => bytes.toString('base64')) }
    const answers = await askPython<readonly (readonly boolean[])[]>(python ?? '', script, question)
    const named = answers.map((each, index) => `${cases[index]?.[0] ?? 'a changed one'}: ${each.join(' ')}`)
    expect(named).toEqual([...cases.map(([name]) => `${name}: true true`), 'a changed one: false false'])
  })
})

describe('does not verify once something has been changed:', () => {
  const bytes = unsigned({ replyTo: { address: address('hello@acme.example') } }, { headers: unsubscribe })

  test.each<[string, (text: string) => string, string]>([
    ['a word of the text', text => text.replace('Hello', 'Hallo'), 'body has changed'],
    ['From', text => text.replace('From: Acme', 'From: Acne'), 'headers have changed'],
    [
      'a second From above it',
      text => text.replace('\r\nFrom:', '\r\nFrom: eve@example.org\r\nFrom:'),
      'headers have changed',
    ],
    [
      'a second From below it',
      text => text.replace('\r\nTo:', '\r\nFrom: eve@example.org\r\nTo:'),
      'headers have changed',
    ],
    ['To', text => text.replace('To: ada1', 'To: eve'), 'headers have changed'],
    ['Reply-To', text => text.replace('hello@', 'eve@'), 'headers have changed'],
    ['Subject', text => text.replace('Subject: News', 'Subject: Old news'), 'headers have changed'],
    ['Date', text => text.replace('Nov 2026', 'Nov 2027'), 'headers have changed'],
    ['Message-ID', text => text.replace('<1.campaign', '<2.campaign'), 'headers have changed'],
    ['MIME-Version', text => text.replace('MIME-Version: 1.0', 'MIME-Version: 1.1'), 'headers have changed'],
    ['Content-Type', text => text.replace('multipart/alternative', 'multipart/mixed'), 'headers have changed'],
    ['List-Unsubscribe', text => text.replace('/u/1', '/u/2'), 'headers have changed'],
    ['List-Unsubscribe-Post', text => text.replace('One-Click', 'Two-Click'), 'headers have changed'],
    ['white space, which may change', text => text.replace('Subject: ', 'Subject:\t'), 'pass'],
    ['empty lines at the end, which may be added', text => `${text}\r\n\r\n`, 'pass'],
    ['a header that a relay adds', text => `Received: from somewhere\r\n${text}`, 'pass'],
  ])('%s', async (_, change, verdict) => {
    const changed = change((await signed(bytes, [rsa], nowMs)).toString('latin1'))
    expect(verifyDkim(Buffer.from(changed, 'latin1'), publicKeys).map(each => each.verdict)).toEqual([verdict])
  })
})
