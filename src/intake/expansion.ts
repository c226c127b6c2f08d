/**
 * `${NAME}` in the texts of a campaign file. Secrets are left as they stand: they stay references until a route is
 * opened, so that what is frozen in the journal holds none.
 */

import type { Json } from '../model/edition.ts'
import type { ProviderKind } from '../providers/provider.ts'
import type { FieldPath, Problem } from './problems.ts'
import { isSecretField } from './routes.ts'
import { type Environment, expandVariables, unsetVariables } from './variables.ts'

/** The same values with the environment's in them, and a problem for each text with a variable that is not set. */
export function expandCampaign(
  value: { readonly [key: string]: Json },
  env: Environment,
  kinds: readonly ProviderKind[],
): { readonly value: { readonly [key: string]: Json }; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const text = (given: string, path: FieldPath): string => {
    const unset = unsetVariables(given, env)
    if (unset.length > 0) problems.push(unsetProblem(unset, path))
    return expandVariables(given, env)
  }
  const expand = (given: Json, path: FieldPath): Json => {
    if (typeof given === 'string') return text(given, path)
    if (Array.isArray(given)) return given.map((item, index) => expand(item, [...path, index]))
    if (typeof given !== 'object' || given === null) return given
    return mapping(given as { readonly [key: string]: Json }, path)
  }
  const mapping = (given: { readonly [key: string]: Json }, path: FieldPath): { readonly [key: string]: Json } => {
    const { provider } = given
    const isRoute = path.length === 2 && path[0] === 'routes'
    const name = isRoute && typeof provider === 'string' ? expandVariables(provider, env) : ''
    const isSecret = (field: string): boolean => isRoute && isSecretField(name, field, kinds)
    const entries = Object.entries(given).map(([field, each]) => {
      return [field, isSecret(field) ? each : expand(each, [...path, field])]
    })
    return Object.fromEntries(entries)
  }
  return { value: mapping(value, []), problems }
}

function unsetProblem(unset: readonly string[], path: FieldPath): Problem {
  const [first] = unset
  const which = unset.length === 1 ? `variable ${first} is` : `variables ${unset.join(', ')} are`
  return {
    path,
    message: `the environment ${which} not set`,
    remedy: `Set it: export ${first}=…; or write $\${${first}} for the text itself.`,
  }
}
