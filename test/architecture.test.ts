/**
 * Holds the layout: which room may use which, and where the doors to time, chance, network, disk, terminal and process
 * are. A failure says why the rule exists; the README's section *Architecture* has the picture.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path))
  .sort()
  .map(path => ({ path, text: withoutComments(readFileSync(join(src, path), 'utf8')) }))

/** What each room may import from the project: whole rooms, or single files where only a contract is meant. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  policy: ['model'],
  content: ['model'],
  intake: ['model', 'providers/provider.ts', 'providers/secret-option.ts'],
  providers: ['model', 'content/mime.ts'],
  journal: ['model'],
  engine: ['model', 'policy', 'content', 'providers/provider.ts', 'journal/journal.ts'],
  preflight: ['model', 'policy', 'providers/provider.ts', 'journal/journal.ts'],
  report: ['model', 'journal/journal.ts'],
  dashboard: ['model', 'report', 'journal/journal.ts'],
  sink: ['model', 'policy'],
  cli: [
    'model',
    'policy',
    'content',
    'intake',
    'providers',
    'journal',
    'engine',
    'preflight',
    'report',
    'dashboard',
    'sink',
  ],
}

describe('imports point one way: what decides must not know what acts, and a room can be read without those above it', () => {
  test.each(Object.keys(mayImport))('%s', room => {
    const wrong = files
      .filter(file => roomOf(file.path) === room)
      .flatMap(file => projectImports(file).map(target => ({ from: file.path, target })))
      .filter(({ target }) => roomOf(target) !== room && !isAllowed(room, target))
      .map(({ from, target }) => `${from} imports ${target}`)
    expect(wrong).toEqual([])
  })

  test('every room is in the list', () => {
    expect([...new Set(files.map(file => roomOf(file.path)))].sort()).toEqual(Object.keys(mayImport).sort())
  })
})

interface Door {
  readonly what: string
  readonly why: string
  readonly pattern: RegExp
  /** Rooms or files that may. */
  readonly open: readonly string[]
}

const doors: readonly Door[] = [
  {
    what: 'the clock',
    why: 'a test must be able to run three days in a moment',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/,
    open: ['cli/context.ts'],
  },
  {
    what: 'the machine’s time zone',
    why: 'a run means the same on whichever machine it is resumed',
    pattern: /\bresolvedOptions\b|\bTemporal\.Now\b/,
    open: ['cli/context.ts'],
  },
  {
    what: 'timers',
    why: 'a wait that is not on the clock cannot be replayed',
    pattern: /\bsetTimeout\(|\bsetInterval\(|timers\/promises/,
    open: ['cli/context.ts'],
  },
  {
    what: 'chance',
    why: 'a failure that cannot be repeated cannot be mended',
    pattern: /\bMath\.random\b|\brandomBytes\b.*from 'node:crypto'|\brandomUUID\b|\brandomInt\b/,
    open: ['cli/context.ts'],
  },
  {
    what: 'the disk',
    why: 'decisions and encoders work on what they are given, and so can be tested without a file',
    pattern: /from 'node:fs(\/promises)?'/,
    open: [
      'cli',
      'intake',
      'content/partials.ts',
      'content/files.ts',
      'providers/http-provider.ts',
      'providers/outbox.ts',
      'providers/smtp.ts',
      'journal/sqlite',
      'sink/ledger-file.ts',
    ],
  },
  {
    what: 'the network',
    why: 'only a provider talks to the world, so that nothing is sent past the journal; DNS is asked whose servers take a domain’s mail, and a sink listens on this machine',
    pattern:
      /from '(node:(net|tls|http|https|http2|dns|dgram)(\/promises)?|undici|nodemailer\/lib\/smtp-connection|smtp-server)'|\bfetch\(/,
    open: [
      'providers',
      'preflight/dns-exchange.ts',
      'preflight/dns-servers.ts',
      'sink/connections.ts',
      'sink/http-server.ts',
      'sink/smtp-server.ts',
    ],
  },
  {
    what: 'the terminal and the process',
    why: 'a command is a function of its context, and can be run in a test',
    pattern: /\bconsole\.|\bprocess\.|from 'node:child_process'/,
    open: ['cli/context.ts', 'cli/routes.ts'],
  },
]

describe('each way to the world has one door', () => {
  test.each(doors)('$what: $why', ({ pattern, open }) => {
    const wrong = files.filter(file => pattern.test(file.text) && !open.some(place => isIn(file.path, place)))
    expect(wrong.map(file => file.path)).toEqual([])
  })

  test('a door that is named is used: the list does not grow stale', () => {
    const unused = doors.flatMap(({ what, pattern, open }) =>
      open
        .filter(place => !files.some(file => isIn(file.path, place) && pattern.test(file.text)))
        .map(place => `${what}: ${place}`),
    )
    expect(unused).toEqual([])
  })
})

describe('the house words', () => {
  // A helper is something in Handlebars, and may be named so where templates are compiled.
  const banned = (path: string): RegExp =>
    path.startsWith('content/') ? /(Manager|Handler|Service|Utils?)$/ : /(Manager|Handler|Service|Helper|Utils?)$/

  test('no name says manager, handler, service, helper or util: they name nothing', () => {
    const declared = /\b(?:class|interface|type|function|const)\s+(\w+)/g
    const wrong = files.flatMap(file =>
      [...file.text.matchAll(declared)].map(match => match[1] ?? '').filter(name => banned(file.path).test(name)),
    )
    expect(wrong).toEqual([])
  })

  test('no file has a second idea hidden in its length', () => {
    const long = files.filter(file => readFileSync(join(src, file.path), 'utf8').split('\n').length > 320)
    expect(long.map(file => file.path)).toEqual([])
  })
})

function roomOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function isAllowed(room: string, target: string): boolean {
  return (mayImport[room] ?? []).some(place => isIn(target, place))
}

/** Paths, relative to src, of the project's files that a file imports, statically or not. */
function projectImports(file: { path: string; text: string }): string[] {
  const imports = file.text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  return [...imports].map(match => relative(src, resolve(src, dirname(file.path), match[1] ?? '')))
}

/** Prose may speak of what code may not do. Strings are left, so that imports can be read. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
