/**
 * Checks a value against a shape of an AWS service model (`service-2.json`): every member is known to it, every required one
 * is there, and types, lengths, patterns and enums are as it says.
 */

import { z } from 'zod'

const reference = z.object({ shape: z.string(), location: z.string().optional() })

const shape = z.object({
  type: z.string(),
  members: z.record(z.string(), reference).optional(),
  required: z.array(z.string()).optional(),
  member: reference.optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  error: z.object({ httpStatusCode: z.number() }).optional(),
})

const model = z.object({
  operations: z.record(
    z.string(),
    z.object({
      http: z.object({ method: z.string(), requestUri: z.string() }),
      input: reference.optional(),
      output: reference.optional(),
      errors: z.array(reference).optional(),
    }),
  ),
  shapes: z.record(z.string(), shape),
})

export type AwsModel = z.output<typeof model>

export function readAwsModel(json: string): AwsModel {
  return model.parse(JSON.parse(json))
}

/** Where a value is not as its shape says. */
export function shapeProblems(value: unknown, name: string, of: AwsModel, path = name): string[] {
  const its = of.shapes[name]
  if (its === undefined) return [`${path}: there is no shape ${name}`]
  const found: string[] = []
  const expectThat = (holds: boolean, what: string) => void (holds || found.push(`${path}: ${what}`))
  const hasLength = (length: number) => length >= (its.min ?? 0) && length <= (its.max ?? Infinity)
  switch (its.type) {
    case 'structure': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: is no structure`]
      for (const each of its.required ?? []) expectThat(Object.hasOwn(value, each), `lacks ${each}`)
      for (const [key, each] of Object.entries(value)) {
        const member = its.members?.[key]
        if (member === undefined) found.push(`${path}: ${key} is unknown`)
        else found.push(...shapeProblems(each, member.shape, of, `${path}.${key}`))
      }
      break
    }
    case 'list':
      if (!Array.isArray(value)) return [`${path}: is no list`]
      expectThat(hasLength(value.length), 'has a wrong number of members')
      for (const [index, each] of value.entries())
        found.push(...shapeProblems(each, its.member?.shape ?? '', of, `${path}.${index}`))
      break
    case 'string':
      if (typeof value !== 'string') return [`${path}: is no string`]
      expectThat(hasLength(value.length), 'has a wrong length')
      expectThat(its.enum?.includes(value) ?? true, 'is none of the values')
      expectThat(its.pattern === undefined || new RegExp(`^(?:${its.pattern})$`).test(value), 'is not of the pattern')
      break
    case 'blob':
      expectThat(typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value), 'is no base64')
      break
    default:
      expectThat(typeof value === { boolean: 'boolean', double: 'number' }[its.type], `is no ${its.type}`)
  }
  return found
}
