import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RejectsFile } from '../../src/intake/rejects.ts'
import type { RowProblem } from '../../src/model/recipient.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-rejects-'))
})

afterAll(() => rm(folder, { recursive: true }))

const problems: readonly RowProblem[] = [
  { line: 3, reason: 'invalid address', detail: 'email: the address has no @', text: '=1+1,"Ada ""the first"""' },
  { line: 9, reason: 'wrong number of cells', detail: '4 cells, but the header line has 3', text: 'a,b,c\r\nd,é 🎈' },
]

test('holds every problem, the rows as they stood, for its owner alone', async () => {
  const path = join(folder, 'rejects.csv')
  const file = new RejectsFile(path)
  await file.write(problems.slice(0, 1))
  await file.write([])
  await file.write(problems.slice(1))
  expect(await file.close()).toBe(path)
  const text = await readFile(path, 'utf8')
  expect(text).toMatchInlineSnapshot(`
    "line,reason,detail,row
    3,"invalid address","email: the address has no @","=1+1,""Ada """"the first"""""""
    9,"wrong number of cells","4 cells, but the header line has 3","a,b,c
    d,é 🎈"
    "
  `)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(parse(text, { columns: true })).toEqual(
    problems.map(({ line, reason, detail, text: row }) => ({ line: String(line), reason, detail, row })),
  )
})

test('is not made if there is nothing to write', async () => {
  const path = join(folder, 'none.csv')
  const file = new RejectsFile(path)
  await file.write([])
  expect(await file.close()).toBeNull()
  await expect(access(path)).rejects.toThrow('ENOENT')
})

test('never overwrites a file', async () => {
  const path = join(folder, 'there.csv')
  await writeFile(path, 'mine')
  const file = new RejectsFile(path)
  await expect(file.write(problems)).rejects.toMatchObject({
    name: 'UserError',
    message: 'the file is there already and is not overwritten',
    where: path,
  })
  expect(await file.close()).toBeNull()
  expect(await readFile(path, 'utf8')).toBe('mine')
})

test('says where it could not be made', async () => {
  const path = join(folder, 'no-folder', 'rejects.csv')
  await expect(new RejectsFile(path).write(problems)).rejects.toMatchObject({
    message: 'there is no such file',
    where: path,
  })
})
