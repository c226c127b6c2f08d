import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveSecret, type SecretPlaces } from '../../src/intake/secrets.ts'
import { UserError } from '../../src/model/errors.ts'
import type { SecretReference } from '../../src/model/secret.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-secrets-'))
  await mkdir(join(folder, 'keys'))
  const files = {
    key: 'polly\n',
    windows: 'polly\r\n',
    spaced: ' polly wants ',
    empty: '\n\n',
    long: 'x'.repeat(70_000),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'keys', name), text)
  await writeFile(join(folder, 'keys', 'pem'), '-----BEGIN-----\nabc\n-----END-----\n')
  await chmod(join(folder, 'keys', 'key'), 0o400)
})

afterAll(() => rm(folder, { recursive: true }))

const answers: Readonly<Record<string, { code: number; stdout: string }>> = {
  'pass show key': { code: 0, stdout: 'polly\n' },
  'pass show nothing': { code: 0, stdout: '\n' },
  'pass show locked': { code: 2, stdout: 'polly half-printed' },
  'cat /dev/zero': { code: 0, stdout: 'x'.repeat(70_000) },
}

function places(): SecretPlaces {
  return {
    env: { KEY: 'polly', USER_NAME: 'me', EMPTY: '', KEYS: 'keys' },
    folder,
    run: command => Promise.resolve(answers[command] ?? { code: 127, stdout: '' }),
  }
}

describe('a secret is found', () => {
  const table: readonly (readonly [SecretReference, string])[] = [
    [{ from: 'text', text: '${KEY}' }, 'polly'],
    [{ from: 'text', text: 'smtps://${USER_NAME}:${KEY}@mail.example' }, 'smtps://me:polly@mail.example'],
    [{ from: 'text', text: '${KEY}$${KEY}' }, 'polly${KEY}'],
    [{ from: 'text', text: 'smtp://localhost:25' }, 'smtp://localhost:25'],
    [{ from: 'file', path: 'keys/key' }, 'polly'],
    [{ from: 'file', path: '${KEYS}/key' }, 'polly'],
    [{ from: 'file', path: 'keys/windows' }, 'polly'],
    [{ from: 'file', path: 'keys/spaced' }, ' polly wants '],
    [{ from: 'file', path: 'keys/pem' }, '-----BEGIN-----\nabc\n-----END-----'],
    [{ from: 'command', command: 'pass show key' }, 'polly'],
  ]
  test.each(table)('%j', async (reference, expected) => {
    const secret = await resolveSecret(reference, places())
    expect(secret.reveal()).toBe(expected)
    expect(`${secret} ${JSON.stringify({ secret })}`).toBe('[secret] {"secret":"[secret]"}')
  })
})

test('a secret that is not found is told of by its place', async () => {
  const references: readonly SecretReference[] = [
    { from: 'text', text: 'key-${NO_KEY}' },
    { from: 'text', text: '${EMPTY}' },
    { from: 'file', path: 'keys/none' },
    { from: 'file', path: 'keys' },
    { from: 'file', path: '${NO_KEYS}/key' },
    { from: 'file', path: '${KEY}' },
    { from: 'file', path: 'keys/empty' },
    { from: 'file', path: 'keys/long' },
    { from: 'command', command: 'pass show locked' },
    { from: 'command', command: 'pass show nothing' },
    { from: 'command', command: 'no-such-command \x1b[2J' },
    { from: 'command', command: 'cat /dev/zero' },
  ]
  const said: string[] = []
  for (const reference of references) {
    const error = await resolveSecret(reference, places()).catch((thrown: unknown) => thrown)
    if (!(error instanceof UserError)) throw new Error(`found: ${JSON.stringify(reference)}`)
    said.push(`${error.where ?? '-'}: ${error.message}\n  ${error.remedy}`)
  }
  expect(said.join('\n')).not.toContain('polly')
  expect(said.join('\n')).toMatchInlineSnapshot(`
    "-: the environment variable NO_KEY is not set or empty
      A route of the campaign needs it; set it: export NO_KEY=…
    -: the environment variable EMPTY is not set or empty
      A route of the campaign needs it; set it: export EMPTY=…
    keys/none: there is no such file
      Check the path.
    keys: this is a folder, not a file
      Give the path of a file.
    -: the environment variable NO_KEYS is not set or empty
      A route of the campaign needs it; set it: export NO_KEYS=…
    \${KEY}: there is no such file
      Check the path.
    keys/empty: the file of a secret is empty
      Put the secret into it.
    keys/long: the file is longer than 65536 bytes
      Is it the right file?
    -: the command for a secret ended with exit code 2: pass show locked
      Run it by hand to see what is wrong; what it printed is not shown, for it may hold the secret.
    -: the command for a secret printed nothing: pass show nothing
      Run it by hand to see what is wrong; what it printed is not shown, for it may hold the secret.
    -: the command for a secret ended with exit code 127: no-such-command  [2J
      Run it by hand to see what is wrong; what it printed is not shown, for it may hold the secret.
    -: the command for a secret printed more than 65536 bytes: cat /dev/zero
      Run it by hand to see what is wrong; what it printed is not shown, for it may hold the secret."
  `)
})
