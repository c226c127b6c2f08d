/** What zod finds, in the words of a campaign file: what was expected, what is there, and the nearest known name. */

import { z } from 'zod'
import type { Json } from '../model/edition.ts'
import { suggestion } from '../model/nearest.ts'
import type { FieldPath, Problem } from './problems.ts'

export interface Checked {
  /** What was checked, from which an issue's path leads to its value. */
  readonly value: Json
  /** Where that value stands in the file. */
  readonly at: FieldPath
  /** What it was checked against; it knows the names that may stand there. */
  readonly schema: z.core.$ZodType
}

export function schemaProblems(issues: readonly z.core.$ZodIssue[], checked: Checked): readonly Problem[] {
  return issues.flatMap(issue => issueProblems(issue, checked))
}

function issueProblems(issue: z.core.$ZodIssue, checked: Checked): readonly Problem[] {
  const inner = issue.path.map(part => (typeof part === 'number' ? part : String(part)))
  const path = [...checked.at, ...inner]
  const value = valueAt(checked.value, inner)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownName([...path, key], namesOf(schemaAt(checked.schema, inner))))
    case 'invalid_union': {
      const branch = unionBranch(issue)
      if (branch === undefined)
        return [{ path, message: unlessDefault(issue.message) ?? mismatch('something else', value) }]
      return schemaProblems(branch, { value: value ?? null, at: path, schema: schemaAt(checked.schema, inner) })
    }
    case 'invalid_type':
      return [typeProblem(path, unlessDefault(issue.message), issue.expected, value)]
    case 'invalid_value':
      return [{ path, message: unlessDefault(issue.message) ?? `expected is ${issue.values.map(String).join(' or ')}` }]
    default:
      return [{ path, message: issue.message }]
  }
}

/** A name that is not known, with the nearest that is. */
export function unknownName(path: FieldPath, known: readonly string[]): Problem {
  const hint = suggestion(String(path.at(-1)), known)
  return { path, about: 'name', message: hint === '' ? 'is not known here' : `is not known here; ${hint}` }
}

function typeProblem(path: FieldPath, message: string | undefined, expected: string, value: Json | undefined): Problem {
  if (value === undefined) return { path, message: 'is missing' }
  if (value === null) return { path, message: 'has no value', remedy: 'Give it one, or remove the line.' }
  if (message !== undefined) return { path, message }
  const quotes = expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
  const braces = expected === 'string' && typeof value === 'object'
  const remedy = quotes ? 'Put it in quotes.' : braces ? 'If it begins with { or [, put it in quotes.' : undefined
  return {
    path,
    message: mismatch(typeWords[expected] ?? expected, value),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

function mismatch(expected: string, value: Json | undefined): string {
  if (expected === 'a whole number' && typeof value === 'number') return 'expected is a whole number'
  return `expected is ${expected}, found is ${foundWords(value)}`
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
}

function foundWords(value: Json | undefined): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null || value === undefined) return 'nothing'
  return { string: 'text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? 'a mapping'
}

/** The one alternative of a union whose kind of value was given, if there is one. */
function unionBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const fitting = issue.errors.filter(branch => !branch.some(each => each.path.length === 0 && isMisfit(each)))
  return fitting.length === 1 ? fitting[0] : undefined
}

function isMisfit({ code }: z.core.$ZodIssue): boolean {
  return code === 'invalid_type' || code === 'invalid_value'
}

/** A schema's own words for a problem, if it has any; zod's words are not those of this file. */
function unlessDefault(message: string): string | undefined {
  return /^Invalid (input|option)/.test(message) ? undefined : message
}

/** The schema of what stands at a path, without what says that it may be left out. */
function schemaAt(schema: z.core.$ZodType, path: FieldPath): z.core.$ZodType {
  return path.reduce<z.core.$ZodType>((at, part) => fieldSchemas(at, part)[0] ?? z.unknown(), schema)
}

/** The schemas that a field may have, several alternatives being possible. */
function fieldSchemas(schema: z.core.$ZodType, part: string | number): readonly z.core.$ZodType[] {
  return alternatives(schema).flatMap(each => {
    if (each instanceof z.ZodObject) return each.shape[part] ?? each.def.catchall ?? []
    if (each instanceof z.ZodRecord) return each.valueType
    return each instanceof z.ZodArray ? each.element : []
  })
}

function namesOf(schema: z.core.$ZodType): readonly string[] {
  return alternatives(schema).flatMap(each => (each instanceof z.ZodObject ? Object.keys(each.shape) : []))
}

function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return alternatives(schema.unwrap())
  if (schema instanceof z.ZodPipe) return alternatives(schema.in)
  return schema instanceof z.ZodUnion ? schema.options.flatMap(alternatives) : [schema]
}

function valueAt(value: Json, path: FieldPath): Json | undefined {
  let at: Json | undefined = value
  for (const part of path) {
    if (at === null || typeof at !== 'object') return undefined
    at = (at as { readonly [key: string]: Json })[part]
  }
  return at
}
