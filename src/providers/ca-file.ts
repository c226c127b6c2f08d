/** The `ca_file` option: certificates to trust instead of the usual ones, for a server of one's own. */

import { resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../model/errors.ts'

export const caFileOption = z
  .string()
  .min(1)
  .optional()
  .describe("PEM file with the certificate of the server's own authority")

/** The door to the certificate file. */
export type ReadText = (path: string) => Promise<string>

/** The certificates, as PEM. Throws UserError if there are none in the file; `where` names the route. */
export async function readCaFile(file: string, folder: string, readText: ReadText, where: string): Promise<string> {
  const path = resolve(folder, file)
  const remedy = 'Give the path of a PEM file.'
  let text: string
  try {
    text = await readText(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UserError(`ca_file cannot be read (${code}): ${path}`, { where, remedy })
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new UserError(`ca_file holds no certificate: ${path}`, { where, remedy })
  return text
}
