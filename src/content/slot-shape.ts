/**
 * What a slot of an HTML template can put into it, judged by its statement: whether it can be read as text on its own, or
 * only together with what surrounds it. In doubt it cannot.
 */

import {
  branchesOf,
  isBlock,
  isComment,
  isContent,
  isMustache,
  isPartialBlock,
  isPartialCall,
  type Program,
  partialName,
  type Statement,
} from './ast.ts'

/**
 * - `escaped`: one value without tags: `{{name}}`
 * - `raw`: one value that may hold tags: `{{{name}}}`
 * - `text`: a block without tags
 * - `markup`: a block in which every tag that is opened is closed
 * - `open`: a block that cannot be understood without what is around it, or at all
 */
export type SlotShape = 'escaped' | 'raw' | 'text' | 'markup' | 'open'

/** The shape of a slot; `slot` is its statement, with the inline partials that hold for it before it. */
export function shapeOf(slot: Program, partials: ReadonlyMap<string, Program>): SlotShape {
  const [statement] = slot.body
  if (slot.body.length === 1 && statement !== undefined && isMustache(statement))
    return statement.escaped ? 'escaped' : 'raw'
  const reading = new Reading(partials)
  reading.program(slot)
  if (reading.isUnclear || !reading.fragments.every(isBalanced)) return 'open'
  return reading.isRaw || reading.fragments.some(fragment => /[<>]/.test(fragment)) ? 'markup' : 'text'
}

/** Stands for what is filled in. */
const word = 'x'
const depthMax = 100

/** Collects the HTML of each branch, with a word for everything that is filled in. */
class Reading {
  readonly fragments: string[] = []
  isRaw = false
  isUnclear = false
  readonly #partials: ReadonlyMap<string, Program>

  constructor(partials: ReadonlyMap<string, Program>) {
    this.#partials = partials
  }

  program(program: Program, depth = 0): void {
    if (depth > depthMax) this.isUnclear = true
    else this.fragments.push(program.body.map(statement => this.#html(statement, depth + 1)).join(''))
  }

  #html(node: Statement, depth: number): string {
    if (isContent(node)) return node.value
    if (isComment(node)) return ''
    if (isMustache(node)) this.isRaw ||= !node.escaped
    else if (isBlock(node)) {
      const { program, inverse } = branchesOf(node)
      if (program !== undefined) this.program(program, depth)
      if (inverse !== undefined) this.program(inverse, depth)
    } else if (isPartialCall(node)) {
      const name = partialName(node)
      const partial = name === undefined ? undefined : this.#partials.get(name)
      if (partial === undefined || isPartialBlock(node)) this.isUnclear = true
      else this.program(partial, depth)
    } else this.isUnclear = true
    return word
  }
}

/** https://html.spec.whatwg.org/multipage/syntax.html#void-elements */
const voidElements: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
)

const tagOrComment = /<!--[\s\S]*?-->|<(\/?)([a-z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi

/** Whether every tag is closed in the fragment that opens it, and nothing else in it looks like a tag. */
export function isBalanced(html: string): boolean {
  const open: string[] = []
  let isClean = true
  const rest = html.replace(tagOrComment, (_, slash?: string, tagName?: string) => {
    const name = tagName?.toLowerCase()
    if (name === undefined || voidElements.has(name)) return ''
    if (slash === '') open.push(name)
    else if (open.pop() !== name) isClean = false
    return ''
  })
  return isClean && open.length === 0 && !/<[a-z/!?]/i.test(rest)
}
