import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { openLedgerFile, type StandStill, standardLedger } from '../../src/sink/ledger-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

const never: StandStill = () => {
  throw new Error('it waits')
}

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
  const first = openLedgerFile(path, never)
  first.append([entry, { ...entry, call: 2 }])
  const calls = () =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as LedgerEntry).call)
  expect(calls()).toEqual([1, 2])
  const second = openLedgerFile(path, never)
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
  expect(() => openLedgerFile(path, never)).toThrow('the ledger cannot be written (ENOTDIR)')
})

describe('a ledger that ends in half a line, as a full disk leaves it', () => {
  const half = '{"at":"2026-11-22T12:00:00.000Z","provi'
  const line = `${JSON.stringify({ ...entry, call: 2 })}\n`

  test.each<[string, string, string]>([
    ['half a line', `${line}${half}`, `${line}${half}\n`],
    ['whole lines', line, line],
    ['nothing', '', ''],
  ])('%s: what is appended begins on a line of its own', (_, before, kept) => {
    const path = join(folder, 'half.jsonl')
    writeFileSync(path, before)
    const ledger = openLedgerFile(path, never)
    ledger.append([{ ...entry, call: 2 }])
    ledger.append([])
    ledger.append([{ ...entry, call: 2 }])
    ledger.close()
    expect(readFileSync(path, 'utf8')).toBe(`${kept}${line}${line}`)
  })

  test('also where another sink has left it meanwhile', () => {
    const path = join(folder, 'meanwhile.jsonl')
    const ledger = openLedgerFile(path, never)
    writeFileSync(path, half)
    ledger.append([{ ...entry, call: 2 }])
    ledger.close()
    expect(readFileSync(path, 'utf8')).toBe(`${half}\n${line}`)
  })

  test('also as standard output', () => {
    const path = join(folder, 'standard.jsonl')
    writeFileSync(path, half)
    const descriptor = openSync(path, 'a')
    const ledger = standardLedger(descriptor, never, path)
    ledger.append([{ ...entry, call: 2 }])
    ledger.close()
    writeSync(descriptor, 'it is not ours to close\n')
    closeSync(descriptor)
    expect(readFileSync(path, 'utf8')).toBe(`${half}\n${line}it is not ours to close\n`)
  })
})

/** The ends of a pipe that never block: nobody reads unless told to. */
describe.skipIf(process.platform === 'win32')('a pipe', () => {
  const path = join(folder, 'pipe')
  const ends = { reader: -1, writer: -1 }

  beforeEach(() => {
    if (!existsSync(path)) execFileSync('mkfifo', [path])
    ends.reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    ends.writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  })
  afterEach(() => {
    closeSync(ends.writer)
    if (ends.reader !== -1) closeSync(ends.reader)
  })

  function read(): string {
    const bytes = Buffer.alloc(10_000)
    try {
      return bytes.subarray(0, readSync(ends.reader, bytes)).toString()
    } catch {
      return ''
    }
  }

  function readAll(): string {
    let text = ''
    for (let piece = read(); piece !== ''; piece = read()) text += piece
    return text
  }

  // Three times what a pipe holds, and not in pieces that it divides into.
  const many = Array.from({ length: 1000 }, (_, call) => ({ ...entry, call }))

  test('that is full is waited for, and gets every line whole', () => {
    let text = ''
    let waits = 0
    const ledger = standardLedger(ends.writer, () => {
      waits += 1
      text += read()
    })
    ledger.append(many)
    text += readAll()
    expect(text).toBe(many.map(each => `${JSON.stringify(each)}\n`).join(''))
    expect(waits).toBeGreaterThan(5)
  })

  test('that nobody reads is not waited for for ever, and what follows begins on a line of its own', () => {
    let waitedMs = 0
    const ledger = standardLedger(ends.writer, ms => {
      waitedMs += ms
    })
    expect(() => ledger.append(many)).toThrow('nobody has read the ledger for 10 seconds')
    expect(waitedMs).toBe(10_000)
    const before = readAll()
    expect(before.endsWith('\n')).toBe(false)
    ledger.append([{ ...entry, call: 7 }])
    expect(readAll()).toBe(`\n${JSON.stringify({ ...entry, call: 7 })}\n`)
  })

  test('whose reader has gone says so as the system does', () => {
    closeSync(ends.reader)
    ends.reader = -1
    const ledger = standardLedger(ends.writer, never)
    expect(() => ledger.append([entry])).toThrow(expect.objectContaining({ code: 'EPIPE' }))
  })
})
