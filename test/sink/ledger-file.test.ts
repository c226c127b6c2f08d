import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { openLedgerFile } from '../../src/sink/ledger-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

const entry: LedgerEntry = {
  at: '2026-11-22T12:00:00.000Z',
  provider: 'smtp',
  address: 'ada@example.org',
  message_id: null,
  run: null,
  subject: 'Two\nlines',
  body_sha256: '',
  call: 1,
}

test('is appended to, line by line, and can be read while it is open', () => {
  const path = join(folder, 'ledger.jsonl')
  const first = openLedgerFile(path)
  first.append([entry, { ...entry, call: 2 }])
  const calls = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as LedgerEntry).call)
  expect(calls()).toEqual([1, 2])
  const second = openLedgerFile(path)
  second.append([{ ...entry, call: 3 }])
  first.append([{ ...entry, call: 4 }])
  expect(calls()).toEqual([1, 2, 3, 4])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  first.close()
  second.close()
})

test('a path that cannot be written', () => {
  writeFileSync(join(folder, 'file'), '')
  const path = join(folder, 'file', 'ledger.jsonl')
  expect(() => openLedgerFile(path)).toThrow('the ledger cannot be written (ENOTDIR)')
})
