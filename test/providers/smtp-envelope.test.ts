/** What is said of a message before its first byte, to the letter. */

import { describe, expect, test } from 'vitest'
import type { Address } from '../../src/model/address.ts'
import type { Json } from '../../src/model/edition.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { address, message, opening } from '../support/provider-opening.ts'
import { perform } from '../support/smtp-talk.ts'

/** The lines of one envelope, with the size taken out of them. */
async function envelopeOf(
  offered: readonly string[],
  to: Address,
  options: Record<string, Json> = {},
): Promise<readonly string[]> {
  const lines: string[] = []
  const stage = await perform(async talk => {
    talk.say('220 test')
    await talk.hear()
    talk.say(...['test', ...offered].map((line, index, all) => `250${index < all.length - 1 ? '-' : ' '}${line}`))
    for (;;) {
      const line = await talk.hear()
      lines.push(
        Buffer.from(line, 'latin1')
          .toString()
          .replace(/\bSIZE=\d{3,4}\b/, 'SIZE=n'),
      )
      talk.say(line === 'DATA' ? '451 enough' : '250 ok')
    }
  })
  const parsed = smtp.options.parse({ host: '127.0.0.1', port: stage.port, tls: 'none', ...options })
  const provider = await smtp.open(opening({ options: JSON.parse(JSON.stringify(parsed)) as Record<string, Json> }))
  await provider.send([message(1, { to })], new AbortController().signal)
  return lines
}

const ada = address('ada@example.org')

describe('an envelope says no more than the server offers', () => {
  test.each<[string, string[], Address, string[]]>([
    ['nothing', [], ada, ['MAIL FROM:<news@acme.example>', 'RCPT TO:<ada@example.org>']],
    ['SIZE without a limit', ['SIZE'], ada, ['MAIL FROM:<news@acme.example> SIZE=n', 'RCPT TO:<ada@example.org>']],
    [
      'everything, for an address in ASCII',
      ['SIZE 1000000', '8BITMIME', 'SMTPUTF8', 'PIPELINING', 'DSN'],
      ada,
      ['MAIL FROM:<news@acme.example> SIZE=n', 'RCPT TO:<ada@example.org>'],
    ],
    [
      'everything, for one beyond',
      ['SIZE 1000000', '8BITMIME', 'SMTPUTF8', 'PIPELINING'],
      address('grüße@example.org'),
      ['MAIL FROM:<news@acme.example> SMTPUTF8 BODY=8BITMIME SIZE=n', 'RCPT TO:<grüße@example.org>'],
    ],
    [
      'an address that looks like commands',
      ['PIPELINING'],
      address('"a b"@example.org'),
      ['MAIL FROM:<news@acme.example>', 'RCPT TO:<"a b"@example.org>'],
    ],
  ])('%s', async (_, offered, to, expected) => {
    expect(await envelopeOf(offered, to)).toEqual([...expected, 'DATA'])
  })
})

describe('the sender and what is asked of bounces', () => {
  test('each recipient has a return path of her own', async () => {
    const options = { return_path: 'bounces+{recipient}@acme.example' }
    expect(await envelopeOf([], ada, options)).toEqual([
      'MAIL FROM:<bounces+ada=example.org@acme.example>',
      'RCPT TO:<ada@example.org>',
      'DATA',
    ])
  })

  test.each<[string, string[], string]>([
    ['where DSN is offered', ['DSN'], 'MAIL FROM:<news@acme.example> RET=HDRS ENVID=1.campaign@acme.example'],
    ['where it is not', [], 'MAIL FROM:<news@acme.example>'],
  ])('bounces are to name the message %s', async (_, offered, expected) => {
    expect(await envelopeOf(offered, ada, { dsn: true })).toEqual([expected, 'RCPT TO:<ada@example.org>', 'DATA'])
  })
})
