/**
 * Puts a campaign's template into its layout, as statements and not as text: what is fixed in either stays fixed, and both
 * read the same fields of the same recipient.
 */

import { UserError } from '../model/errors.ts'
import {
  branchesOf,
  hashPairs,
  isBlock,
  isDecoratorBlock,
  isMustache,
  isPartialBlock,
  isPartialStatement,
  type Program,
  partialName,
  pathOf,
  type Statement,
  templateError,
} from './ast.ts'
import { parseTemplate } from './parse.ts'

/**
 * The layout with the template's statements in the place of `{{{body}}}` or `{{> body}}`, at its top level or inside
 * blocks that keep the fields as they are: `{{#if}}`, `{{#unless}}`, `{{else}}`, the blocks of partials. Throws UserError
 * for a layout without such a place.
 */
export function putIntoLayout(
  template: Program,
  layout: { readonly file: string; readonly source: string },
  { noEscape }: { readonly noEscape: boolean },
): Program {
  const placing = new Placing(template, noEscape)
  const whole = placing.into(parseTemplate(layout.file, layout.source))
  if (placing.places === 0)
    throw new UserError('the layout has no place for the template', {
      where: layout.file,
      remedy: 'write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}',
    })
  return whole
}

class Placing {
  places = 0
  readonly #template: Program
  readonly #noEscape: boolean

  constructor(template: Program, noEscape: boolean) {
    this.#template = template
    this.#noEscape = noEscape
  }

  into(program: Program): Program {
    return { ...program, body: program.body.flatMap(statement => this.#placed(statement)) }
  }

  #placed(statement: Statement): readonly Statement[] {
    if (this.#isPlace(statement)) {
      this.places += 1
      return this.#template.body
    }
    if (isPartialBlock(statement) || isDecoratorBlock(statement)) return [this.#withPrograms(statement, statement)]
    if (!isBlock(statement)) return [statement]
    const { program, inverse } = branchesOf(statement)
    const name = pathOf(statement.path).original
    const keepsFields = name === 'if' || name === 'unless'
    return [this.#withPrograms(statement, { program: keepsFields ? program : undefined, inverse })]
  }

  #withPrograms(
    statement: Statement,
    { program, inverse }: { readonly program?: Program | undefined; readonly inverse?: Program | undefined },
  ): Statement {
    return {
      ...statement,
      ...(program === undefined ? {} : { program: this.into(program) }),
      ...(inverse === undefined ? {} : { inverse: this.into(inverse) }),
    }
  }

  #isPlace(statement: Statement): boolean {
    if (isPartialStatement(statement))
      return partialName(statement) === 'body' && statement.params.length === 0 && hashPairs(statement).length === 0
    if (!isMustache(statement) || statement.params.length > 0 || hashPairs(statement).length > 0) return false
    if (pathOf(statement.path).original !== 'body') return false
    if (statement.escaped && !this.#noEscape)
      throw templateError(statement, '{{body}} would show the tags of the template', 'write {{{body}}}')
    return true
  }
}
