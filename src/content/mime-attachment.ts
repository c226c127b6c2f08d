/** Attachments as parts of a message: base64 (RFC 2045), their names beyond ASCII as RFC 2231 has them. */

import * as base64 from 'nodemailer/lib/base64'
import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Attachment } from '../model/edition.ts'
import { parameterHeader } from './mime-header.ts'

/** The whole part after its boundary: headers, blank line, content. */
export function encodeAttachment(attachment: Attachment): Buffer {
  const name = attachment.fileName
  const { value, params } = mimeFuncs.parseHeaderValue(attachment.contentType)
  const headers = [
    parameterHeader('Content-Type', encodable(value), { ...params, name }),
    'Content-Transfer-Encoding: base64\r\n',
    parameterHeader('Content-Disposition', 'attachment', { filename: name }),
  ]
  return Buffer.from(`${headers.join('')}\r\n${base64.wrap(base64.encode(attachment.bytes))}`, 'latin1')
}

/** RFC 2046, sections 5.1 and 5.2.1, forbids base64 for messages and multiparts, so those travel as plain bytes. */
function encodable(contentType: string): string {
  const token = "[\\w!#$%&'*+.^`|~-]+"
  const isType = new RegExp(`^${token}/${token}$`).test(contentType)
  return !isType || /^(message|multipart)\//i.test(contentType) ? 'application/octet-stream' : contentType
}
