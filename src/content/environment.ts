/**
 * One isolated Handlebars per edition and kind of text, with its partials and the check of what is printed. The global
 * Handlebars is never touched, prototypes are never read, and nothing is ever logged.
 */

import Handlebars from 'handlebars'
import { InvariantError, UserError } from '../model/errors.ts'
import { causeText } from '../model/outcome.ts'
import type { Program } from './ast.ts'
import { isBlank, offeredNames, ownCalls, printable } from './calls.ts'
import { parseTemplate } from './parse.ts'
import { type PrintPlace, printCall, rewrite } from './rewrite.ts'

/** What a template sees: the campaign's data, our reserved fields and the recipient's own. */
export type TemplateContext = Readonly<Record<string, unknown>>

export interface EnvironmentOptions {
  /** Partials by name. */
  readonly partials: Readonly<Record<string, string>>
  /** True where the text is no HTML: nothing is escaped. */
  readonly noEscape: boolean
  /** What a printed field that is empty does. */
  readonly empty: 'error' | 'allow'
}

/** A statement made ready; what it gives for one recipient, or what is wrong with that recipient's fields. */
export type Evaluate = (context: TemplateContext) => Evaluated
export type Evaluated = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly detail: string }

export interface TemplateEnvironment {
  readonly noEscape: boolean
  /** The partials as they were read: for finding out what they read. */
  readonly sources: ReadonlyMap<string, Program>
  /** The partials as they are filled. */
  readonly partials: ReadonlyMap<string, Program>
  /** Prepares a program for filling; throws UserError for calls that are not offered. */
  rewrite(program: Program): Program
  compile(program: Program): Evaluate
}

const partialDepthMax = 50
const partialCallsMax = 100_000

/** Throws UserError for partials that cannot be read. */
export function createEnvironment({ partials, noEscape, empty }: EnvironmentOptions): TemplateEnvironment {
  const handlebars = Handlebars.create()
  // It parses what it compiles, and would trim white space a second time in a tree that has been taken apart.
  Object.assign(handlebars, { parse: (program: Program) => program })
  const places: PrintPlace[] = []
  const limits = new PartialLimits()
  handlebars.unregisterHelper('log')
  handlebars.registerHelper(ownCalls)
  handlebars.registerHelper(printCall, (value: unknown, place: number) => print(value, places[place], empty))

  const addPlace = (place: PrintPlace): number => places.push(place) - 1
  const template = (program: Program): Handlebars.TemplateDelegate<unknown> =>
    handlebars.compile<unknown>(program, { noEscape, knownHelpers, knownHelpersOnly: true })

  const sources = new Map(
    Object.entries(partials).map(([name, source]) => [name, parseTemplate(`partial ${name}`, source)]),
  )
  const rewritten = new Map([...sources].map(([name, program]) => [name, rewrite(program, addPlace)]))
  for (const [name, program] of rewritten) handlebars.registerPartial(name, limits.guard(name, template(program)))

  return {
    noEscape,
    sources,
    partials: rewritten,
    rewrite: program => rewrite(program, addPlace),
    compile: program => {
      const evaluate = template(program)
      return context => {
        limits.reset()
        try {
          return { ok: true, text: evaluate(context, runtimeOptions) }
        } catch (error) {
          return { ok: false, detail: whatIsWrong(error) }
        }
      }
    },
  }
}

const knownHelpers = {
  ...Object.fromEntries([...offeredNames, printCall].map(name => [name, true])),
  log: false,
  helperMissing: false,
  blockHelperMissing: false,
}

/** Refuses what prototypes hold, and does not warn about it on the terminal either. */
const runtimeOptions: Handlebars.RuntimeOptions = {
  allowProtoMethodsByDefault: false,
  allowProtoPropertiesByDefault: false,
}

/** Ends the filling of one template; caught where it began, and never seen outside of this file. */
class CannotPrint extends Error {}

/** The check behind every printing tag. Always gives a text, since Handlebars would add up numbers side by side. */
function print(value: unknown, place: PrintPlace | undefined, empty: 'error' | 'allow'): string {
  if (place === undefined) throw new InvariantError('a printing tag has no place')
  const tag = `{{${place.text}}}`
  if (value === undefined) throw new CannotPrint(`${tag} does not exist (${place.where})`)
  if (empty === 'error' && !place.mayBeBlank && isBlank(value))
    throw new CannotPrint(`${tag} is empty (${place.where})`)
  if (!hasText(value)) throw new CannotPrint(`${tag} is an object and cannot be printed (${place.where})`)
  return printable(value)
}

function hasText(value: unknown): boolean {
  return Array.isArray(value) ? value.every(hasText) : typeof value !== 'object' || value === null
}

/** Keeps partials that are chosen by a field from calling themselves without end. */
class PartialLimits {
  #depth = 0
  #calls = 0

  reset(): void {
    this.#depth = 0
    this.#calls = 0
  }

  guard(name: string, template: Handlebars.TemplateDelegate<unknown>): Handlebars.TemplateDelegate<unknown> {
    return (context, options) => {
      this.#calls += 1
      if (this.#depth >= partialDepthMax || this.#calls > partialCallsMax)
        throw new CannotPrint(`the partial "${name}" calls itself, or partials are called too often`)
      this.#depth += 1
      const text = template(context, options)
      this.#depth -= 1
      return text
    }
  }
}

function whatIsWrong(error: unknown): string {
  if (error instanceof InvariantError || error instanceof UserError) throw error
  if (error instanceof RangeError) return 'it would be too long, or is nested too deeply'
  return causeText(error instanceof Error ? error.message : String(error))
}
