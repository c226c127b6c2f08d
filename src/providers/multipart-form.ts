/**
 * A body of `multipart/form-data` (RFC 7578), put together from pieces: what was encoded once and what is large is handed
 * on as it is and never copied. Names of fields and files are written as browsers write them (HTML, "multipart form data"):
 * UTF-8, with what would end them replaced.
 */

import { createHmac } from 'node:crypto'
import type { BodyPiece } from './http-body.ts'

export interface FormField {
  readonly name: string
  /** Of a file, its name and type. */
  readonly file?: { readonly name: string; readonly type: string }
  readonly content: readonly BodyPiece[]
}

/**
 * A boundary for one call. Whoever wrote what a field or a file holds must not be able to know it, or a cell of the list
 * could begin a field of its own; so it hangs on a secret of the route, and on what is the call's alone (`call`). With 128
 * bits of that, it stands in no content by accident either, and none has to be searched for it.
 */
export function formBoundary(secret: string, call: string): string {
  return `mailblast-${createHmac('sha256', secret).update(call).digest('hex').slice(0, 32)}`
}

/** The value of `Content-Type`. */
export function formType(boundary: string): string {
  return `multipart/form-data; boundary=${boundary}`
}

export function formBody(boundary: string, fields: readonly FormField[]): BodyPiece[] {
  const pieces: BodyPiece[] = []
  for (const { name, file, content } of fields)
    pieces.push(`--${boundary}\r\n${fieldHead(name, file)}\r\n\r\n`, ...content, '\r\n')
  pieces.push(`--${boundary}--\r\n`)
  return pieces
}

/** A field of one text. Half a surrogate pair cannot be sent as UTF-8 and becomes U+FFFD. */
export function textField(name: string, text: string): FormField {
  return { name, content: [text.toWellFormed()] }
}

function fieldHead(name: string, file: FormField['file']): string {
  const head = `Content-Disposition: form-data; name="${quotable(name)}"`
  return file === undefined ? head : `${head}; filename="${quotable(file.name)}"\r\nContent-Type: ${file.type}`
}

/** Servers differ in how they read an escaped quotation mark, a backslash or a line break, so none is written. */
function quotable(text: string): string {
  return text.toWellFormed().replace(/["\\\0-\x1f\x7f]/g, '_')
}
