/** Attachments as SES takes them with a simple message and with a template: the shape `Attachment` of its service model. */

import type { Attachment } from '../model/edition.ts'
import { jsonString } from './json-text.ts'

/** Lengths in the service model. */
export const attachmentLimits = { fileNameMax: 255, contentTypeMax: 78, contentIdMax: 78 } as const

/** Why SES would not take it, for people; undefined if it would. */
export function attachmentProblem({ fileName, contentId }: Attachment): string | undefined {
  if (fileName.length > attachmentLimits.fileNameMax)
    return `the file name ${fileName.slice(0, 60)}… has ${fileName.length} characters, and SES takes ${attachmentLimits.fileNameMax}`
  if (contentId !== undefined && (contentId === '' || contentId.length > attachmentLimits.contentIdMax))
    return `the Content-ID of ${fileName.slice(0, 60)} has ${contentId.length} characters, and SES takes 1 to ${attachmentLimits.contentIdMax}`
  return undefined
}

/**
 * `RawContent` is base64 by the JSON protocol. How the file stands in the mail is another matter: without an encoding SES
 * chooses one that carries text alone ("SEVEN_BIT", page on attachments).
 */
export function sesAttachmentJson(attachment: Attachment): string {
  const { contentId } = attachment
  const place =
    contentId === undefined
      ? '"ContentDisposition":"ATTACHMENT"'
      : `"ContentDisposition":"INLINE","ContentId":${jsonString(contentId)}`
  return (
    `{"FileName":${jsonString(attachment.fileName)},"ContentType":${jsonString(contentTypeOf(attachment))},${place},` +
    `"ContentTransferEncoding":"BASE64","RawContent":"${attachment.bytes.toString('base64')}"}`
  )
}

function contentTypeOf({ contentType }: Attachment): string {
  const fits = (type: string) =>
    type.length <= attachmentLimits.contentTypeMax && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(;[\x20-\x7e]*)?$/.test(type)
  const base = (contentType.split(';')[0] ?? '').trim()
  return [contentType.trim(), base].find(fits) ?? 'application/octet-stream'
}
