/** The campaign's name and key, in which `{{version}}` stands for what `data:` or `--var` gives. */

import Handlebars from 'handlebars'
import type { Json } from '../model/edition.ts'

export type RenderedName =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly remedy: string }

const nameMax = 200

const handlebars = Handlebars.create()
// It would write to the terminal.
handlebars.unregisterHelper('log')

/** Fills a name's slots, strictly: a key with a hole in it would be the key of another campaign. */
export function renderName(source: string, data: Readonly<Record<string, Json>>): RenderedName {
  const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '' && value !== null))
  let text: string
  try {
    text = handlebars.compile(source, { strict: true, noEscape: true })(given).trim()
  } catch (error) {
    return unfilled(error instanceof Error ? error.message : '')
  }
  const remedy = 'Check what `data:` and --var give for it.'
  if (text === '') return { ok: false, message: 'is empty once it is filled in', remedy }
  if (text.length > nameMax) return { ok: false, message: `is longer than ${nameMax} characters`, remedy }
  if (/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text)) {
    return { ok: false, message: 'must be on one line, without control characters', remedy }
  }
  return { ok: true, text }
}

function unfilled(message: string): RenderedName {
  const [, field] = /^"([\w.-]+)" not defined/.exec(message) ?? []
  if (field === undefined) {
    return { ok: false, message: 'cannot be filled in', remedy: 'Slots are of the form {{version}}.' }
  }
  return {
    ok: false,
    message: `nothing is given for {{${field}}}`,
    remedy: `Give it by --var ${field}=…, or under \`data:\`.`,
  }
}
