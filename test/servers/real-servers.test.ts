/**
 * A thousand messages through real servers: what arrives is what was sent, byte for byte, and what is read from it is what
 * was meant. Skipped for each server that the machine does not have.
 */

import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { Attachment, FilledMessage, Json, SharedContent } from '../../src/model/edition.ts'
import { joinText } from '../../src/model/edition.ts'
import { Secret } from '../../src/model/secret.ts'
import { type DkimKey, signed } from '../../src/providers/dkim.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { dkimRecord, verifyDkim } from '../support/dkim-verifier.ts'
import { address, content, messages, nowMs, opening } from '../support/provider-opening.ts'
import { askPython, pythonWith } from '../support/python.ts'
import { aiosmtpd, openSmtpd, postfix, type RealServer, smtpSink } from '../support/real-servers.ts'

const count = 1000

const keys: readonly DkimKey[] = [
  { domain: 'acme.example', selector: 'r', privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey },
  { domain: 'acme.example', selector: 'e', privateKey: generateKeyPairSync('ed25519').privateKey },
]

const file = (fileName: string, contentType: string, size: number, contentId?: string): Attachment => ({
  fileName,
  contentType,
  bytes: Buffer.from(Array.from({ length: size }, (_, index) => (index * 31 + fileName.length) % 256)),
  ...(contentId === undefined ? {} : { contentId }),
})

const shared: SharedContent = content({
  from: { name: 'Müller & Söhne, "Ada"', address: address('news@acme.example') },
  replyTo: { name: 'Antwort', address: address('hello@acme.example') },
  text: ['.\n..\n.leading dots, ', `\n${'long line '.repeat(300)}\n.\n`, '\n. \n.\n'],
  html: [
    '<p>亲爱的',
    `：您好！</p>\n.${'<p>这是一封很长的信。</p>'.repeat(40)}<img src="cid:logo.png"><img src="cid:badge.png">`,
    '</p>\n.\n',
  ],
  attachments: [file('logo.png', 'image/png', 3001, 'logo.png'), file('Übersicht – 予定.pdf', 'application/pdf', 5000)],
})

