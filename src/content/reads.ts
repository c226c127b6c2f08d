/**
 * Which fields of the recipient a template reads, found without filling it: by walking its statements as Handlebars will,
 * through partials and inline partials, with what is known of the context. Inside `{{#each}}` and `{{#with}}` the
 * context is whatever the data holds; there nothing can be said before the template is filled.
 */

import { suggestion } from '../model/nearest.ts'
import {
  blockParams,
  branchesOf,
  type Expression,
  hashPairs,
  inlineName,
  isBlock,
  isDecoratorBlock,
  isMustache,
  isPartialBlock,
  isPartialCall,
  isPath,
  isScoped,
  isSubExpression,
  type Node,
  type PartialCall,
  type Path,
  type Program,
  partialName,
  pathOf,
  type Statement,
  spell,
  templateError,
} from './ast.ts'

/** The fields that are read, each with the first place where it is. */
export type FieldReads = ReadonlyMap<string, Node>

/** How often partials may be called, all branches counted: a bound on how large few lines can grow. */
const partialCallsMax = 10_000
const partialDepthMax = 50

/**
 * Throws UserError for a partial that does not exist or that includes itself, and for `../` and `@` that lead nowhere.
 */
export function fieldReads(program: Program, partials: ReadonlyMap<string, Program>): FieldReads {
  const walk = new Walk(partials)
  walk.program(program, {
    contexts: [root],
    blockParams: [],
    inline: new Map(),
    block: undefined,
    chain: [],
  })
  return walk.reads
}

/** What a name is looked up in: the recipient's fields, those and some given to a partial, or something unknown. */
type Context = { readonly kind: 'root'; readonly added: ReadonlySet<string> } | { readonly kind: 'unknown' }

const root: Context = { kind: 'root', added: new Set() }
const unknown: Context = { kind: 'unknown' }

/** A part of a template that is called from elsewhere, with what surrounds it where it is written. */
interface Closure {
  readonly program: Program
  readonly scope: Scope
}

interface Scope {
  /** The last is the current one; `../` means the one before. */
  readonly contexts: readonly Context[]
  readonly blockParams: readonly string[]
  readonly inline: ReadonlyMap<string, Closure>
  /** What `{{> @partial-block}}` stands for. */
  readonly block: Closure | undefined
  /** The calls of partials that led here, from the outermost on. */
  readonly chain: readonly { readonly name: string; readonly program: Program; readonly block: Program | undefined }[]
}

class Walk {
  readonly reads = new Map<string, Node>()
  readonly #partials: ReadonlyMap<string, Program>
  #partialCalls = 0

  constructor(partials: ReadonlyMap<string, Program>) {
    this.#partials = partials
  }

  program(program: Program, outer: Scope): void {
    const scope = withInline(program, { ...outer, blockParams: [...outer.blockParams, ...blockParams(program)] })
    for (const statement of program.body) this.#statement(statement, scope)
  }

