/** What Mailgun would read of a call's fields, as the sink holds it. */

import type { BodyPiece } from '../../src/providers/http-body.ts'
import { type FormField, formBody, formType } from '../../src/providers/multipart-form.ts'
import { type MailgunForm, readForm } from '../../src/sink/mailgun-form.ts'

export const boundary = 'mailblast-0123456789abcdef'

export function bytesOf(body: readonly BodyPiece[]): Buffer {
  return Buffer.concat(body.map(piece => Buffer.from(piece)))
}

/** The form, or Mailgun's words about what is wrong with it. */
export function readFields(fields: readonly FormField[]): Promise<MailgunForm | string> {
  return readForm(bytesOf(formBody(boundary, fields)), formType(boundary))
}

/** The same for fields that are all right. */
export async function formOf(fields: readonly FormField[]): Promise<MailgunForm> {
  const form = await readFields(fields)
  if (typeof form === 'string') throw new Error(form)
  return form
}
