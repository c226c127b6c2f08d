import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attachmentsMaxBytes, freezeFile, freezeFiles, readFrozenFile } from '../../src/content/attachments.ts'
import { compiled, withFolder } from './campaigns.ts'

test('a file is read as it was when it was pinned', async () => {
  await withFolder({ 'rechnung 1.pdf': 'one' }, async folder => {
    const path = join(folder, 'rechnung 1.pdf')
    const frozen = await freezeFile(path)
    if (!frozen.ok) throw new Error(frozen.problem.detail)
    expect(frozen.file).toEqual({ path, sha256: '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed' })
    expect(await readFrozenFile(frozen.file)).toEqual({
      ok: true,
      attachment: { fileName: 'rechnung 1.pdf', contentType: 'application/pdf', bytes: Buffer.from('one') },
    })
  })
})

test('a file that has changed since is not sent', async () => {
  await withFolder({ 'a.txt': 'one' }, async folder => {
    const path = join(folder, 'a.txt')
    const frozen = await freezeFile(path)
    if (!frozen.ok) throw new Error(frozen.problem.detail)
    const attempts: [string, () => Promise<void>][] = [
      ['other bytes', () => writeFile(path, 'two')],
      ['more bytes', () => writeFile(path, 'one and more')],
      ['too many bytes', () => writeFile(path, Buffer.alloc(attachmentsMaxBytes + 1))],
      ['gone', () => rm(path)],
      ['a folder', () => mkdir(path).then(() => undefined)],
    ]
    const lines: string[] = []
    for (const [name, change] of attempts) {
      await change()
      const read = await readFrozenFile(frozen.file)
      lines.push(`${name}: ${read.ok ? 'sent!' : read.why.replace(path, 'PATH')}`)
    }
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "other bytes: the attachment PATH has changed since the run was prepared
      more bytes: the attachment PATH has changed since the run was prepared
      too many bytes: the attachment PATH cannot be read: it is larger than 25 MiB
      gone: the attachment PATH cannot be read: there is no such file
      a folder: the attachment PATH cannot be read: it is not a file"
    `)
    await rm(path, { recursive: true })
    await writeFile(path, 'one')
    expect(await readFrozenFile(frozen.file)).toMatchObject({ ok: true })
  })
})

test('files that cannot be pinned are problems of their row', async () => {
  const files = { 'a.txt': 'one', 'big.bin': Buffer.alloc(attachmentsMaxBytes + 1), 'line\nbreak.txt': 'x' }
  await withFolder(files, async folder => {
    const paths = ['missing.pdf', '.', 'a.txt/b', 'big.bin', 'line\nbreak.txt', 'nul\0.txt', 'x'.repeat(300)]
    const lines = await Promise.all(
      paths.map(async path => {
        const frozen = await freezeFile(join(folder, path))
        return frozen.ok ? 'pinned!' : `${frozen.problem.reason}: ${frozen.problem.detail.replace(folder, '')}`
      }),
    )
    expect(lines.join('\n').replace(/x{300}/, 'x…')).toMatchInlineSnapshot(`
      "attachment missing: the attachment "/missing.pdf": there is no such file
      attachment missing: the attachment "": it is not a file
      attachment missing: the attachment "/a.txt/b": there is no such file: a part of its path is not a folder
      attachment missing: the attachment "/big.bin": it is larger than 25 MiB
      attachment missing: the attachment "/line\\nbreak.txt": its name holds a line break or control character
      attachment missing: the attachment "/nul\\u0000.txt": its name holds a line break or control character
      attachment missing: the attachment "/x…": its name is too long"
    `)
  })
})

test('all files of a recipient, and no more than fit in a message with those that everybody gets', async () => {
  const half = Buffer.alloc(attachmentsMaxBytes / 2)
  await withFolder({ 'a/1.txt': 'one', 'b/1.bin': half, 'b/2.bin': half }, async folder => {
    const own = (path: string) => ({ kind: 'per-recipient' as const, path, folder })
    const content = compiled({ attachments: [own('a/{{id}}.txt'), own('b/{{file}}'), own('b/{{other}}')] })
    const freeze = async (file: string, other: string): Promise<unknown> => {
      const frozen = await freezeFiles(content, { id: '1', file, other })
      return frozen.ok ? frozen.files.map(each => each.path.replace(folder, '')) : frozen.problem
    }
    expect(await freeze('1.bin', '../b/1.bin')).toEqual({
      reason: 'attachment missing',
      detail: `the attachment ${JSON.stringify(join(folder, 'b/1.bin'))}: with it, the attachments are larger than 25 MiB together`,
    })
    expect(await freeze('3.bin', '2.bin')).toMatchObject({ reason: 'attachment missing' })
    expect(await freeze('../a/1.txt', '2.bin')).toMatchObject({ reason: 'attachment missing' })
    const lighter = compiled({ attachments: [own('a/{{id}}.txt'), own('b/{{file}}')] })
    expect(await freezeFiles(lighter, { id: '1', file: '2.bin' })).toMatchObject({ ok: true, files: [{}, {}] })
  })
})