  #statement(node: Statement, scope: Scope): void {
    if (isPartialCall(node)) this.#partialCall(node, scope)
    else if (isMustache(node)) {
      if (isCall(node)) this.#arguments(node, scope)
      else this.#path(pathOf(node.path), scope)
    } else if (isBlock(node)) {
      const { program, inverse } = branchesOf(node)
      const path = pathOf(node.path)
      if (isCall(node)) this.#arguments(node, scope)
      else this.#path(path, scope)
      const keepsContext = isCall(node) && (path.original === 'if' || path.original === 'unless')
      const inside = keepsContext ? scope : { ...scope, contexts: [...scope.contexts, unknown] }
      if (program !== undefined) this.program(program, inside)
      if (inverse !== undefined) this.program(inverse, scope)
    }
  }

  #arguments(node: { readonly params: readonly Expression[]; readonly hash: hbs.AST.Hash }, scope: Scope): void {
    for (const param of node.params) this.#expression(param, scope)
    for (const pair of hashPairs(node)) this.#expression(pair.value, scope)
  }

  #expression(node: Expression, scope: Scope): void {
    if (isPath(node)) this.#path(node, scope)
    else if (isSubExpression(node)) this.#arguments(node, scope)
  }

  #path(path: Path, scope: Scope): void {
    const [name, below] = path.parts
    if (path.data) {
      if (name === 'root' && below !== undefined) this.#read(below, path)
      else if (name === undefined || !dataNames.has(name))
        throw templateError(path, `there is no ${spell(path)}`, 'there are: @root, @index, @key, @first, @last')
      return
    }
    if (name !== undefined && path.depth === 0 && !isScoped(path) && scope.blockParams.includes(name)) return
    const context = scope.contexts.at(-1 - path.depth)
    if (context === undefined)
      throw templateError(path, `${spell(path)} leads above the fields of the recipient`, 'remove a "../"')
    if (name !== undefined && context.kind === 'root' && !context.added.has(name)) this.#read(name, path)
  }

  #read(name: string, node: Node): void {
    if (!this.reads.has(name)) this.reads.set(name, node)
  }

  #partialCall(node: PartialCall, scope: Scope): void {
    this.#arguments(node, scope)
    const context = calledWith(node, scope)
    const body = isPartialBlock(node) ? { program: node.program, scope } : undefined
    const name = partialName(node)
    const called = name === undefined ? undefined : this.#find(name, node, scope)
    if (called !== undefined) {
      const inline = body === undefined ? scope.inline : withInline(body.program, scope).inline
      this.#enter(called, node, scope, { context, inline, block: body ?? scope.block })
    } else {
      if (isSubExpression(node.name)) this.#arguments(node.name, scope)
      if (body !== undefined) this.program(body.program, inContext(scope, name === undefined ? unknown : context))
    }
  }

  /** The partial that a name stands for; undefined where there is none and the call brings its own text for that case. */
  #find(name: string, node: PartialCall, scope: Scope): (Partial<Closure> & Pick<Closure, 'program'>) | undefined {
    if (name === '@partial-block') {
      if (scope.block === undefined && !isPartialBlock(node))
        throw templateError(node, 'there is no block that {{> @partial-block}} could stand for', 'use it in a partial')
      return scope.block
    }
    const inline = scope.inline.get(name)
    if (inline !== undefined) return inline
    const program = this.#partials.get(name)
    if (program !== undefined) return { program }
    if (isPartialBlock(node)) return undefined
    const remedy = suggestion(name, [...scope.inline.keys(), ...this.#partials.keys()], 'the campaign has no partials')
    throw templateError(node, `there is no partial "${name}"`, remedy)
  }

  #enter(
    { program, scope: defined }: Partial<Closure> & Pick<Closure, 'program'>,
    node: PartialCall,
    scope: Scope,
    given: { context: Context; inline: Scope['inline']; block: Closure | undefined },
  ): void {
    const name = partialName(node) ?? ''
    const isBlockCall = name === '@partial-block'
    const block = isBlockCall ? defined?.block : given.block
    const link = { name, program, block: block?.program }
    const chain = [...scope.chain, link]
    const names = chain.map(each => each.name).join(' → ')
    if (scope.chain.some(each => each.program === program && each.block === link.block))
      throw templateError(node, `the partial "${name}" includes itself (${names})`, 'use {{#each}} to repeat something')
    this.#partialCalls += 1
    if (chain.length > partialDepthMax || this.#partialCalls > partialCallsMax)
      throw templateError(node, 'partials include too many partials', 'put them together in fewer files')
    const surroundings =
      defined === undefined
        ? { contexts: [given.context], blockParams: [], inline: given.inline }
        : { ...inContext(defined, given.context), inline: defined.inline }
    this.program(program, { ...surroundings, block, chain })
  }
}

const dataNames: ReadonlySet<string> = new Set(['root', 'index', 'key', 'first', 'last'])

function isCall(node: { readonly params: readonly Expression[]; readonly hash: hbs.AST.Hash }): boolean {
  return node.params.length > 0 || hashPairs(node).length > 0
}

/** Inline partials hold in the whole program that defines them, before their definition too. */
function withInline(program: Program, outer: Scope): Scope {
  const defined = program.body.filter(isDecoratorBlock)
  if (defined.length === 0) return outer
  const inline = new Map(outer.inline)
  const scope = { ...outer, inline }
  for (const each of defined) inline.set(inlineName(each), { program: each.program, scope })
  return scope
}

/** As Handlebars counts: a context that is the same as the current one is no step for `../`. */
function inContext(scope: Scope, context: Context): Scope {
  return context === scope.contexts.at(-1) ? scope : { ...scope, contexts: [...scope.contexts, context] }
}

/** The context that a partial is called with: the current one, the one that is named, or that with more fields. */
function calledWith(node: PartialCall, scope: Scope): Context {
  const context = namedContext(node.params[0], scope)
  const added = hashPairs(node).map(pair => pair.key)
  if (context.kind === 'unknown' || added.length === 0) return context
  return { kind: 'root', added: new Set([...context.added, ...added]) }
}

function namedContext(param: Expression | undefined, scope: Scope): Context {
  if (param === undefined) return scope.contexts.at(-1) ?? unknown
  if (!isPath(param)) return unknown
  if (param.data) return param.parts.length === 1 && param.parts[0] === 'root' ? root : unknown
  return param.parts.length === 0 ? (scope.contexts.at(-1 - param.depth) ?? unknown) : unknown
}
