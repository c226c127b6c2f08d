/**
 * Whether a value is as a vendor's API description says: every property is known to it, every required one is there, and
 * types, lengths and numbers are right. It knows the part of JSON Schema that the descriptions use.
 */

import { z } from 'zod'

export interface Schema {
  readonly $ref?: string | undefined
  readonly type?: string | undefined
  readonly properties?: Record<string, Schema> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Schema | undefined
  readonly oneOf?: readonly Schema[] | undefined
  readonly allOf?: readonly Schema[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
}

export const schemaOf: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    properties: z.record(z.string(), schemaOf).optional(),
    required: z.array(z.string()).optional(),
    items: schemaOf.optional(),
    oneOf: z.array(schemaOf).optional(),
    allOf: z.array(schemaOf).optional(),
    enum: z.array(z.unknown()).optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
  }),
)

/** Where a value is not as its schema says; `schemas` are those that a `$ref` names by the last part of its path. */
export function schemaProblems(
  value: unknown,
  given: Schema,
  schemas: Readonly<Record<string, Schema>>,
  path = 'body',
): readonly string[] {
  const own = given.$ref === undefined ? given : schemas[given.$ref.split('/').at(-1) ?? '']
  if (own === undefined) return [`${path}: the description lacks ${given.$ref}`]
  const at = (each: unknown, schema: Schema, where: string) => schemaProblems(each, schema, schemas, where)
  if (own.oneOf !== undefined) {
    const tries = own.oneOf.map(schema => at(value, schema, path))
    return tries.some(problems => problems.length === 0) ? [] : (tries[0] ?? [])
  }
  if (own.allOf !== undefined) return own.allOf.flatMap(schema => at(value, schema, path))
  if (own.enum !== undefined && !own.enum.includes(value)) return [`${path}: is none of the values`]
  if (Array.isArray(value)) {
    if (own.type !== 'array') return [`${path}: is an array, not ${own.type}`]
    if (value.length < (own.minItems ?? 0) || value.length > (own.maxItems ?? Number.POSITIVE_INFINITY))
      return [`${path}: has ${value.length} items`]
    return value.flatMap((each, index) => at(each, own.items ?? {}, `${path}.${index}`))
  }
  if (typeof value === 'object' && value !== null) {
    // Old descriptions leave out that what has properties is an object; one without is of whatever one likes.
    if (own.type !== undefined && own.type !== 'object') return [`${path}: is an object, not ${own.type}`]
    const { properties } = own
    if (properties === undefined) return []
    const lacking = (own.required ?? []).filter(name => !(name in value)).map(name => `${path}: lacks ${name}`)
    const wrong = Object.entries(value).flatMap(([name, each]) => {
      const schema = properties[name]
      return schema === undefined ? [`${path}: ${name} is unknown`] : at(each, schema, `${path}.${name}`)
    })
    return [...lacking, ...wrong]
  }
  const fits = own.type === typeof value || (own.type === 'integer' && Number.isInteger(value))
  return fits ? [] : [`${path}: is a ${typeof value}, not ${own.type}`]
}
