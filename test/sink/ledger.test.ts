/** A ledger is read on terminals, line by line, and holds words from anywhere. */

import { expect, test } from 'vitest'
import { decodedText } from '../../src/sink/header.ts'
import { type LedgerEntry, ledgerLines } from '../../src/sink/ledger.ts'

const entry: LedgerEntry = {
  at: '2026-11-22T12:00:00.000Z',
  provider: 'smtp',
  address: 'ada@example.org',
  message_id: null,
  run: null,
  subject: 'News',
  body_sha256: '',
  call: 1,
}

test.each<[string, string]>([
  ['=?utf-8?q?=C2=9B31m?=', '\\u009b31m'],
  ['=?utf-8?q?=1B[31m?=', '\\u001b[31m'],
  ['=?utf-8?q?=7F=C2=80=C2=9F?=', '\\u007f\\u0080\\u009f'],
  ['=?utf-8?q?a=E2=80=A8b=E2=80=A9?=', 'a\\u2028b\\u2029'],
  ['Gr\u00fc\u00dfe \u00a0', 'Gr\u00fc\u00dfe \u00a0'],
])('no control character comes through: %s', (written, shown) => {
  const subject = decodedText(written)
  const line = ledgerLines([{ ...entry, subject }])
  expect(line).toContain(`"subject":"${shown}"`)
  expect(line).not.toMatch(/[\p{Cc}\u2028\u2029](?!$)/u)
  expect(JSON.parse(line)).toEqual({ ...entry, subject })
})
