/** `mailblast providers`: what is known of each provider, and the options of its routes, from where the program has them. */

import { z } from 'zod'
import { routeFields } from '../intake/campaign-schema.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import { bytes, count, duration, wrapped } from '../model/words.ts'
import { providerKind, providerKinds } from '../providers/index.ts'
import type { Profile, ProviderKind } from '../providers/provider.ts'
import { secretsOf } from '../providers/secret-option.ts'
import { type Cell, tableLines } from '../report/table.ts'
import type { ProvidersFlags } from './commands/providers.ts'
import type { Context } from './context.ts'
import { print } from './printing.ts'

/** Lines are no longer than this, so that they fit any terminal. */
const width = 80

export async function providers(
  options: ProvidersFlags & { readonly name: string | undefined },
  context: Context,
): Promise<ExitCode> {
  const named = options.name === undefined ? undefined : providerKind(options.name)
  const kinds = named === undefined ? providerKinds : [named]
  const lines =
    options.json === true
      ? kinds.map(kind => JSON.stringify(providerJson(kind)))
      : named === undefined
        ? overview(kinds.map(({ profile }) => profile))
        : inFull(named)
  await print([`${lines.join('\n')}\n`], context)
  await context.stdout.flush()
  return exitCode.done
}

/** A table of the facts, and beneath it what people in doubt may expect of each. */
function overview(profiles: readonly Profile[]): string[] {
  const title: readonly Cell[] = [
    'provider',
    'per call',
    'rates count',
    'largest',
    'repeat safe',
    'asked later',
    'sandbox',
  ]
  const rows = profiles.map((profile): readonly Cell[] => [
    profile.name,
    profile.batchMax,
    profile.rateCounts,
    bytes(profile.messageMaxBytes),
    repeats(profile),
    profile.lookup,
    profile.sandbox?.by ?? 'no',
  ])
  return [
    ...tableLines([title, ...rows], ''),
    '',
    ...profiles.flatMap(({ name, title: what, guarantee }) => [
      `${name}: ${what}`,
      ...wrapped(guarantee, width - 2).map(line => `  ${line}`),
    ]),
    '',
    ...wrapped(
      'Asked later: whether a provider says what it has taken. traces: what it knows was taken, what it does not know proves nothing. conclusive: what it does not know was not taken.',
      width,
    ),
    'mailblast providers NAME shows the options of its routes.',
  ]
}

function inFull({ profile, options }: ProviderKind): string[] {
  const facts: readonly (readonly [string, string])[] = [
    ['in one call', `up to ${count(profile.batchMax)} ${profile.batchMax === 1 ? 'message' : 'messages'}`],
    ['rates count', profile.rateCounts],
    ['largest message', bytes(profile.messageMaxBytes)],
    ['repeat safe', repeats(profile)],
    ['asked later', lookups[profile.lookup]],
    ['sandbox', sandboxWords(profile)],
    ['open calls', `${profile.defaultConcurrency}, unless concurrency says otherwise`],
    ['in doubt', profile.guarantee],
  ]
  return [
    `${profile.name}: ${profile.title}`,
    '',
    ...described(facts),
    '',
    'Options of its routes:',
    ...described(optionFacts(options)),
    '',
    'Options of every route:',
    ...described(optionFacts(z.strictObject(routeFields))),
  ]
}

function repeats({ idempotency }: Profile): string {
  if (idempotency.kind === 'none') return 'no'
  return idempotency.windowMs > 365 * 86_400_000 ? 'always' : duration(idempotency.windowMs)
}

const lookups: Readonly<Record<Profile['lookup'], string>> = {
  no: 'no',
  traces: 'traces: what it knows was taken, what it does not know proves nothing',
  conclusive: 'conclusive: what it does not know was not taken',
}

function sandboxWords({ sandbox }: Profile): string {
  if (sandbox === undefined) return 'no'
  return sandbox.by === 'option' ? `yes, by ${sandbox.option}: true` : `yes, for mail to ${sandbox.to}`
}

/** Each option with its description, as `mailblast schema` has it, and what it is where that says more. */
function optionFacts(options: z.ZodObject): readonly (readonly [string, string])[] {
  const required = secretsOf(options).filter(secret => secret.required)
  return optionsOf(options).map(({ name, description, usual, choices, isRequired }) => {
    const others = required.find(secret => secret.keys.includes(name))?.keys
    const notes = [
      choices === undefined ? undefined : `One of: ${choices.join(', ')}`,
      usual === undefined ? undefined : `Default: ${usual}`,
      others === undefined ? undefined : `One of ${others.join(', ')} is required`,
      isRequired ? 'Required' : undefined,
    ].filter(note => note !== undefined && !description.includes(note))
    return [name, [description, ...notes].map(sentence => sentence?.replace(/\.$/, '')).join('. ')]
  })
}

interface Option {
  readonly name: string
  readonly description: string
  readonly usual: string | undefined
  readonly choices: readonly string[] | undefined
  readonly isRequired: boolean
}

/** The options of a schema; those within one of them are named `timeout.connect`. */
function optionsOf(options: z.ZodObject): readonly Option[] {
  return optionsIn(jsonSchema.parse(z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' })), '')
}

function optionsIn({ properties, required }: JsonSchema, prefix: string): readonly Option[] {
  return Object.entries(properties ?? {}).flatMap(([name, property]) => [
    {
      name: `${prefix}${name}`,
      description: property.description ?? '',
      usual: property.default === undefined ? undefined : textOf(property.default),
      choices: property.enum?.map(textOf),
      isRequired: required?.includes(name) === true,
    },
    ...optionsIn(property, `${prefix}${name}.`),
  ])
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly description?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
}

const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    description: z.string().optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
  }),
)

/** Names to the left, and beside them what there is to say, as long as it may be. */
function described(facts: readonly (readonly [string, string])[]): string[] {
  const column = Math.max(...facts.map(([name]) => name.length))
  return facts.flatMap(([name, text]) =>
    wrapped(text, width - column - 4).map((line, index) => `  ${(index === 0 ? name : '').padEnd(column)}  ${line}`),
  )
}

function providerJson({ profile, options }: ProviderKind): object {
  const { idempotency, sandbox } = profile
  return {
    name: profile.name,
    title: profile.title,
    delivers: profile.delivers,
    messages_per_call: profile.batchMax,
    rates_count: profile.rateCounts,
    largest_message_bytes: profile.messageMaxBytes,
    repeat_safe_ms: idempotency.kind === 'none' ? null : idempotency.windowMs,
    lookup: profile.lookup,
    sandbox: sandbox === undefined ? null : sandbox.by === 'option' ? { option: sandbox.option } : { to: sandbox.to },
    default_concurrency: profile.defaultConcurrency,
    guarantee: profile.guarantee,
    options: optionsOf(options).map(({ name, description }) => ({ name, description })),
  }
}
