/** Filling a claimed message: it is marked with its run and key, and refused if its own files are not what they were. */

import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageIdFor } from '../../src/content/identity.ts'
import { fillFromEdition } from '../../src/engine/fill.ts'
import type { QueuedMessage } from '../../src/model/message.ts'
import { acme, address, compiled } from '../content/campaigns.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-fill-'))
})
afterAll(() => rm(folder, { recursive: true }))

const run = { id: 'run-1', key: 'november' }
const fill = fillFromEdition(compiled(), run, Buffer.alloc(32, 1))

const queued = (files: QueuedMessage['files'] = []): QueuedMessage => ({
  id: 7,
  address: address('ada@example.org'),
  line: 2,
  fields: { email: 'ada@example.org' },
  site: 'example.org',
  attempts: 0,
  agesFromMs: null,
  dueAtMs: 0,
  refusedRoutes: [],
  files,
  zone: null,
})

test('it is marked with its run, and its Message-ID is that of its key and address', async () => {
  const messageId = messageIdFor('november', 'ada@example.org', acme.address)
  expect(await fill(queued())).toMatchObject({ id: 7, to: 'ada@example.org', run: 'run-1', messageId })
})

test('a file of its own goes along as long as it is what it was', async () => {
  const path = join(folder, 'ticket.txt')
  await writeFile(path, 'ticket')
  const file = { path, sha256: createHash('sha256').update('ticket').digest('hex') }
  expect(await fill(queued([file]))).toMatchObject({ attachments: [{ fileName: 'ticket.txt' }] })
  await writeFile(path, 'another')
  expect(await fill(queued([file]))).toMatchObject({ kind: 'refused', scope: 'message', cause: { class: 'content' } })
})
