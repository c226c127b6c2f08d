/**
 * From a reference to the secret itself, as late as possible. Messages say where it was looked for and never what was
 * found there.
 */

import { resolve } from 'node:path'
import { UserError } from '../model/errors.ts'
import { Secret, type SecretReference } from '../model/secret.ts'
import { terminalSafe } from '../model/words.ts'
import { smallFile } from './files.ts'
import { type Environment, emptyVariables, expandVariables } from './variables.ts'

/** Longer than any key, PEM files among them. */
export const secretMaxBytes = 64 * 1024

export interface SecretPlaces {
  readonly env: Environment
  /** The folder to which files refer: the campaign file's. */
  readonly folder: string
  /** Runs a command in the shell, in that folder; what it writes to stderr must not be shown. */
  readonly run: (command: string) => Promise<{ readonly code: number; readonly stdout: string }>
}

/**
 * Finds a secret. Line breaks at the end of a file or of a command's output do not belong to it. Throws UserError if it
 * is not to be found or is empty.
 */
export async function resolveSecret(reference: SecretReference, places: SecretPlaces): Promise<Secret> {
  switch (reference.from) {
    case 'text':
      return new Secret(fromText(reference.text, places.env))
    case 'file':
      return new Secret(await fromFile(reference.path, places))
    case 'command':
      return new Secret(await fromCommand(reference.command, places))
  }
}

/** The path of a secret's file; it may hold `${NAME}`, as `${CREDENTIALS_DIRECTORY}/key`. */
export function secretPath(path: string, { env, folder }: Pick<SecretPlaces, 'env' | 'folder'>): string {
  checkVariables(path, env)
  return resolve(folder, expandVariables(path, env))
}

function fromText(text: string, env: Environment): string {
  checkVariables(text, env)
  return expandVariables(text, env)
}

function checkVariables(text: string, env: Environment): void {
  const [unset] = emptyVariables(text, env)
  if (unset === undefined) return
  throw new UserError(`the environment variable ${unset} is not set or empty`, {
    remedy: `A route of the campaign needs it; set it: export ${unset}=…`,
  })
}

/** Messages name the file as the campaign does: what a variable in its path holds might be a secret put in the wrong place. */
async function fromFile(path: string, places: SecretPlaces): Promise<string> {
  const bytes = await smallFile(secretPath(path, places), secretMaxBytes, path)
  const value = withoutLastBreak(bytes.toString('utf8'))
  if (value === '')
    throw new UserError('the file of a secret is empty', { where: path, remedy: 'Put the secret into it.' })
  return value
}

async function fromCommand(command: string, { run }: SecretPlaces): Promise<string> {
  const shown = terminalSafe(command, 100)
  const remedy = 'Run it by hand to see what is wrong; what it printed is not shown, for it may hold the secret.'
  const { code, stdout } = await run(command)
  if (code !== 0) throw new UserError(`the command for a secret ended with exit code ${code}: ${shown}`, { remedy })
  if (Buffer.byteLength(stdout) > secretMaxBytes) {
    throw new UserError(`the command for a secret printed more than ${secretMaxBytes} bytes: ${shown}`, { remedy })
  }
  const value = withoutLastBreak(stdout)
  if (value === '') throw new UserError(`the command for a secret printed nothing: ${shown}`, { remedy })
  return value
}

function withoutLastBreak(text: string): string {
  return text.replace(/(?<![\r\n])[\r\n]+$/, '')
}
