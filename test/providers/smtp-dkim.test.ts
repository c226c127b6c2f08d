import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { Json } from '../../src/model/edition.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { verifyDkim } from '../support/dkim-verifier.ts'
import { content, messages, nowMs, opening } from '../support/provider-opening.ts'
import { startSmtpReceiver } from '../support/smtp-receiver.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

test('a route that signs hands over each message as it would without, with its signature before it', async () => {
  const receiver = await startSmtpReceiver()
  const dkim = { domain: 'acme.example', selector: 'news', private_key: '${KEY}' }
  const options: Record<string, Json> = JSON.parse(
    JSON.stringify(smtp.options.parse({ host: '127.0.0.1', port: receiver.port, dkim })),
  )
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const provider = await smtp.open(opening({ options }, { secret: async () => new Secret(pem) }))
  const parcel = messages(5, id => ({ text: [`\n.\n..\n.${id}\n  \n`] }))
  try {
    const outcomes = await Promise.all(parcel.map(each => provider.send([each], new AbortController().signal)))
    expect(outcomes.flat().map(({ kind }) => kind)).toEqual(parcel.map(() => 'accepted'))
  } finally {
    await provider.close()
    await receiver.close()
  }
  const mime = prepareMime(content({}))
  for (const message of parcel) {
    const bytes = receiver.messages.find(each => each.to === message.to)?.bytes ?? Buffer.alloc(0)
    const unsigned = mime(message, nowMs)
    expect(bytes.subarray(-unsigned.length).equals(unsigned)).toBe(true)
    expect(bytes.toString('latin1', 0, bytes.length - unsigned.length)).toMatch(/^DKIM-Signature: (?:.|\r\n )+\r\n$/)
    const keys = { 'news._domainkey.acme.example': createPublicKey(privateKey) }
    expect(verifyDkim(bytes, keys).map(({ verdict }) => verdict)).toEqual(['pass'])
  }
})