/** Each with something of its own to go wrong. */
const parcel: readonly FilledMessage[] = messages(count, id => {
  const odd =
    ['.', '\n.\n', `${'x'.repeat(2000)}`, 'ends with spaces  ', '\r\n.\r\nQUIT\r\n', '👩‍🚀', 'From Ada\nFrom Bob'][
      id % 7
    ] ?? ''
  return {
    subject: `Größe ${id} ${'für alle '.repeat(id % 20)}${'予'.repeat(id % 30)}`.trim(),
    text: [`Ada ${id}`, odd],
    html: [`Ada ${id}`, odd.replaceAll('<', '&lt;')],
    headers: [
      { name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}${'0'.repeat(id % 900)}>` },
      { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
    ],
    attachments: [
      file('badge.png', 'image/png', 100 + (id % 500), 'badge.png'),
      file(`Rechnung für Ada ${id}.txt`, 'text/plain', id % 300),
    ],
  }
})

async function sendAll(server: RealServer): Promise<void> {
  const dkim = keys.map(({ domain, selector }) => ({ domain, selector, private_key: `\${${selector}}` }))
  const options: Record<string, Json> = JSON.parse(
    JSON.stringify(smtp.options.parse({ host: '127.0.0.1', port: server.port, tls: 'none', dkim })),
  )
  const secret = async (reference: object) => {
    const key = keys.find(({ selector }) => JSON.stringify(reference).includes(`\${${selector}}`))
    return new Secret(key?.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() ?? '')
  }
  const provider = await smtp.open(opening({ options, concurrency: 8 }, { content: shared, secret }))
  const waiting = [...parcel]
  const unsent: unknown[] = []
  const sender = async () => {
    for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
      const [outcome] = await provider.send([message], new AbortController().signal)
      if (outcome?.kind !== 'accepted') unsent.push(outcome)
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  await provider.close()
  expect(unsent).toEqual([])
}

/** As it left: mailboxes keep lines that end in LF, and put headers of their own before a message. */
const withCrlf = (kept: Buffer) => Buffer.from(kept.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
const asLf = (text: string) => text.replace(/\r\n?|\n/g, '\n')
const idOf = (bytes: Buffer) => Number(/^Message-ID:\s+<(\d+)\./m.exec(bytes.toString('latin1'))?.[1])

const servers = [postfix, openSmtpd, smtpSink, aiosmtpd]

describe.each(servers)('$name takes a thousand messages', ({ name, missing, start }) => {
  const says = missing === undefined ? '' : ` (skipped: ${missing})`

  test.skipIf(missing !== undefined)(
    `and keeps them byte for byte, their signatures good${says}`,
    { timeout: 300_000 },
    async () => {
      const server = await start()
      try {
        await sendAll(server)
        const arrived = (await server.messages(count)).map(withCrlf)
        expect(arrived.map(idOf).sort((a, b) => a - b)).toEqual(parcel.map(({ id }) => id))
        const mime = prepareMime(shared)
        const publicKeys = Object.fromEntries(
          keys.map(({ selector, domain, privateKey }) => [
            `${selector}._domainkey.${domain}`,
            createPublicKey(privateKey),
          ]),
        )
        for (const bytes of arrived) {
          const message = parcel[idOf(bytes) - 1]
          if (message === undefined) throw new Error('a message that was not sent')
          const sent = await signed(mime(message, nowMs), keys, nowMs)
          // smtp-sink keeps an empty line after each.
          const isWhole = bytes.indexOf(sent) !== -1
          expect(isWhole, `message ${message.id} at ${name}`).toBe(true)
          expect(verifyDkim(bytes, publicKeys).map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
          await expectMeant(bytes, message)
        }
        await expectDkimpy(arrived.slice(0, 20))
      } finally {
        await server.stop()
      }
    },
  )
})

/** As a mail client reads it. */
async function expectMeant(bytes: Buffer, message: FilledMessage): Promise<void> {
  const mail = await simpleParser(bytes, { skipTextToHtml: true, skipImageLinks: true })
  expect(mail.subject).toBe(message.subject)
  expect(mail.from?.value).toEqual([{ name: shared.from.name, address: shared.from.address }])
  expect(mail.text).toBe(asLf(joinText(shared.text ?? [], message.text)))
  expect(mail.html).toBe(asLf(joinText(shared.html ?? [], message.html)))
  const read = mail.attachments.map(({ filename, contentType, cid, content: bytes }) => [
    filename,
    contentType,
    cid,
    bytes,
  ])
  const meant = [...shared.attachments, ...message.attachments].map(each => [
    each.fileName,
    each.contentType,
    each.contentId,
    each.bytes,
  ])
  const byName = (a: unknown[], b: unknown[]) => String(a[0]).localeCompare(String(b[0]))
  expect(read.sort(byName)).toEqual(meant.sort(byName))
}

const python = pythonWith('dkim', 'nacl')

/** Where there is dkimpy, it has to agree. */
async function expectDkimpy(arrived: readonly Buffer[]): Promise<void> {
  if (python === undefined) return
  const script = `
import base64, dkim, json, sys
asked = json.load(sys.stdin)
dns = lambda name, timeout=5: asked['records'][name.decode().rstrip('.')].encode()
json.dump([dkim.DKIM(base64.b64decode(each)).verify(idx=index, dnsfunc=dns) for each in asked['messages'] for index in range(2)], sys.stdout)
`
  const records = Object.fromEntries(
    keys.map(({ selector, domain, privateKey }) => [`${selector}._domainkey.${domain}`, dkimRecord(privateKey)]),
  )
  const verdicts = await askPython<readonly boolean[]>(python, script, {
    records,
    messages: arrived.map(bytes => bytes.toString('base64')),
  })
  expect(verdicts).toEqual(arrived.flatMap(() => [true, true]))
}
