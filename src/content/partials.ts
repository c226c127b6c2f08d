/** Partials: parts of templates in files of their own, named one by one or all of a folder. */

import { readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Campaign } from '../model/campaign.ts'
import { mebibytes } from './files.ts'
import { readTemplate, templateMaxBytes, unusableFile, withoutEnding } from './template-file.ts'

const partialsMax = 500

/**
 * Sources of partials by name, in the order of names. In a folder, and the folders in it, every file that is a template
 * is one, named by its path without its ending: `footer`, `parts/button`. Throws UserError, naming the field of the
 * campaign file and the path.
 */
export async function readPartials({ partials, file }: Campaign): Promise<Readonly<Record<string, string>>> {
  const isFolder = typeof partials === 'string'
  const named = isFolder ? await inFolder(partials, file) : Object.entries(partials ?? {})
  const sources: [string, string][] = []
  let size = 0
  for (const [name, path] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const field = isFolder ? 'partials' : `partials.${name}`
    const source = await readTemplate(file, field, path)
    size += Buffer.byteLength(source)
    if (sources.length === partialsMax || size > templateMaxBytes) {
      const limit = `with it, there are more than ${partialsMax} partials or ${mebibytes(templateMaxBytes)} of them`
      throw unusableFile(file, field, path, limit, 'name only those that are used')
    }
    sources.push([name, source])
  }
  return Object.fromEntries(sources)
}

async function inFolder(path: string, campaignFile: string): Promise<[name: string, path: string][]> {
  const root = resolve(dirname(campaignFile), path)
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const why =
      { ENOENT: 'there is no such folder', ENOTDIR: 'it is not a folder' }[code] ?? `it cannot be read (${code})`
    throw unusableFile(campaignFile, 'partials', path, why, 'check the path, which is relative to the campaign file')
  })
  const found = new Map<string, string>()
  const files = entries
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
  for (const inside of files.sort()) {
    const name = withoutEnding(inside.split(sep).join('/'))
    if (name === undefined || isHidden(inside)) continue
    const file = join(path, inside)
    const other = found.get(name)
    if (other !== undefined)
      throw unusableFile(campaignFile, 'partials', file, `${other} has the same name, ${name}`, 'rename one of them')
    found.set(name, file)
  }
  return [...found]
}

function isHidden(path: string): boolean {
  return path.split(sep).some(part => part.startsWith('.'))
}
