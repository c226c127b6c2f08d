/**
 * Attachments as parts of a message: base64 (RFC 2045), their names beyond ASCII as RFC 2231 has them in `filename`, and for
 * old mail clients as an encoded word in `name`.
 */

import * as base64 from 'nodemailer/lib/base64'
import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Attachment } from '../model/edition.ts'
import { headerLine, parameterHeader } from './mime-header.ts'

/** The whole part after its boundary: headers, blank line, content. One with a Content-ID is shown where the HTML has it. */
export function encodeAttachment(attachment: Attachment): Buffer {
  const { fileName: name, contentId } = attachment
  const { value, params } = mimeFuncs.parseHeaderValue(attachment.contentType)
  const headers = [
    parameterHeader('Content-Type', encodable(value), params, `name=${quoted(name)}`),
    'Content-Transfer-Encoding: base64\r\n',
    ...(contentId === undefined ? [] : [headerLine('Content-ID', `<${contentId}>`)]),
    parameterHeader('Content-Disposition', contentId === undefined ? 'attachment' : 'inline', { filename: name }),
  ]
  return Buffer.from(`${headers.join('')}\r\n${base64.wrap(base64.encode(attachment.bytes))}`, 'latin1')
}

/**
 * An encoded word within quotes, which RFC 2047 does not allow and everybody reads: Outlook shows no name at all where RFC
 * 2231 cuts one in pieces, and who knows that RFC looks at `filename`.
 */
function quoted(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name
  if (/^[\x20-\x7e]*$/.test(name) && !name.includes('=?')) return mimeFuncs.quoteString(name)
  return `"${mimeFuncs.encodeWords(name.toWellFormed(), 'B', 52, true)}"`
}

/** RFC 2046, sections 5.1 and 5.2.1, forbids base64 for messages and multiparts, so those travel as plain bytes. */
function encodable(contentType: string): string {
  const token = "[\\w!#$%&'*+.^`|~-]+"
  const isType = new RegExp(`^${token}/${token}$`).test(contentType)
  return !isType || /^(message|multipart)\//i.test(contentType) ? 'application/octet-stream' : contentType
}
