/**
 * A YAML 1.2 file as plain JSON values, each with its place. It is bounded in size, depth and number of values, aliases
 * counted as often as they are used, so that no file can make the program hang or run out of memory.
 */

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml'
import type { Json } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { terminalSafe } from '../model/words.ts'
import { toUtf8 } from './encoding.ts'
import { smallFile } from './files.ts'
import { type FieldPath, type Places, type Problem, problemsError } from './problems.ts'

const fileMaxBytes = 1024 * 1024
const depthMax = 32
const valuesMax = 100_000

export interface YamlFile extends Places {
  readonly value: { readonly [key: string]: Json }
}

/** Reads a file that holds one mapping, whose first line may be `example`. Throws UserError if it cannot be read, is not YAML, or holds anything else. */
export async function readYaml(path: string, example: string): Promise<YamlFile> {
  const text = await readText(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.2', schema: 'core', lineCounter: lines, prettyErrors: false })
  const flaws: readonly Flaw[] = [...document.errors, ...document.warnings]
  if (flaws.length > 0) throw notYaml(path, flaws, lines)
  if (!isMap(document.contents)) {
    throw new UserError(document.contents === null ? 'the file is empty' : 'the file is not a mapping', {
      where: path,
      remedy: `It is to begin with a line such as \`${example}\`.`,
    })
  }
  const reading = new Reading(path, document, lines)
  const value = reading.read(document.contents, [], 0)
  if (reading.problems.length > 0) throw problemsError(reading.problems, reading)
  return { file: path, placeOf: (field, about) => reading.placeOf(field, about), value: value as YamlFile['value'] }
}

async function readText(path: string): Promise<string> {
  const bytes = await smallFile(path, fileMaxBytes)
  const pieces: Buffer[] = []
  const source = { file: path, bytes: once(bytes), encoding: null, remedy: 'Save the file as UTF-8.' }
  for await (const piece of toUtf8(source)) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function notYaml(path: string, flaws: readonly Flaw[], lines: LineCounter): UserError {
  const first = flaws.reduce((a, b) => (b.pos[0] < a.pos[0] ? b : a))
  const { line, col } = lines.linePos(first.pos[0])
  const where = `${path}:${line}:${col}`
  if (first.code === 'DUPLICATE_KEY') {
    return new UserError('a name is given twice in one mapping', { where, remedy: 'Keep one of the two.' })
  }
  if (first.code === 'MULTIPLE_DOCS') {
    return new UserError('the file holds more than one document', { where, remedy: 'Remove the line `---`.' })
  }
  // How the parser says that it has no stack left.
  if (/call stack/.test(first.message)) return new UserError(tooDeep, { where, remedy: simpler })
  return new UserError(`this is not YAML: ${terminalSafe(first.message)}`, {
    where,
    remedy:
      'Quote values that begin with { [ - * & ! @ % ` or hold a colon and a space: subject: "{{first_name}}: hello"',
  })
}

type Flaw = Pick<YAMLError, 'pos' | 'code' | 'message'>

const tooDeep = `values are nested more than ${depthMax} deep`
const simpler = 'Write the file more simply.'

/** One walk over the nodes of a document. */
class Reading implements Places {
  readonly file: string
  readonly problems: Problem[] = []
  readonly #document: Document.Parsed
  readonly #lines: LineCounter
  /** Where each field's name and value begin, by its path as JSON. */
  readonly #offsets = new Map<string, { readonly name: number; readonly value: number }>()
  readonly #targets: ReadonlyMap<Alias, unknown>
  #values = 0

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file
    this.#document = document
    this.#targets = aliasTargets(document)
    this.#lines = lines
  }

  read(node: unknown, path: FieldPath, depth: number): Json {
    this.#values += 1
    if (this.#values > valuesMax) throw this.#beyond(path, `the file holds more than ${valuesMax} values`)
    if (depth > depthMax) throw this.#beyond(path, tooDeep)
    if (isAlias(node)) {
      const resolved = this.#targets.get(node)
      if (resolved === undefined) return this.#refuse(path, 'the alias has no anchor before it')
      return this.read(resolved, path, depth + 1)
    }
    if (isMap(node)) return Object.fromEntries(node.items.flatMap(pair => this.#pair(pair, path, depth)))
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item, item, [...path, index], depth))
    return isScalar(node) ? this.#scalar(node, path) : null
  }

  placeOf(path: FieldPath, about: 'name' | 'value'): { readonly line: number; readonly column: number } {
    for (let length = path.length; length > 0; length--) {
      const offsets = this.#offsets.get(JSON.stringify(path.slice(0, length)))
      // A field that is missing is shown where the name of the field around it stands.
      const offset = length === path.length ? offsets?.[about] : offsets?.name
      if (offset !== undefined) return this.#place(offset)
    }
    return this.#place(startOf(this.#document.contents))
  }

  #place(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line, column: col }
  }

  #pair(pair: Pair, path: FieldPath, depth: number): readonly (readonly [string, Json])[] {
    const { key, value } = pair
    const name = isScalar(key) && key.value !== null && typeof key.value !== 'object' ? String(key.value) : undefined
    if (name === '__proto__') this.#refuse(path, 'the name `__proto__` is not allowed')
    // `{{first_name}}` without quotes is to YAML a mapping whose name is a mapping.
    const quotes = 'If a value begins with {{, put it in quotes: "{{first_name}}, hello".'
    if (name === undefined) this.#refuse(path, 'a name is expected before the colon', quotes)
    if (name === undefined || name === '__proto__') return []
    return [[name, this.#value(key, value, [...path, name], depth)]]
  }

  #value(name: unknown, value: unknown, path: FieldPath, depth: number): Json {
    const nameStart = startOf(name)
    this.#offsets.set(JSON.stringify(path), { name: nameStart, value: value === null ? nameStart : startOf(value) })
    return this.read(value, path, depth + 1)
  }

  #scalar({ value, source }: Scalar, path: FieldPath): Json {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value !== 'number') return this.#refuse(path, 'text, a number, true or false is expected')
    // 01234, 1.10 or twenty digits would be mailed as another number than the one that stands here.
    if (source === undefined || String(value) === source) return value
    return this.#refuse(path, 'the number would be changed by reading it', 'Put it in quotes, or write it plainly.')
  }

  #refuse(path: FieldPath, message: string, remedy?: string): null {
    this.problems.push({ path, message, ...(remedy === undefined ? {} : { remedy }) })
    return null
  }

  #beyond(path: FieldPath, message: string): UserError {
    return problemsError([{ path: path.slice(0, 1), message, remedy: simpler }], this)
  }
}

/** What each alias stands for: the last node before it with its anchor. Found in one walk, for there may be many. */
function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, unknown> {
  const anchored = new Map<string, unknown>()
  const targets = new Map<Alias, unknown>()
  visit(document, {
    Alias(_, alias) {
      targets.set(alias, anchored.get(alias.source))
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchored.set(node.anchor, node)
    },
  })
  return targets
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}
