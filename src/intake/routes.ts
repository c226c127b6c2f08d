/**
 * The campaign's routes: the fields that all have, and those of their providers. Secrets stay references; here it is
 * only seen that each is named once and that what it names is there.
 */

import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { z } from 'zod'
import type { RouteSettings } from '../model/campaign.ts'
import type { Json } from '../model/edition.ts'
import { nearest } from '../model/nearest.ts'
import type { ProviderKind } from '../providers/provider.ts'
import { heldSecrets, type SecretOption, secretsOf } from '../providers/secret-option.ts'
import { routeFields } from './campaign-schema.ts'
import type { FieldPath, Problem } from './problems.ts'
import { schemaProblems, unknownName } from './schema-problems.ts'
import { secretPath } from './secrets.ts'
import { type Environment, emptyVariables } from './variables.ts'

export interface RouteReading {
  readonly kinds: readonly ProviderKind[]
  readonly env: Environment
  /** The campaign file's folder. */
  readonly folder: string
}

export interface RoutesRead {
  readonly routes: readonly RouteSettings[]
  readonly problems: readonly Problem[]
}

/** Reads the value of `routes:`. There are as many routes as the list has if, and only if, there is no problem. */
export async function readRoutes(list: Json | undefined, reading: RouteReading): Promise<RoutesRead> {
  if (list === undefined || list === null || (Array.isArray(list) && list.length === 0)) {
    return { routes: [], problems: [noRoutes] }
  }
  // Whatever else it may be, the schema of the whole file has found out.
  if (!Array.isArray(list)) return { routes: [], problems: [] }
  const routes: RouteSettings[] = []
  const problems: Problem[] = []
  const names = new Map<string, number>()
  for (const [index, given] of (list as readonly Json[]).entries()) {
    const path = ['routes', index]
    const read = await readRoute(given, path, reading)
    problems.push(...read.problems)
    if (read.route === undefined) continue
    const earlier = names.get(read.route.name)
    if (earlier !== undefined)
      problems.push(nameTaken(path, read.route, earlier, isMapping(given) && Object.hasOwn(given, 'name')))
    names.set(read.route.name, index)
    routes.push(read.route)
  }
  return { routes, problems }
}

/** Whether a field of a route is a secret, or holds one, or may be one because the provider is not known. */
export function isSecretField(provider: string, field: string, kinds: readonly ProviderKind[]): boolean {
  if (Object.hasOwn(routeFields, field)) return false
  const kind = kinds.find(each => each.profile.name === provider)
  if (kind === undefined || secretsOf(kind.options).some(secret => secret.keys.includes(field))) return true
  return heldSecrets(kind.options).some(({ name }) => name === field)
}

const noRoutes: Problem = {
  path: ['routes'],
  message: 'there is no route, and so no way out',
  remedy:
    'To begin with, paste this, which writes the messages to files and mails nobody:\nroutes:\n  - provider: outbox\n    dir: outbox',
}

function nameTaken(path: FieldPath, route: RouteSettings, earlier: number, named: boolean): Problem {
  return {
    path: named ? [...path, 'name'] : path,
    message: `routes[${earlier}] is named ${route.name} already`,
    remedy: `Give every route a name of its own, such as \`name: ${route.provider}-2\`.`,
  }
}

async function readRoute(
  given: Json,
  path: FieldPath,
  reading: RouteReading,
): Promise<{ readonly route?: RouteSettings; readonly problems: readonly Problem[] }> {
  if (!isMapping(given)) {
    return { problems: [{ path, message: 'expected is a mapping that begins with `provider:`' }] }
  }
  const kind = kindOf(given, reading.kinds)
  if (kind === undefined) return { problems: [unknownProvider(given, path, reading.kinds)] }
  const names = [...Object.keys(routeFields), ...Object.keys(kind.options.shape)]
  const unknown = Object.keys(given).filter(name => !names.includes(name))
  const shared = sharedSchema.safeParse(given)
  const own = kind.options.safeParse(
    Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(kind.options.shape, name))),
  )
  const problems = [
    ...unknown.map(name => unknownName([...path, name], names)),
    ...(shared.success ? [] : schemaProblems(shared.error.issues, { value: given, at: path, schema: sharedSchema })),
    ...(own.success ? [] : schemaProblems(own.error.issues, { value: given, at: path, schema: kind.options })),
    ...(await secretProblems(given, path, kind.options, reading)),
  ]
  if (!shared.success || !own.success) return { problems }
  const route = settingsOf(shared.data, jsonOf(own.data), kind)
  return { route, problems: [...problems, ...batchProblems(route, path, kind)] }
}

