/**
 * What is wrong with a YAML file, all of it at once, each mistake at its line and column. No problem repeats a value
 * of the file: a value may come from the environment, and there it may be a secret.
 */

import { UserError } from '../model/errors.ts'
import { terminalSafe } from '../model/words.ts'

export type FieldPath = readonly (string | number)[]

export interface Problem {
  readonly path: FieldPath
  /** Whether it is about the field's name rather than its value. */
  readonly about?: 'name'
  readonly message: string
  readonly remedy?: string
}

/** Where fields stand in a file. */
export interface Places {
  readonly file: string
  /** Of the field itself, or of the nearest field around it that is in the file. Line and column count from 1. */
  placeOf(path: FieldPath, about: 'name' | 'value'): { readonly line: number; readonly column: number }
}

/** How many problems are shown at once. */
const shownMax = 30

/** One error that says all, in the order of the file; of several problems of one field only the first. */
export function problemsError(problems: readonly Problem[], places: Places): UserError {
  const placed = firstOfEach(problems)
    .map(problem => ({ problem, ...places.placeOf(problem.path, problem.about ?? 'value') }))
    .sort((a, b) => a.line - b.line || a.column - b.column)
  const [first, ...others] = placed
  if (first !== undefined && others.length === 0) {
    const { problem, line, column } = first
    const where = `${places.file}:${line}:${column}`
    return new UserError(sentence(problem), {
      where,
      ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
    })
  }
  const lines = placed.slice(0, shownMax).map(({ problem, line, column }) => {
    const remedy = problem.remedy === undefined ? '' : `. ${problem.remedy.replaceAll('\n', '\n    ')}`
    return `  ${places.file}:${line}:${column}: ${sentence(problem)}${remedy}`
  })
  const more = placed.length > shownMax ? [`  … and ${placed.length - shownMax} more`] : []
  return new UserError([`${placed.length} mistakes in this file`, ...lines, ...more].join('\n'), {
    where: places.file,
  })
}

/** `routes[0].sites.yahoo`; empty for the file as a whole. */
export function fieldName(path: FieldPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      const name = /^[\w-]+$/.test(part) ? part : JSON.stringify(terminalSafe(part, 60))
      return index === 0 ? name : `.${name}`
    })
    .join('')
}

function sentence({ path, message }: Problem): string {
  return path.length === 0 ? message : `${fieldName(path)}: ${message}`
}

function firstOfEach(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>()
  return problems.filter(({ path, about }) => {
    const key = JSON.stringify([path, about])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
