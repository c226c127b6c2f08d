/**
 * How a provider's options name a secret. The campaign file says where a secret is to be found and never what it is, so
 * a text without `${NAME}` is refused, and no message here repeats what stood in the file.
 */

import { z } from 'zod'
import type { Json } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { SecretReference } from '../model/secret.ts'

/** One secret of a provider, as `secretsOf` lists it: named by exactly one of its keys, or by none if not required. */
export interface SecretOption {
  readonly name: string
  readonly required: boolean
  /** Such as `api_key`, `api_key_file`, `api_key_command`. */
  readonly keys: readonly string[]
}

export interface SecretOptionSettings {
  /** What the secret is, for the JSON Schema: `API key with the permission "Mail Send"`. */
  readonly description: string
  /** Whether one of the keys must be given; true unless said otherwise. */
  readonly required?: boolean
  /**
   * Whether a text gives the secret itself away. By default every text does that has no `${NAME}`; for an address that
   * may be without a password, such as `smtp://localhost:25`, look closer.
   */
  readonly reveals?: (text: string) => boolean
}

type SecretSchema = z.ZodOptional<z.ZodPipe<z.ZodString, z.ZodTransform<SecretReference, string>>>
export type SecretKeys<Name extends string> = Record<Name | `${Name}_file` | `${Name}_command`, SecretSchema>

/**
 * The keys of a secret for a provider's options: itself, `_file` and `_command`. Each is optional by itself; that
 * exactly one of them is given is checked by the campaign file's reader for every secret that `secretsOf` finds.
 *
 *     const options = z.strictObject({
 *       ...secretKeys('api_key', { description: 'API key of the account' }),
 *       base_url: z.url().default('https://api.example.com').describe('Where the API is'),
 *     })
 *     // in `open`, with `route.options` as `options` put them out and the journal gave them back:
 *     const key = await opening.secret(requiredSecret(opening.route.options, 'api_key'))
 */
export function secretKeys<Name extends string>(name: Name, settings: SecretOptionSettings): SecretKeys<Name> {
  const { description, required = true, reveals = text => variablesIn(text).length === 0 } = settings
  const option: SecretOption = { name, required, keys: [name, `${name}_file`, `${name}_command`] }
  const filled = z.string().min(1, { error: 'is empty', abort: true })
  const text = filled
    .refine(value => !reveals(value), {
      error: `is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use ${name}_file or ${name}_command`,
    })
    .transform((value): SecretReference => ({ from: 'text', text: value }))
  const path = filled.transform((value): SecretReference => ({ from: 'file', path: value }))
  const command = filled.transform((value): SecretReference => ({ from: 'command', command: value }))
  const schemas: Record<string, SecretSchema> = {
    [name]: describe(text, `${description}, from the environment: \${NAME}`, option),
    [`${name}_file`]: describe(path, `File that holds it, relative to the campaign file. ${description}`, option),
    [`${name}_command`]: describe(command, `Shell command that prints it. ${description}`, option),
  }
  return schemas as SecretKeys<Name>
}

/** Where the secret is to be found, by whichever of its keys was given; undefined if none was. */
export function secretReference(options: Readonly<Record<string, Json>>, name: string): SecretReference | undefined {
  const given = options[name] ?? options[`${name}_file`] ?? options[`${name}_command`]
  if (given === undefined) return undefined
  const parsed = reference.safeParse(given)
  if (!parsed.success) throw new InvariantError(`${name} is not a reference to a secret`)
  return parsed.data
}

/** The same for a secret that is required, without which the campaign file would not have been accepted. */
export function requiredSecret(options: Readonly<Record<string, Json>>, name: string): SecretReference {
  const found = secretReference(options, name)
  if (found === undefined) throw new InvariantError(`a route without ${name} has passed the campaign file's check`)
  return found
}

/** The secrets among a provider's options, in the order of their keys. */
export function secretsOf(options: z.ZodObject): readonly SecretOption[] {
  const found = Object.values(options.shape).map(schema => secretOptions.get(schema as z.ZodType)?.option)
  return [...new Set(found.filter(option => option !== undefined))]
}

/** Marks an option whose value, or each item of it, is a mapping that holds secrets: `inner`. */
export function holdingSecrets<Schema extends z.ZodType>(option: Schema, inner: z.ZodObject): Schema {
  secretHolders.set(option, inner)
  return option
}

/** The options that hold secrets further down, with what they hold. */
export function heldSecrets(options: z.ZodObject): readonly { readonly name: string; readonly inner: z.ZodObject }[] {
  return Object.entries(options.shape).flatMap(([name, schema]) => {
    const inner = secretHolders.get(schema as z.ZodType)
    return inner === undefined ? [] : { name, inner }
  })
}

/** The names of the environment variables that a text refers to as `${NAME}`; `$${NAME}` refers to none. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(variablePattern)].filter(match => match[1] === '').map(match => match[2] ?? '')
}

/** `${NAME}`, with a second `$` before it if it stands for itself: groups 1 (that `$`) and 2 (the name). */
export const variablePattern = /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}/g

const secretOptions = z.registry<{ readonly option: SecretOption }>()

const secretHolders = new WeakMap<object, z.ZodObject>()

const reference = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('text'), text: z.string() }),
  z.strictObject({ from: z.literal('file'), path: z.string() }),
  z.strictObject({ from: z.literal('command'), command: z.string() }),
])

function describe(
  schema: z.ZodPipe<z.ZodString, z.ZodTransform<SecretReference, string>>,
  description: string,
  option: SecretOption,
): SecretSchema {
  const described = schema.optional().describe(description)
  secretOptions.add(described, { option })
  return described
}
