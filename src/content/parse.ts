/**
 * Reads the source of a template into Handlebars' tree of statements. What its parser says of a mistake is a screen of
 * token names; here it becomes one readable line with file, line and column.
 */

import Handlebars from 'handlebars'
import { UserError } from '../model/errors.ts'
import type { Program } from './ast.ts'

/** White space control and the trimming of lines that hold only a tag are done. Throws UserError for what is no template. */
export function parseTemplate(file: string, source: string): Program {
  try {
    return Handlebars.parse(source, { srcName: file })
  } catch (error) {
    throw syntaxError(file, source, error)
  }
}

/** The parser is one object for the whole process; its lexer still stands where it gave up. */
interface ParserState {
  readonly Parser: {
    readonly lexer: {
      readonly match: string
      readonly yylloc: { readonly first_line: number; readonly first_column: number }
    }
  }
}

function syntaxError(file: string, source: string, error: unknown): UserError {
  if (!(error instanceof Error)) throw error
  if (error instanceof RangeError)
    return new UserError('blocks are nested too deeply', { where: file, remedy: 'nest fewer blocks' })
  const { match, yylloc } = (Handlebars as unknown as ParserState).Parser.lexer
  const at = locationOf(error) ?? { line: yylloc.first_line, column: yylloc.first_column }
  const said = say(error.message, match)
  const open = said.atEnd ? lastOpenBlock(source) : undefined
  return new UserError(
    open === undefined ? said.message : `{{${open.sign.replace('>', '> ')}${open.name}}} is never closed`,
    {
      where: `${file}:${open?.line ?? at.line}:${(open?.column ?? at.column) + 1}`,
      remedy: open === undefined ? said.remedy : `write {{/${open.name}}} where it ends`,
      cause: error,
    },
  )
}

/** Handlebars' own exceptions carry the place of their node; those of its generated parser do not. */
function locationOf(error: Error): { line: number; column: number } | undefined {
  const { lineNumber, column } = error as Error & { lineNumber?: unknown; column?: unknown }
  return typeof lineNumber === 'number' && typeof column === 'number' ? { line: lineNumber, column } : undefined
}

function say(message: string, match: string): { message: string; remedy: string; atEnd?: boolean } {
  const mismatch = /^(.+) doesn't match (.+) - \d+:\d+$/.exec(message)
  if (mismatch !== null)
    return {
      message: `{{#${mismatch[1]}}} is closed by {{/${mismatch[2]}}}`,
      remedy: `write {{/${mismatch[1]}}} where it ends`,
    }
  if (message.startsWith('Lexical error'))
    return { message: 'a comment or raw block that begins here is never closed', remedy: 'close it' }
  const got = /got '(\w+)'$/.exec(message)?.[1]
  if (got === 'EOF')
    return { message: 'the template ends inside a tag or block', remedy: 'close what is open', atEnd: true }
  if (got === 'OPEN_ENDBLOCK')
    return { message: 'a block is closed here that was never opened', remedy: 'remove this tag, or open the block' }
  if (got === 'INVERSE' || got === 'OPEN_INVERSE_CHAIN')
    return { message: '{{else}} stands outside of a block', remedy: 'move it into {{#if}} … {{/if}}' }
  if (got !== undefined)
    return {
      message: `${JSON.stringify(match)} does not belong here`,
      remedy:
        'look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}',
    }
  const path = /^Invalid path: (.+) - \d+:\d+$/.exec(message)?.[1]
  if (path !== undefined) return { message: `"${path}" is not a path`, remedy: 'write ../ only at its beginning' }
  if (message.startsWith('Unexpected inverse block'))
    return { message: 'an inline partial has no {{else}}', remedy: 'remove it' }
  const [first = ''] = message.split('\n')
  return { message: first.replace(/ - \d+:\d+$/, ''), remedy: 'mend this tag' }
}

interface OpenBlock {
  readonly sign: string
  readonly name: string
  readonly line: number
  readonly column: number
}

/** Comments, escaped tags and raw blocks, which hold no blocks; and tags that open or close one, with sign and name. */
const blockTags =
  /\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?![\s\S]*?\}\}|\\\{\{|\{\{\{\{[\s\S]*?\{\{\{\{\/[^}]*\}\}\}\}|\{\{~?(#[*>]?|\^|\/)\s*([^\s}~]+)/g

/** The innermost block that is still open where the source ends; asked for only when the parser says that there is one. */
function lastOpenBlock(source: string): OpenBlock | undefined {
  const open: { sign: string; name: string; index: number }[] = []
  for (const { 1: sign, 2: name, index } of source.matchAll(blockTags)) {
    if (sign === undefined || name === undefined) continue
    if (sign === '/') open.pop()
    else open.push({ sign, name, index })
  }
  const last = open.at(-1)
  if (last === undefined) return undefined
  const before = source.slice(0, last.index)
  return { ...last, line: before.split('\n').length, column: last.index - before.lastIndexOf('\n') - 1 }
}
