/**
 * The attachments that are a recipient's own: hashed when the run is prepared, and read again when the message is sent. A
 * file that has changed in between is never sent.
 */

import { basename } from 'node:path'
import { detectMimeType } from 'nodemailer/lib/mime-funcs'
import type { Attachment, SharedContent } from '../model/edition.ts'
import type { FrozenFile } from '../model/message.ts'
import type { Fields } from '../model/recipient.ts'
import type { AttachmentPaths } from './compile.ts'
import { type HashedFile, hashFile, hasPlainName, mebibytes, readFile } from './files.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'

/** One attachment, and all attachments of one message, are at most so large. */
export const attachmentsMaxBytes = 25 * 1024 * 1024

export type FreezeResult = { readonly ok: true; readonly file: FrozenFile } | RowTrouble

/** Pins a file by its SHA-256. Throws UserError only where no file could be read. */
export async function freezeFile(path: string): Promise<FreezeResult> {
  const hashed = await hashNamed(path)
  return hashed.ok ? { ok: true, file: { path, sha256: hashed.sha256 } } : missing(path, hashed.why)
}

/** Pins all files of one recipient; together with those that go to everybody they must not be too large. */
export async function freezeFiles(
  content: { readonly shared: SharedContent; attachmentPaths(fields: Fields): AttachmentPaths },
  fields: Fields,
): Promise<{ readonly ok: true; readonly files: readonly FrozenFile[] } | RowTrouble> {
  const found = content.attachmentPaths(fields)
  if (!found.ok) return found
  const files: FrozenFile[] = []
  let size = totalBytes(content.shared.attachments)
  for (const path of found.paths) {
    const hashed = await hashNamed(path)
    if (!hashed.ok) return missing(path, hashed.why)
    size += hashed.size
    if (size > attachmentsMaxBytes)
      return missing(path, `with it, the attachments are larger than ${mebibytes(attachmentsMaxBytes)} together`)
    files.push({ path, sha256: hashed.sha256 })
  }
  return { ok: true, files }
}

/** The file as it was when it was pinned, or why it cannot be had any more. Throws UserError as `freezeFile` does. */
export async function readFrozenFile(
  file: FrozenFile,
): Promise<{ readonly ok: true; readonly attachment: Attachment } | { readonly ok: false; readonly why: string }> {
  const read = await readFile(file.path, attachmentsMaxBytes)
  if (!read.ok) return { ok: false, why: `the attachment ${file.path} cannot be read: ${read.why}` }
  if (read.sha256 !== file.sha256)
    return { ok: false, why: `the attachment ${file.path} has changed since the run was prepared` }
  return { ok: true, attachment: attachment(file.path, read.bytes) }
}

/** A file as it goes into a message, under its own name. */
export function attachment(path: string, bytes: Buffer): Attachment {
  const fileName = basename(path)
  return { fileName, contentType: detectMimeType(fileName), bytes }
}

export function totalBytes(attachments: readonly Attachment[]): number {
  return attachments.reduce((sum, each) => sum + each.bytes.length, 0)
}

async function hashNamed(path: string): Promise<HashedFile> {
  if (!hasPlainName(path)) return { ok: false, why: 'its name holds a line break or control character' }
  return hashFile(path, attachmentsMaxBytes)
}

function missing(path: string, why: string): RowTrouble {
  return rowTrouble('attachment missing', `the attachment ${JSON.stringify(path)}: ${why}`)
}
