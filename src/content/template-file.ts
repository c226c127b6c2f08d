/** Template files: which kinds there are, by their names, and reading one as text. */

import { dirname, resolve } from 'node:path'
import { UserError } from '../model/errors.ts'
import { terminalSafe } from '../model/words.ts'
import { readFile } from './files.ts'

export type TemplateKind = 'html' | 'text'

export const templateMaxBytes = 5 * 1024 * 1024

/** Endings of files that are templates, and what is known of their content by them. */
const endings: readonly (readonly [ending: string, kind: TemplateKind | 'either'])[] = [
  ['.html.hbs', 'html'],
  ['.txt.hbs', 'text'],
  ['.html', 'html'],
  ['.htm', 'html'],
  ['.txt', 'text'],
  ['.hbs', 'either'],
  ['.handlebars', 'either'],
]

/**
 * What a template is, by its name; `otherwise` where the name does not tell. Throws UserError, naming `field` of the
 * campaign file, for names that are no template's.
 */
export function templateKind(campaignFile: string, field: string, path: string, otherwise: TemplateKind): TemplateKind {
  const kind = endings.find(([ending]) => path.toLowerCase().endsWith(ending))?.[1]
  if (kind !== undefined) return kind === 'either' ? otherwise : kind
  const remedy = 'HTML templates end in .hbs or .html, text templates in .txt or .txt.hbs'
  throw unusableFile(campaignFile, field, path, 'this is no kind of template', remedy)
}

/** A file's name without its ending; undefined if it is no template. */
export function withoutEnding(name: string): string | undefined {
  const ending = endings.find(([each]) => name.toLowerCase().endsWith(each))?.[0]
  return ending === undefined ? undefined : name.slice(0, -ending.length)
}

/**
 * A template's text: UTF-8 without its mark, lines ended with LF. `path` is as the campaign gives it under `field`. Throws
 * UserError for what cannot be read or is no such text.
 */
export async function readTemplate(campaignFile: string, field: string, path: string): Promise<string> {
  const unusable = (why: string, remedy: string): UserError => unusableFile(campaignFile, field, path, why, remedy)
  const read = await readFile(resolve(dirname(campaignFile), path), templateMaxBytes)
  if (!read.ok) throw unusable(read.why, 'check the path, which is relative to the campaign file')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes)
  } catch {
    throw unusable('it is not UTF-8', 'save it as UTF-8')
  }
  if (text.includes('\0')) throw unusable('it holds NUL characters and is no text', 'save it as UTF-8')
  return text.replace(/\r\n?/g, '\n')
}

/** A file that the campaign names and that is of no use, with the field that names it. */
export function unusableFile(
  campaignFile: string,
  field: string,
  path: string,
  why: string,
  remedy: string,
): UserError {
  return new UserError(`${field}: ${terminalSafe(path)}: ${why}`, { where: campaignFile, remedy })
}
