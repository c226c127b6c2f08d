/**
 * Whether a value is as a vendor's API description says, for the part of JSON Schema that the descriptions use. It is
 * stricter in one thing: a property that the schema does not list is unknown, unless it lists none.
 */

import { z } from 'zod'

export interface JsonSchema {
  readonly $ref?: string | undefined
  readonly type?: string | readonly string[] | undefined
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly additionalProperties?: JsonSchema | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: JsonSchema | undefined
  readonly oneOf?: readonly JsonSchema[] | undefined
  readonly allOf?: readonly JsonSchema[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly maxProperties?: number | undefined
}

export const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    // A description may also allow or forbid them all, which says nothing of their form.
    additionalProperties: jsonSchema.optional().catch(undefined),
    required: z.array(z.string()).optional(),
    items: jsonSchema.optional(),
    oneOf: z.array(jsonSchema).optional(),
    allOf: z.array(jsonSchema).optional(),
    enum: z.array(z.unknown()).optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    maxProperties: z.number().optional(),
  }),
)

/** Where a value is not as its schema says; `schemas` are those that `$ref` names, by the last part of its path. */
export function schemaProblems(
  value: unknown,
  given: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path = 'body',
): readonly string[] {
  const its = resolved(given, schemas)
  const { oneOf, enum: values } = its
  if (oneOf !== undefined) {
    const tries = oneOf.map(schema => schemaProblems(value, schema, schemas, path))
    return tries.some(problems => problems.length === 0) ? [] : (tries[0] ?? [])
  }
  const types = typeof its.type === 'string' ? [its.type] : its.type
  if (types !== undefined && !types.some(type => isOf(value, type)))
    return [`${path}: is ${JSON.stringify(value)}, not ${types.join(' or ')}`]
  // Some descriptions let a value be null by its type, and leave null out of its values.
  if (values !== undefined && value !== null && !values.includes(value))
    return [`${path}: ${JSON.stringify(value)} is none of the values`]
  if (typeof value === 'string') return within(value.length, its.minLength, its.maxLength, path, 'has a wrong length')
  if (typeof value === 'number') return within(value, its.minimum, its.maximum, path, 'is out of range')
  if (Array.isArray(value))
    return [
      ...within(value.length, its.minItems, its.maxItems, path, `has ${value.length} items`),
      ...value.flatMap((each, index) => schemaProblems(each, its.items ?? {}, schemas, `${path}.${index}`)),
    ]
  return typeof value === 'object' && value !== null ? objectProblems(value, its, schemas, path) : []
}

function objectProblems(
  value: object,
  its: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path: string,
): readonly string[] {
  const lacking = (its.required ?? []).filter(name => !(name in value)).map(name => `${path}: lacks ${name}`)
  const wrong = Object.entries(value).flatMap(([name, each]) => {
    const property = its.properties === undefined ? (its.additionalProperties ?? {}) : its.properties[name]
    return property === undefined
      ? [`${path}: ${name} is unknown`]
      : schemaProblems(each, property, schemas, `${path}.${name}`)
  })
  const count = Object.keys(value).length
  return [...within(count, 0, its.maxProperties, path, `has ${count} properties`), ...lacking, ...wrong]
}

function within(
  value: number,
  least: number | undefined,
  most: number | undefined,
  path: string,
  what: string,
): string[] {
  return value >= (least ?? -Infinity) && value <= (most ?? Infinity) ? [] : [`${path}: ${what}`]
}

/** With everything that it takes from others, by `$ref` and `allOf`. */
function resolved(given: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const named = given.$ref === undefined ? undefined : schemas[given.$ref.replace(/^.*\//, '')]
  const parts = [...(named === undefined ? [] : [named]), ...(given.allOf ?? [])].map(part => resolved(part, schemas))
  const all = [...parts, given]
  const properties = all.map(part => part.properties).filter(each => each !== undefined)
  return {
    ...Object.assign({}, ...parts),
    ...given,
    properties: properties.length === 0 ? undefined : Object.assign({}, ...properties),
    required: all.flatMap(part => part.required ?? []),
  }
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
