/**
 * Which images HTML shows out of the message itself: `cid:` and the file name of an attachment, in `src`, `background` or
 * `url()`. Found in a template before it is filled, where a slot may stand within the name, and in HTML that is filled.
 */

import type { Edition, Json } from '../model/edition.ts'
import {
  branchesOf,
  isBlock,
  isComment,
  isContent,
  isDecoratorBlock,
  isPartialBlock,
  isPartialCall,
  type PartialCall,
  type Program,
  partialName,
  type Statement,
} from './ast.ts'
import { parseTemplate } from './parse.ts'

/** Stands in a name for what is only known when a message is filled; no template holds one. */
export const unknownPart = '\0'

/** Percent-encoded as URLs are (RFC 2392), and in quotes that an attribute may have written as entities. */
const reference =
  /(?<![\w-])(?:src|background)\s*=\s*(?:"\s*cid:([^"]*)"|'\s*cid:([^']*)'|cid:([^\s"'>]+))|\burl\(\s*(?:["']|&(?:quot|apos|#39|#x27);)?\s*cid:(.*?)\s*(?:["')]|&(?:quot|apos|#39|#x27);)/gis

/** The names of the files that HTML shows, decoded. */
export function shownNames(html: string): ReadonlySet<string> {
  const found = [...html.matchAll(reference)].map(([, double, single, bare, css]) => double ?? single ?? bare ?? css)
  return new Set(found.map(name => decoded((name ?? '').trim())))
}

/** A name that a template, or the campaign's data, shows. */
export interface ShownName {
  /** With `unknownPart` for each slot within it. */
  readonly name: string
  /** Where it stands: the template's file, `partial NAME`, or `data`. */
  readonly where: string
}

/** All names that the HTML of an edition can show without a recipient's fields. Throws UserError for what is no template. */
export function shownByTemplates({ html, partials, data }: Pick<Edition, 'html' | 'partials' | 'data'>): ShownName[] {
  if (html === null || !/cid:/i.test(JSON.stringify([html, partials, data]))) return []
  const walk = new Walk(partials)
  for (const { file, source } of [html, ...(html.layout === null ? [] : [html.layout])])
    walk.program(parseTemplate(file, source), file)
  for (const text of textsIn(data)) walk.fragment(text, 'data')
  return [...walk.found.values()]
}

/** Blocks nested deeper are refused when the template is compiled. */
const nestingMax = 100

/** Reads each branch of a template for itself, with `unknownPart` for all that is filled in. */
class Walk {
  readonly found = new Map<string, ShownName>()
  readonly #partials: Edition['partials']
  readonly #entered = new Set<string>()

  constructor(partials: Edition['partials']) {
    this.#partials = partials
  }

  program(program: Program, where: string, nesting = 0): void {
    if (nesting > nestingMax) return
    this.fragment(program.body.map(statement => this.#html(statement, where, nesting)).join(''), where)
  }

  fragment(html: string, where: string): void {
    for (const name of shownNames(html)) if (!this.found.has(name)) this.found.set(name, { name, where })
  }

  #html(node: Statement, where: string, nesting: number): string {
    if (isContent(node)) return node.value
    if (isComment(node)) return ''
    if (isBlock(node)) {
      const { program, inverse } = branchesOf(node)
      for (const branch of [program, inverse]) if (branch !== undefined) this.program(branch, where, nesting + 1)
    }
    if (isDecoratorBlock(node) || isPartialBlock(node)) this.program(node.program, where, nesting + 1)
    if (isPartialCall(node)) this.#enter(node)
    return unknownPart
  }

  /** A partial whose name is only known when a message is filled may be any of them. */
  #enter(call: PartialCall): void {
    const called = partialName(call)
    for (const [name, source] of Object.entries(this.#partials)) {
      if ((called !== undefined && called !== name) || this.#entered.has(name)) continue
      this.#entered.add(name)
      this.program(parseTemplate(`partial ${name}`, source), `partial ${name}`)
    }
  }
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((each: Json) => textsIn(each))
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
