/**
 * Prepares a template for strict filling: every tag that prints a field is put through one call that looks at the value
 * first. What is printed stays the same, byte for byte, but for numbers that stand side by side unescaped: Handlebars
 * adds them up, and here they are printed.
 */

import {
  blockParams,
  branchesOf,
  type Call,
  type Expression,
  hashPairs,
  isBlock,
  isDecorator,
  isDecoratorBlock,
  isMustache,
  isPartialBlock,
  isPartialCall,
  isPath,
  isString,
  isSubExpression,
  type Node,
  type PartialCall,
  type Path,
  type Program,
  pathOf,
  type Statement,
  spell,
  templateError,
  where,
} from './ast.ts'
import { checkCall, checkDecorator, printsField } from './calls.ts'

/** The name under which the environment has the check; no field can be called so by accident. */
export const printCall = 'mailblast:print'

/** One place where a field is printed, as the check needs it for its message. */
export interface PrintPlace {
  /** The tag as it is written, without its braces. */
  readonly text: string
  /** File, line and column. */
  readonly where: string
  /** Whether printing nothing is meant: a value that is encoded, not shown. */
  readonly mayBeBlank: boolean
}

const nestingMax = 100

/**
 * A copy of the program in which each printing tag calls the check with the number that `place` gives out. Throws
 * UserError for calls that are not offered, wrong decorators, and blocks nested too deeply.
 */
export function rewrite(program: Program, place: (place: PrintPlace) => number): Program {
  return new Rewriting(place).program(program, [], 0)
}

class Rewriting {
  readonly #place: (place: PrintPlace) => number

  constructor(place: (place: PrintPlace) => number) {
    this.#place = place
  }

  program(program: Program, outer: readonly string[], nesting: number): Program {
    const names = [...outer, ...blockParams(program)]
    return { ...program, body: program.body.map(statement => this.#statement(statement, names, nesting + 1)) }
  }

  #statement(node: Statement, names: readonly string[], nesting: number): Statement {
    if (nesting > nestingMax)
      throw templateError(node, `more than ${nestingMax} blocks are nested here`, 'nest fewer blocks')
    if (isMustache(node)) return this.#mustache(node, names, nesting)
    if (isBlock(node)) return this.#block(node, names, nesting)
    if (isPartialCall(node)) return this.#partialCall(node, names, nesting)
    if (isDecorator(node)) {
      checkDecorator(node)
      if (isDecoratorBlock(node)) return withPrograms(node, { program: this.program(node.program, names, nesting) })
    }
    return node
  }

  #mustache(node: hbs.AST.MustacheStatement, names: readonly string[], nesting: number): Statement {
    checkCall(node, name => names.includes(name))
    const rewritten = { ...node, ...this.#arguments(node, names, nesting) }
    const isCall = node.params.length > 0 || hashPairs(node).length > 0
    if (!printsField(isCall ? node : pathOf(node.path))) return this.#encoded(rewritten)
    const value = isCall ? { ...rewritten, type: 'SubExpression' } : pathOf(node.path)
    const params = [value, this.#placeOf(node, spellCall(node), false)]
    const printing = { ...rewritten, path: callPath(node), params, hash: undefined }
    return printing
  }

  #block(node: hbs.AST.BlockStatement, names: readonly string[], nesting: number): Statement {
    checkCall(node, name => names.includes(name))
    const { program, inverse } = branchesOf(node)
    return withPrograms(
      { ...node, ...this.#arguments(node, names, nesting) },
      {
        ...(program === undefined ? {} : { program: this.program(program, names, nesting) }),
        ...(inverse === undefined ? {} : { inverse: this.program(inverse, names, nesting) }),
      },
    )
  }

  #partialCall(node: PartialCall, names: readonly string[], nesting: number): Statement {
    if (node.params.length > 1) throw templateError(node, 'a partial takes one context at most', 'write name=value')
    const name = isSubExpression(node.name) ? this.#call(node.name, names, nesting) : node.name
    const call = { ...node, ...this.#arguments(node, names, nesting), name }
    return isPartialBlock(node) ? withPrograms(call, { program: this.program(node.program, names, nesting) }) : call
  }

  #arguments(
    node: { readonly params: Expression[]; readonly hash: hbs.AST.Hash },
    names: readonly string[],
    nesting: number,
  ): { params: Expression[]; hash: hbs.AST.Hash } {
    const expression = (each: Expression): Expression =>
      isSubExpression(each) ? this.#call(each, names, nesting) : each
    const pairs = hashPairs(node).map(pair => ({ ...pair, value: expression(pair.value) }))
    return { params: node.params.map(expression), hash: pairs.length === 0 ? node.hash : { ...node.hash, pairs } }
  }

  #call(node: hbs.AST.SubExpression, names: readonly string[], nesting: number): hbs.AST.SubExpression {
    if (nesting > nestingMax) throw templateError(node, `more than ${nestingMax} calls are nested here`, 'nest fewer')
    checkCall(node, name => names.includes(name))
    return this.#encoded({ ...node, ...this.#arguments(node, names, nesting + 1) })
  }

  /** `urlencode` prints its field too, in other letters: the field has to exist, though it may be empty. */
  #encoded<Kind extends Call>(node: Kind): Kind {
    const [value] = node.params
    if (pathOf(node.path).original !== 'urlencode' || value === undefined || !printsField(value)) return node
    const params = [value, this.#placeOf(node, spellCall(node), true)]
    const checked = { type: 'SubExpression', path: callPath(node), params, hash: undefined, loc: node.loc }
    return { ...node, params: [checked] }
  }

  #placeOf(node: Node, text: string, mayBeBlank: boolean): hbs.AST.NumberLiteral {
    const number = this.#place({ text, where: where(node), mayBeBlank })
    return { type: 'NumberLiteral', value: number, original: number, loc: node.loc }
  }
}

function withPrograms(
  node: Statement,
  programs: { readonly program?: Program; readonly inverse?: Program },
): Statement {
  return { ...node, ...programs }
}

function callPath({ loc }: Node): Path {
  return { type: 'PathExpression', data: false, depth: 0, parts: [printCall], original: printCall, loc }
}

function spellCall(node: Call): string {
  const spelled = (each: Expression): string =>
    isPath(each) ? spell(each) : isString(each) ? JSON.stringify(each.value) : '(…)'
  return [spell(pathOf(node.path)), ...node.params.map(spelled)].join(' ')
}
