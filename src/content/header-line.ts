/** Templates that become header lines: one line of plain text, of a length that every server on the way takes. */

import type { Fields } from '../model/recipient.ts'
import type { TemplateContext } from './environment.ts'
import { joinFilled, type Skeleton } from './skeleton.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'

/**
 * RFC 5322, section 2.1.1, allows 998 characters in a line; Amazon SES takes 995 in a value, the least of all providers.
 */
export const headerValueMaxBytes = 995

export type FilledLine = { readonly ok: true; readonly value: string } | RowTrouble

/** `name` is the header's, as a person knows it. White space at either end is removed. */
export function fillLine(skeleton: Skeleton, name: string, context: TemplateContext, fields: Fields): FilledLine {
  const filled = joinFilled(skeleton, context)
  if (!filled.ok) return rowTrouble('cannot be rendered', filled.detail)
  if (hasControl(filled.text)) return lineBreak(name, skeleton, fields)
  const value = filled.text.trim()
  return headerLengthTrouble(name, value) ?? { ok: true, value }
}

export function headerLengthTrouble(name: string, value: string): RowTrouble | undefined {
  const length = Buffer.byteLength(value)
  if (length <= headerValueMaxBytes) return undefined
  const detail = `${name} would be ${length} bytes long; ${headerValueMaxBytes} fit in a line`
  return rowTrouble('cannot be rendered', detail)
}

/** Line breaks, control characters, and the separators that some programs take for line breaks. */
export function hasControl(text: string): boolean {
  return /[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text)
}

function lineBreak(name: string, { reads }: Skeleton, fields: Fields): RowTrouble {
  const guilty = [...reads.keys()].filter(field => Object.hasOwn(fields, field) && hasControl(fields[field] ?? ''))
  const from = guilty.length === 0 ? '' : `, from ${guilty.join(', ')}`
  const detail = `${name} would hold a line break or control character${from}`
  return rowTrouble('line break in a header', detail)
}
