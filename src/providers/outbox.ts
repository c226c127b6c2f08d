/**
 * Delivers to nobody: each message becomes an `.eml` file in a folder, to be looked at. Its file's name comes from its
 * Message-ID alone, so that no address or subject ever reaches the file system, and the same message is the same file. Two
 * runs may have the same Message-IDs, so a file is a trace of the run that it names, and of no other.
 */

import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { type Cause, causeText, type Outcome } from '../model/outcome.ts'
import type { Finding, Profile, ProviderKind, Sought } from './provider.ts'

const profile: Profile = {
  name: 'outbox',
  title: 'Files in a folder; nothing is delivered',
  delivers: false,
  batchMax: 1,
  rateCounts: 'messages',
  messageMaxBytes: 1024 ** 3,
  // The same message is the same file, whenever it is written.
  idempotency: { kind: 'key', windowMs: 100 * 365 * 86_400_000 },
  // A file has its name only when it is whole, so one that is not there was not written.
  lookup: 'conclusive',
  guarantee:
    'Nothing is delivered; `mailblast settle` looks whether the file of whoever is in doubt is there, and sends again where it is not.',
  defaultConcurrency: 8,
}

const options = z.strictObject({
  dir: z.string().min(1).default('outbox').describe('Folder for the messages, relative to the campaign file'),
})

const settings = z.object({ dir: z.string() })

export const outbox: ProviderKind = {
  profile,
  options,
  async open(opening) {
    const { prepareMime } = await import('../content/mime.ts')
    const mime = prepareMime(opening.content)
    const folder = resolve(opening.folder, settings.parse(opening.route.options).dir)
    return {
      profile,
      fits: () => 1,
      async send(parcel, signal) {
        const outcomes: Outcome[] = []
        for (const message of parcel) {
          const file = fileOf(message.messageId)
          outcomes.push(signal.aborted ? aborted : await store(folder, file, mime(message, opening.nowMs())))
        }
        return outcomes
      },
      async lookup(sought, signal) {
        const findings: Finding[] = []
        for (const each of sought) findings.push(signal.aborted ? unasked : await find(folder, each))
        return findings
      },
      async close() {},
    }
  },
}

/** `4f/4f1d….eml`: in one of 256 folders, for folders with a hundred thousand files are slow to list. */
function fileOf(messageId: string): string {
  const id = createHash('sha256').update(messageId).digest('hex').slice(0, 32)
  return `${id.slice(0, 2)}/${id}.eml`
}

async function store(folder: string, file: string, bytes: Buffer): Promise<Outcome> {
  const path = join(folder, file)
  const unfinished = `${path}.tmp`
  try {
    await write(unfinished, bytes)
    await rename(unfinished, path)
    return { kind: 'accepted', providerId: file }
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    return failure(error, folder)
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  const how = { mode: 0o600 }
  try {
    await writeFile(path, bytes, how)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, bytes, how)
  }
}

/** Each file is looked for by itself, which costs little: trouble with one ends nobody else's search. */
async function find(folder: string, { messageId, run }: Sought): Promise<Finding> {
  const file = fileOf(messageId)
  try {
    const written = runIn(await headOf(join(folder, file)))
    if (written === undefined) return { kind: 'unknown', scope: 'message', cause: headless(file) }
    return written === run ? { kind: 'taken', providerId: file } : { kind: 'not taken' }
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT') return { kind: 'not taken' }
    const text = causeText(`${file} could not be read in ${folder} (${code})`)
    return {
      kind: 'unknown',
      scope: 'message',
      cause: { class: passing.has(code) ? 'transient' : 'config', code, text },
    }
  }
}

/** A head has a mailbox or two, a subject and the campaign's headers before what is looked for. */
const headMaxBytes = 128 * 1024

async function headOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(headMaxBytes), 0, headMaxBytes, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The run that a message's head names; null if it names none, undefined if the head has no end. */
function runIn(text: string): string | null | undefined {
  const end = text.indexOf('\r\n\r\n')
  const head = end === -1 ? text : text.slice(0, end + 2)
  const named = /^X-Mailblast-Run: (.*)\r\n/m.exec(head)?.[1]
  return named ?? (end === -1 ? undefined : null)
}

function headless(file: string): Cause {
  return { class: 'config', text: causeText(`${file} does not begin like a message`) }
}

const unasked: Finding = {
  kind: 'unknown',
  scope: 'route',
  cause: { class: 'transient', code: 'ABORTED', text: 'stopped before the folder was looked into' },
}

/** What time or an emptied disk may mend is tried again; all else needs somebody to see to the folder. */
const passing = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'EBUSY', 'EAGAIN', 'EINTR'])

function failure(error: unknown, folder: string): Outcome {
  const code = errnoOf(error)
  const text = causeText(`the message could not be written into ${folder} (${code})`)
  return passing.has(code)
    ? { kind: 'deferred', scope: 'route', cause: { class: 'transient', code, text } }
    : { kind: 'refused', scope: 'route', cause: { class: 'config', code, text } }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN'
}

const aborted: Outcome = {
  kind: 'deferred',
  scope: 'route',
  cause: { class: 'transient', code: 'ABORTED', text: 'the call was ended before the file was written' },
}
