/** The campaign file's reference for people, made from its JSON Schema, so that it names no field that there is not. */

import { z } from 'zod'

/** The part of JSON Schema that the campaign's has. */
interface FieldSchema {
  readonly description?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly properties?: Readonly<Record<string, FieldSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly additionalProperties?: FieldSchema | undefined
  readonly items?: FieldSchema | undefined
  readonly anyOf?: readonly FieldSchema[] | undefined
  readonly oneOf?: readonly FieldSchema[] | undefined
}

const fieldSchema: z.ZodType<FieldSchema> = z.lazy(() =>
  z.object({
    description: z.string().optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    properties: z.record(z.string(), fieldSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: fieldSchema.optional().catch(undefined),
    items: fieldSchema.optional(),
    anyOf: z.array(fieldSchema).optional(),
    oneOf: z.array(fieldSchema).optional(),
  }),
)

/** A table in Markdown; of routes the fields that those of all providers have. */
export function campaignReference(schema: unknown): string {
  const rows = rowsOf(fieldSchema.parse(schema), '')
  return ['| field | what it is |', '| --- | --- |', ...rows.map(([field, what]) => `| ${field} | ${what} |`), ''].join(
    '\n',
  )
}

type Row = readonly [field: string, what: string]

function rowsOf(schema: FieldSchema, prefix: string): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) === true && field.default === undefined
    return [[`\`${path}\``, wordsOf(field, isRequired)] as const, ...innerRows(field, path)]
  })
}

function innerRows(field: FieldSchema, path: string): readonly Row[] {
  const forms = [field, ...(field.anyOf ?? []), ...(field.oneOf ?? [])]
  const inner = forms.flatMap(form => [
    ...rowsOf(form, `${path}.`),
    ...(form.additionalProperties === undefined ? [] : innerRows(form.additionalProperties, `${path}.NAME`)),
  ])
  const items = forms.flatMap(form => (form.items === undefined ? [] : [form.items]))
  const ofItems = items.flatMap(item => rowsOf(shared(item), `${path}[].`))
  return [...new Map([...inner, ...ofItems].map(row => [row[0], row])).values()]
}

/** Of several forms, what all of them have. */
function shared(item: FieldSchema): FieldSchema {
  const forms = item.oneOf ?? item.anyOf
  const [first, ...others] = forms ?? []
  if (first?.properties === undefined) return item
  const common = Object.entries(first.properties)
    .filter(([name]) => others.every(form => form.properties?.[name]))
    .map(([name, field]) => {
      const isOne = others.every(form => form.properties?.[name]?.description === field.description)
      return [
        name,
        isOne ? field : { ...field, description: 'Which one: `mailblast providers` says what each is' },
      ] as const
    })
  return { properties: Object.fromEntries(common), required: first.required }
}

function wordsOf({ description = '', default: standard, enum: values }: FieldSchema, isRequired: boolean): string {
  const choices =
    values === undefined || values.length < 2 ? '' : ` (${values.map(value => `\`${String(value)}\``).join(', ')})`
  const isShown = typeof standard === 'string' || typeof standard === 'number' || typeof standard === 'boolean'
  const isSaid = /Default: /.test(description)
  const tail = isRequired ? '. Required' : isShown && !isSaid ? `. Default: \`${String(standard)}\`` : ''
  return `${description}${choices}${tail}`.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
