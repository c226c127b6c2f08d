/**
 * A template compiled to fixed text and slots: fixed text is the same for everybody and is encoded once a run, slots are
 * filled per recipient by Handlebars itself. Fixed text and slots in turn are, byte for byte, what Handlebars would
 * have rendered; a slot whose field is missing or empty is never filled with nothing.
 */

import { type FixedText, joinText } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import {
  hashPairs,
  inlineName,
  isComment,
  isContent,
  isDecorator,
  isDecoratorBlock,
  isMustache,
  isPartialStatement,
  type Program,
  partialName,
  type Statement,
} from './ast.ts'
import type { Evaluate, TemplateContext, TemplateEnvironment } from './environment.ts'
import { putIntoLayout } from './layout.ts'
import { parseTemplate } from './parse.ts'
import { type FieldReads, fieldReads } from './reads.ts'

export interface SkeletonOptions {
  /** The template's name in messages: its file, or the field of the campaign file that holds it. */
  readonly file: string
  readonly environment: TemplateEnvironment
  /** The layout around it. */
  readonly layout?: { readonly file: string; readonly source: string } | null
}

export interface Skeleton {
  /** One piece more than there are slots. */
  readonly fixed: FixedText
  /** What is filled in: each slot's statement as a program of its own, under the inline partials that hold for it. */
  readonly slots: readonly Program[]
  /** The recipient's fields that it reads. */
  readonly reads: FieldReads
  /** The slots' texts for one recipient, or what is wrong with the fields; never throws for anything a field holds. */
  fill(context: TemplateContext): Filled
}

export type Filled =
  | { readonly ok: true; readonly slots: readonly string[] }
  | { readonly ok: false; readonly detail: string }

/** A template filled, in one piece: for what is short and differs for everybody. */
export function joinFilled(
  skeleton: Skeleton,
  context: TemplateContext,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly detail: string } {
  const filled = skeleton.fill(context)
  return filled.ok ? { ok: true, text: joinText(skeleton.fixed, filled.slots) } : filled
}

/** The fixed pieces of one part of a message, and its slots, may hold so many characters, all together. */
const fixedMaxLength = 6 * 1024 * 1024
const filledMaxLength = 8 * 1024 * 1024

/** Throws UserError, with file, line and column, for whatever is wrong with the template itself. */
export function compileSkeleton(source: string, { file, environment, layout }: SkeletonOptions): Skeleton {
  const template = parseTemplate(file, source)
  const program = layout ? putIntoLayout(template, layout, environment) : template
  const rewritten = environment.rewrite(program)
  const reads = fieldReads(program, environment.sources)
  const { fixed, statements, decorators } = cut(inlinePartials(rewritten, environment.partials), file)
  const slots = statements.map(statement => alone(rewritten, statement, decorators))
  const evaluations = slots.map(slot => environment.compile(slot))
  return { fixed, slots, reads, fill: context => fill(evaluations, context) }
}

function fill(evaluations: readonly Evaluate[], context: TemplateContext): Filled {
  const slots: string[] = []
  let length = 0
  for (const evaluate of evaluations) {
    const evaluated = evaluate(context)
    if (!evaluated.ok) return evaluated
    length += evaluated.text.length
    if (length > filledMaxLength)
      return { ok: false, detail: `more than ${filledMaxLength} characters would be filled in` }
    slots.push(evaluated.text)
  }
  return { ok: true, slots }
}

/** The statement as a program of its own, under the decorators of the whole. A plain tag calls no partial: it needs none. */
function alone(program: Program, statement: Statement, decorators: readonly Statement[]): Program {
  return { ...program, body: isMustache(statement) ? [statement] : [...decorators, statement] }
}

function cut(
  program: Program,
  file: string,
): { fixed: readonly string[]; statements: readonly Statement[]; decorators: readonly Statement[] } {
  const fixed: string[] = []
  const statements: Statement[] = []
  const decorators: Statement[] = []
  let length = 0
  let piece = ''
  for (const statement of program.body) {
    if (isContent(statement)) {
      piece += statement.value
      length += statement.value.length
    } else if (isDecorator(statement)) decorators.push(statement)
    else if (!isComment(statement)) {
      statements.push(statement)
      fixed.push(piece)
      piece = ''
    }
  }
  if (length > fixedMaxLength)
    throw new UserError(`with its layout and partials it is longer than ${fixedMaxLength} characters`, {
      where: file,
      remedy: 'make it shorter; no receiver takes a message of that size',
    })
  fixed.push(piece)
  return { fixed, statements, decorators }
}

/**
 * Puts the statements of partials in the place of their calls, so that their fixed text stays fixed. Only where that
 * changes nothing: calls without context, fields or indentation, of partials that define no inline partials and are
 * not hidden by one. That partials end somewhere has been seen to before.
 */
function inlinePartials(program: Program, partials: ReadonlyMap<string, Program>): Program {
  const hidden = new Set(program.body.filter(isDecoratorBlock).map(inlineName))
  const inline = (statement: Statement): readonly Statement[] => {
    if (!isPartialStatement(statement)) return [statement]
    const name = partialName(statement)
    const partial = name === undefined || hidden.has(name) ? undefined : partials.get(name)
    const isPlain = statement.params.length === 0 && hashPairs(statement).length === 0 && !statement.indent
    if (partial === undefined || !isPlain || partial.body.some(isDecorator)) return [statement]
    return partial.body.flatMap(inline)
  }
  return { ...program, body: program.body.flatMap(inline) }
}
