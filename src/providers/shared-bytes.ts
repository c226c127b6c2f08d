/** What goes to everybody, as far as its size decides whether a provider can take any message of a run at all. */

import type { SharedContent } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { bytes } from '../model/words.ts'

/** How many bytes every message has at least: the fixed text in UTF-8, and the files in base64. */
export function sharedBytesOf({ html, text, attachments }: SharedContent): number {
  const parts = [...(html ?? []), ...(text ?? [])].reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  return attachments.reduce((sum, file) => sum + Math.ceil(file.bytes.length / 3) * 4, parts)
}

/** Throws UserError for what `vendor`, by its name for people, could never take: else each recipient would fail for it. */
export function checkSharedBytes(content: SharedContent, maxBytes: number, vendor: string, where: string): void {
  const found = sharedBytesOf(content)
  if (found <= maxBytes) return
  throw new UserError(
    `text and attachments come to ${bytes(found)}, and ${vendor} takes messages of up to ${bytes(maxBytes)}`,
    { where, remedy: 'Make the attachments smaller, or link to them.' },
  )
}
