/**
 * Whether a value is as a JSON Schema says, for the part of JSON Schema that the vendors' API descriptions use. It is
 * stricter in one thing: a property that the schema does not list is unknown, unless it lists none.
 */

import { z } from 'zod'

export interface JsonSchema {
  readonly $ref?: string | undefined
  readonly type?: string | readonly string[] | undefined
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: JsonSchema | undefined
  readonly allOf?: readonly JsonSchema[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly maxLength?: number | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
}

export const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    items: jsonSchema.optional(),
    allOf: z.array(jsonSchema).optional(),
    enum: z.array(z.unknown()).optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  }),
)

/** Where a value is not as its schema says; `schemas` are those that `$ref` names, by the last part of its path. */
export function schemaProblems(
  value: unknown,
  given: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  path = 'body',
): string[] {
  const its = resolved(given, schemas)
  const types = typeof its.type === 'string' ? [its.type] : its.type
  const found: string[] = []
  const expectThat = (holds: boolean, what: string) => void (holds || found.push(`${path}: ${what}`))
  if (types !== undefined && !types.some(type => isOf(value, type)))
    return [`${path}: is ${JSON.stringify(value)}, not ${types.join(' or ')}`]
  // Some descriptions let a value be null by its type, and leave null out of its values.
  if (its.enum !== undefined && value !== null)
    expectThat(its.enum.includes(value), `${JSON.stringify(value)} is none of the values`)
  if (typeof value === 'string') expectThat(value.length <= (its.maxLength ?? Infinity), 'is too long')
  if (typeof value === 'number')
    expectThat(value >= (its.minimum ?? -Infinity) && value <= (its.maximum ?? Infinity), 'is out of range')
  if (Array.isArray(value))
    for (const [index, each] of value.entries())
      found.push(...schemaProblems(each, its.items ?? {}, schemas, `${path}.${index}`))
  else if (typeof value === 'object' && value !== null) {
    for (const name of its.required ?? []) expectThat(name in value, `lacks ${name}`)
    for (const [name, each] of Object.entries(value)) {
      const property = its.properties === undefined ? {} : its.properties[name]
      if (property === undefined) found.push(`${path}: ${name} is unknown`)
      else found.push(...schemaProblems(each, property, schemas, `${path}.${name}`))
    }
  }
  return found
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
