/** `${NAME}` in a text, from the environment. What a variable holds never comes into a message. */

import { variablePattern, variablesIn } from '../providers/secret-option.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Puts the environment's values in place of `${NAME}`, and `${NAME}` in place of `$${NAME}`. All of them must be set. */
export function expandVariables(text: string, env: Environment): string {
  return text.replace(variablePattern, (_, dollar: string, name: string) => {
    return dollar === '' ? (variable(name, env) ?? '') : `\${${name}}`
  })
}

/** Which variables of a text are not set. */
export function unsetVariables(text: string, env: Environment): readonly string[] {
  return variablesIn(text).filter(name => variable(name, env) === undefined)
}

/** Which variables of a text are not set or empty: a secret that is empty is none. */
export function emptyVariables(text: string, env: Environment): readonly string[] {
  return variablesIn(text).filter(name => (variable(name, env) ?? '') === '')
}

/** An object that is an environment has properties beside the variables, such as `toString`. */
function variable(name: string, env: Environment): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}