const sharedSchema = z.object(routeFields)

function settingsOf(
  shared: z.output<typeof sharedSchema>,
  options: RouteSettings['options'],
  { profile }: ProviderKind,
): RouteSettings {
  return {
    name: shared.name ?? profile.name,
    provider: profile.name,
    rates: shared.rate ?? [],
    concurrency: shared.concurrency ?? profile.defaultConcurrency,
    weight: shared.weight,
    order: shared.order,
    senders: shared.senders ?? null,
    sites: shared.sites ?? null,
    batch: shared.batch,
    warmup: shared.warmup ?? null,
    options,
  }
}

function kindOf(route: Mapping, kinds: readonly ProviderKind[]): ProviderKind | undefined {
  return kinds.find(kind => kind.profile.name === route['provider'])
}

function unknownProvider({ provider }: Mapping, path: FieldPath, kinds: readonly ProviderKind[]): Problem {
  const names = kinds.map(kind => kind.profile.name)
  const known = `The providers are ${names.join(', ')}.`
  if (provider === undefined) return { path: [...path, 'provider'], message: 'is missing', remedy: known }
  const near = typeof provider === 'string' ? nearest(provider, names) : undefined
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`
  return { path: [...path, 'provider'], message: `is not a provider that is known here${hint}`, remedy: known }
}

function batchProblems({ batch }: RouteSettings, path: FieldPath, { profile }: ProviderKind): readonly Problem[] {
  if (typeof batch !== 'number' || batch <= profile.batchMax) return []
  return [{ path: [...path, 'batch'], message: `${profile.name} takes at most ${profile.batchMax} in one call` }]
}

async function secretProblems(
  given: Mapping,
  path: FieldPath,
  options: ProviderKind['options'],
  reading: RouteReading,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const secret of secretsOf(options)) {
    const named = secret.keys.filter(key => given[key] !== undefined)
    const problem = countProblem(secret, named, path) ?? (await unreachable(secret, given, path, reading))
    if (problem !== undefined) problems.push(problem)
  }
  for (const { name, inner } of heldSecrets(options)) {
    for (const { item, at } of mappingsIn(given[name], [...path, name]))
      problems.push(...(await secretProblems(item, at, inner, reading)))
  }
  return problems
}

/** The mapping, or those of a list; whatever else stands there the schema has found out. */
function mappingsIn(value: Json | undefined, path: FieldPath): { readonly item: Mapping; readonly at: FieldPath }[] {
  if (isMapping(value)) return [{ item: value, at: path }]
  if (!Array.isArray(value)) return []
  return (value as readonly Json[]).flatMap((item, index) => (isMapping(item) ? { item, at: [...path, index] } : []))
}

function countProblem({ name, required, keys }: SecretOption, named: readonly string[], path: FieldPath) {
  if (named.length > 1) {
    const message = `only one of ${named.join(' and ')} can be given`
    return { path: [...path, named[1] ?? name], about: 'name', message } satisfies Problem
  }
  if (named.length === 1 || !required) return undefined
  return { path: [...path, name], message: 'is missing', remedy: `Give one of ${keys.join(', ')}.` } satisfies Problem
}

/** What would keep a secret from being found when it is needed. A command is not run for that. */
async function unreachable(
  { name, keys }: SecretOption,
  given: Mapping,
  path: FieldPath,
  { env, folder }: RouteReading,
): Promise<Problem | undefined> {
  const [text, file] = [given[name], given[`${name}_file`]]
  const place = typeof text === 'string' ? text : file
  if (typeof place !== 'string') return undefined
  const field = [...path, place === text ? name : `${name}_file`]
  const [unset] = emptyVariables(place, env)
  if (unset !== undefined) {
    const message = `the environment variable ${unset} is not set or empty`
    const others = keys.filter(key => !field.includes(key))
    return { path: field, message, remedy: `Set it: export ${unset}=…; or use ${others.join(' or ')}.` }
  }
  if (place === text || (await isReadable(secretPath(place, { env, folder })))) return undefined
  return {
    path: field,
    message: 'there is no file that can be read',
    remedy: 'Paths are relative to the campaign file.',
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return !(await stat(path)).isDirectory()
  } catch {
    return false
  }
}

type Mapping = { readonly [key: string]: Json }

function isMapping(value: Json | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Options as the journal will keep them and give them back. */
function jsonOf(options: Readonly<Record<string, unknown>>): RouteSettings['options'] {
  return JSON.parse(JSON.stringify(options))
}
