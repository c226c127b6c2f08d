import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { Json } from '../../src/model/edition.ts'
import { outbox } from '../../src/providers/outbox.ts'
import { type address, content, message, messages, nowMs, opening, sought } from '../support/provider-opening.ts'

let top = ''
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'mailblast-outbox-'))
})
afterAll(() => rm(top, { recursive: true }))

let count = 0
async function campaignFolder(): Promise<string> {
  const folder = join(top, String(count++))
  await mkdir(folder)
  return folder
}

const never = new AbortController().signal
const open = (folder: string, options: Record<string, Json> = {}) =>
  outbox.open(opening({ options: outbox.options.parse(options) as Record<string, Json> }, { folder }))

const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

describe('a message', () => {
  test('becomes a file beside the campaign, for its owner alone', async () => {
    const folder = await campaignFolder()
    const [outcome] = await (await open(folder)).send([message(1)], never)
    expect(outcome).toEqual({ kind: 'accepted', providerId: '74/74722b51f0839872c63286d1e8fe26a2.eml' })
    const path = join(folder, 'outbox', '74/74722b51f0839872c63286d1e8fe26a2.eml')
    expect(await readFile(path)).toEqual(prepareMime(content({}))(message(1), nowMs))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'outbox'))).mode & 0o777).toBe(0o700)
  })

  test('goes where the campaign says', async () => {
    const folder = await campaignFolder()
    await (await open(folder, { dir: 'a/b' })).send([message(1)], never)
    expect(await filesIn(join(folder, 'a/b'))).toHaveLength(1)
  })

  test('written twice is one file', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    const first = await provider.send([message(1)], never)
    expect(await provider.send([message(1)], never)).toEqual(first)
    expect(await filesIn(folder)).toHaveLength(1)
  })

  test.each(['../../../etc/passwd', 'con', '.', 'a/b', 'x'.repeat(60), '"a b"', '"\\\\..\\\\x"'])(
    'to %s@example.org has a harmless name',
    async local => {
      const folder = await campaignFolder()
      const to = `${local}@example.org` as ReturnType<typeof address>
      await (await open(folder)).send([message(1, { to, messageId: `<${local}/../x@acme.example>` })], never)
      const files = await filesIn(folder)
      expect(files).toHaveLength(1)
      expect(files[0]).toMatch(/^outbox\/([0-9a-f]{2})\/\1[0-9a-f]{30}\.eml$/)
    },
  )
})

test('many messages at a time are as many files, and nothing is left over', async () => {
  const folder = await campaignFolder()
  const provider = await open(folder)
  const outcomes = await Promise.all(messages(300).map(filled => provider.send([filled], never)))
  const paths = outcomes.flat().map(outcome => (outcome.kind === 'accepted' ? `outbox/${outcome.providerId}` : ''))
  expect(await filesIn(folder)).toEqual(paths.sort())
})

describe('what cannot be written', () => {
  test('because the folder is a file stops the route', async () => {
    const folder = await campaignFolder()
    await writeFile(join(folder, 'outbox'), '')
    expect(await (await open(folder)).send([message(1)], never)).toMatchObject([
      { kind: 'refused', scope: 'route', cause: { class: 'config', code: 'ENOTDIR' } },
    ])
  })

  test.skipIf(process.getuid?.() === 0)('because it is not allowed stops the route', async () => {
    const folder = await campaignFolder()
    await chmod(folder, 0o500)
    expect(await (await open(folder)).send([message(1)], never)).toMatchObject([
      { kind: 'refused', scope: 'route', cause: { class: 'config', code: 'EACCES' } },
    ])
    await chmod(folder, 0o700)
  })

  test.skipIf(process.platform !== 'linux')('because the disk is full is tried again', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    await provider.send([message(1)], never)
    const [file = ''] = await filesIn(folder)
    // Linux has a device on which no byte finds room.
    await symlink('/dev/full', join(folder, `${file}.tmp`))
    expect(await provider.send([message(1)], never)).toMatchObject([
      { kind: 'deferred', scope: 'route', cause: { class: 'transient', code: 'ENOSPC' } },
    ])
    expect(await filesIn(folder)).toEqual([file])
  })

  test('because the call was ended is left alone', async () => {
    const folder = await campaignFolder()
    expect(await (await open(folder)).send([message(1)], AbortSignal.abort())).toMatchObject([
      { kind: 'deferred', scope: 'route', cause: { class: 'transient', code: 'ABORTED' } },
    ])
    expect(await filesIn(folder)).toEqual([])
  })

  test('does not spoil the file that is there', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    await provider.send([message(1)], never)
    const [file = ''] = await filesIn(folder)
    const path = join(folder, file)
    await mkdir(`${path}.tmp`)
    expect(await provider.send([message(1)], never)).toMatchObject([{ kind: 'refused', cause: { code: 'EISDIR' } }])
    expect(await readFile(path)).toEqual(prepareMime(content({}))(message(1), nowMs))
  })
})

