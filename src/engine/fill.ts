/** Fills a claimed message from the frozen edition, and reads the files that go with it alone. */

import { readFrozenFile } from '../content/attachments.ts'
import type { CompiledEdition } from '../content/compile.ts'
import type { Attachment } from '../model/edition.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Run } from '../model/run.ts'
import type { Fill } from './attempt.ts'

/**
 * Every message was filled once before the run began, so a failure here means that a file of its own has changed since:
 * then it is refused, for what would be sent is not what was agreed to. `tokenKey` is the journal's.
 */
export function fillFromEdition(content: CompiledEdition, run: Pick<Run, 'id' | 'key'>, tokenKey: Buffer): Fill {
  return async message => {
    const files = message.files.length === 0 ? { ok: true as const, attachments: [] } : await readFiles(message)
    if (!files.ok) return refused(files.why)
    const { attachments } = files
    const filled = content.fill(message, { id: message.id, run: run.id, key: run.key, tokenKey, attachments })
    return filled.ok ? filled.message : refused(filled.problem.detail)
  }
}

async function readFiles(
  message: QueuedMessage,
): Promise<{ ok: true; attachments: readonly Attachment[] } | { ok: false; why: string }> {
  const attachments: Attachment[] = []
  for (const file of message.files) {
    const read = await readFrozenFile(file)
    if (!read.ok) return read
    attachments.push(read.attachment)
  }
  return { ok: true, attachments }
}

function refused(why: string): Outcome & { kind: 'refused' } {
  return { kind: 'refused', scope: 'message', cause: { class: 'content', text: why } }
}
