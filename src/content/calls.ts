/**
 * What a template may call: Handlebars' own helpers without `log`, which would write to the terminal, and two of ours.
 * Every call is checked when the template is read, so that no message is half rendered before a typing error shows.
 */

import { suggestion } from '../model/nearest.ts'
import {
  type Call,
  hashPairs,
  isBlock,
  isDecorator,
  isDecoratorBlock,
  isMustache,
  isPath,
  isSimpleName,
  isString,
  isSubExpression,
  type Node,
  pathOf,
  spell,
  templateError,
} from './ast.ts'

interface Offered {
  readonly form: 'block' | 'value'
  readonly params: readonly string[]
}

/** Helpers by name: whether they enclose a part of the template or give a value, and what they take. */
const offered: ReadonlyMap<string, Offered> = new Map<string, Offered>([
  ['if', { form: 'block', params: ['condition'] }],
  ['unless', { form: 'block', params: ['condition'] }],
  ['each', { form: 'block', params: ['list'] }],
  ['with', { form: 'block', params: ['object'] }],
  ['lookup', { form: 'value', params: ['object', 'name'] }],
  ['default', { form: 'value', params: ['value', 'fallback'] }],
  ['urlencode', { form: 'value', params: ['value'] }],
])

export const offeredNames: readonly string[] = [...offered.keys()]

/** The helpers that are ours, to be added to Handlebars' own. */
export const ownCalls = {
  default: (value: unknown, fallback: unknown): string => printable(isBlank(value) ? fallback : value),
  urlencode: (value: unknown): string => encodeUriStrictly(printable(value)),
}

/**
 * Throws UserError unless the call is one of an offered helper in its form. `isBlockParam` tells names that a block
 * declares (`as |item|`), which hide helpers of the same name.
 */
export function checkCall(call: Call, isBlockParam: (name: string) => boolean): void {
  const path = pathOf(call.path)
  const name = path.parts[0] ?? ''
  const offer = isSimpleName(path) && !isBlockParam(name) ? offered.get(name) : undefined
  const isCall = call.params.length > 0 || hashPairs(call).length > 0 || isSubExpression(call)
  if (offer === undefined) {
    if (isCall) throw unknownHelper(call, spell(path))
    return
  }
  const form = isBlock(call) ? 'block' : 'value'
  if (offer.form !== form || offer.params.length !== call.params.length) throw wrongForm(call, name, offer)
}

/** Throws UserError unless it is `{{#*inline "name"}}`, the only decorator there is. */
export function checkDecorator(node: Node): void {
  if (!isDecorator(node)) return
  const [name] = node.params
  if (isDecoratorBlock(node) && pathOf(node.path).original === 'inline' && node.params.length === 1)
    if (name !== undefined && isString(name)) return
  throw templateError(node, 'this decorator is not known', 'write {{#*inline "name"}} … {{/inline}}')
}

/**
 * Whether a mustache prints the content of a field, so that it has to hold something: `{{name}}`, `{{lookup prices
 * plan}}`, `{{default nickname name}}`, but not `{{default nickname ""}}`, which says what to print instead.
 */
export function printsField(node: Node): boolean {
  if (isPath(node)) return true
  if (!isMustache(node) && !isSubExpression(node)) return false
  const { original: name } = pathOf(node.path)
  const last = node.params.at(-1)
  return name === 'lookup' || (name === 'default' && last !== undefined && printsField(last))
}

/** Nothing at all, only white space, or an empty list. */
export function isBlank(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'string' ? value.trim() === '' : Array.isArray(value) && value.length === 0
}

/** What Handlebars prints for a value. */
export function printable(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

/** RFC 3986, section 2.3: everything but unreserved characters is encoded, also those that `encodeURIComponent` leaves. */
function encodeUriStrictly(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function unknownHelper(call: Call, name: string): Error {
  if (name === 'log')
    return templateError(call, 'the helper "log" is not offered: a mail has nowhere to log to', 'remove this tag')
  const remedy = suggestion(name, offeredNames, '')
  const words = [name, ...call.params.map(param => (isPath(param) && isSimpleName(param) ? spell(param) : null))]
  // {{First Name}} is a call to Handlebars; whoever wrote it meant a column.
  const column = words.every(word => word !== null)
    ? `\na column with spaces in its name is {{[${words.join(' ')}]}}`
    : ''
  return templateError(call, `there is no helper "${name}"`, `${remedy}${column}`)
}

function wrongForm(call: Call, name: string, { form, params }: Offered): Error {
  const open = form === 'block' ? '{{#' : '{{'
  const usage = `${open}${name} ${params.join(' ')}}}`
  return templateError(
    call,
    `"${name}" is a helper and not used as one`,
    `write ${usage}, or {{this.${name}}} if you mean a field of that name`,
  )
}