describe('asked what it has', () => {
  test('says so of each, conclusively', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    expect(await provider.lookup?.([sought(message(1))], never)).toEqual([{ kind: 'not taken' }])
    await provider.send([message(2)], never)
    // What a process left that died while it wrote message 1.
    await mkdir(join(folder, 'outbox/74'))
    await writeFile(join(folder, 'outbox/74/74722b51f0839872c63286d1e8fe26a2.eml.tmp'), 'half of it')
    const before = await filesIn(folder)
    const [file = ''] = before.filter(name => name.endsWith('.eml'))
    expect(
      await provider.lookup?.(
        [1, 2, 3].map(id => sought(message(id))),
        never,
      ),
    ).toEqual([
      { kind: 'not taken' },
      { kind: 'taken', providerId: file.slice('outbox/'.length) },
      { kind: 'not taken' },
    ])
    expect(await filesIn(folder)).toEqual(before)
  })

  test('one that was taken in another run was not taken in this one, although its file is there', async () => {
    const provider = await open(await campaignFolder())
    const headers = [{ name: 'X-Note', value: 'X-Mailblast-Run: run-1' }]
    await provider.send([message(1, { run: 'run-0', subject: 'X-Mailblast-Run: run-1', headers })], never)
    expect(await provider.lookup?.([sought(message(1))], never)).toEqual([{ kind: 'not taken' }])
    await provider.send([message(2, { run: null })], never)
    expect(await provider.lookup?.([sought(message(2))], never)).toEqual([{ kind: 'not taken' }])
  })

  test('finds the run behind a long subject, and reads no more of a file than its head may be', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    await provider.send([message(1, { subject: 'News '.repeat(4000) })], never)
    expect(await provider.lookup?.([sought(message(1))], never)).toMatchObject([{ kind: 'taken' }])
    const [file = ''] = await filesIn(folder)
    await writeFile(join(folder, file), `Subject: ${'x'.repeat(200_000)}\r\nX-Mailblast-Run: run-1\r\n\r\n`)
    expect(await provider.lookup?.([sought(message(1))], never)).toMatchObject([
      { kind: 'unknown', scope: 'message', cause: { class: 'config' } },
    ])
  })

  test('a file that cannot be read says nothing of it, and costs nobody else the answer', async () => {
    const folder = await campaignFolder()
    const provider = await open(folder)
    await provider.send([message(2)], never)
    await mkdir(join(folder, 'outbox/74/74722b51f0839872c63286d1e8fe26a2.eml'), { recursive: true })
    const of = [1, 2].map(id => sought(message(id)))
    expect(await provider.lookup?.(of, never)).toMatchObject([
      { kind: 'unknown', scope: 'message', cause: { code: 'EISDIR' } },
      { kind: 'taken' },
    ])
  })

  test('a folder that cannot be looked into says nothing', async () => {
    const folder = await campaignFolder()
    await writeFile(join(folder, 'outbox'), '')
    expect(await (await open(folder)).lookup?.([sought(message(1))], never)).toMatchObject([
      { kind: 'unknown', cause: { class: 'config', code: 'ENOTDIR' } },
    ])
  })

  test('and is stopped, it says nothing of the rest', async () => {
    const provider = await open(await campaignFolder())
    expect(await provider.lookup?.([sought(message(1))], AbortSignal.abort())).toMatchObject([
      { kind: 'unknown', cause: { code: 'ABORTED' } },
    ])
  })
})

test('delivers to nobody', () => {
  expect(outbox.profile).toMatchObject({ name: 'outbox', delivers: false, batchMax: 1 })
})
