/** A rule on one line, as a command line gives it: `site=yahoo.com phase=answer share=1% do=lose-answer`. */

import { UserError } from '../model/errors.ts'
import { suggestion } from '../model/nearest.ts'
import { causeText } from '../model/outcome.ts'
import type { Rule } from './rule.ts'
import { ruleFieldNames, ruleSchema } from './rules.ts'

const wholeNumbers: ReadonlySet<string> = new Set(['after', 'first', 'status'])
const textMax = 2000

/**
 * Reads one rule. Values with spaces stand in quotes: `reply="550 5.7.1 Go away"`; several sites are parted by commas.
 * Throws UserError naming `where` and the field.
 */
export function parseRuleText(text: string, where = '--rule'): Rule {
  const given: Record<string, unknown> = {}
  for (const { name, value } of pairs(text, where)) {
    if (name in given) throw wrong(where, `${name} is given twice`)
    given[name] = typedValue(name, value)
  }
  const read = ruleSchema.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const field = String(issue?.path[0] ?? '')
  if (issue?.code === 'invalid_value') throw wrong(where, `${field}: ${oneOf(given[field], issue.values.map(String))}`)
  throw wrong(where, `${field === '' ? '' : `${field}: `}${issue?.message ?? 'this is no rule'}`)
}

function* pairs(text: string, where: string): Generator<{ readonly name: string; readonly value: string }> {
  let rest = text.slice(0, textMax).trim()
  if (rest === '' || text.length > textMax) throw wrong(where, 'there is no rule')
  while (rest !== '') {
    const match = /^([a-z_]+)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?:\s+|$)/.exec(rest)
    const name = match?.[1]
    if (match === null || name === undefined) throw wrong(where, `not of the form name=value: ${rest.slice(0, 60)}`)
    if (!ruleFieldNames.includes(name))
      throw wrong(where, `${name} is not known here; ${suggestion(name, ruleFieldNames)}`)
    yield { name, value: match[2] ?? match[3] ?? match[4] ?? '' }
    rest = rest.slice(match[0].length)
  }
}

function typedValue(name: string, value: string): unknown {
  if (name === 'site') return value.split(',')
  if (wholeNumbers.has(name)) return /^\d{1,10}$/.test(value) ? Number(value) : value
  if (name === 'taken')
    return value === 'true' || value === 'yes' ? true : value === 'false' || value === 'no' ? false : value
  return value
}

function oneOf(given: unknown, values: readonly string[]): string {
  return given === undefined ? 'is missing' : `there is no ${String(given)}; ${suggestion(String(given), values)}`
}

function wrong(where: string, message: string): UserError {
  return new UserError(causeText(message), {
    where,
    remedy: "A rule is written like this: 'site=yahoo.com phase=answer share=1% do=lose-answer'",
  })
}
