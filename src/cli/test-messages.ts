/** Real rows' messages, to be sent somewhere else for a test. They say themselves that they are none of the run's. */

import { freezeFiles, readFrozenFile } from '../content/attachments.ts'
import { openRecipients } from '../intake/recipients.ts'
import type { Address } from '../model/address.ts'
import type { Attachment, FilledMessage } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import type { Recipient } from '../model/recipient.ts'
import type { ReadyCampaign } from './campaign.ts'
import type { Context } from './context.ts'

export interface TestMessage {
  readonly recipient: Recipient
  readonly message: FilledMessage
}

/**
 * The messages of the first good rows, addressed to `testTo`. Throws UserError if a row among them cannot become one, or if
 * there is none.
 */
export async function testMessages(
  { campaign, content, folder }: ReadyCampaign,
  testTo: Address,
  wanted: number,
  context: Context,
): Promise<readonly TestMessage[]> {
  const list = await openRecipients(campaign.recipients, { folder, stdin: context.stdin })
  content.checkColumns(list.columns)
  const tokenKey = context.randomBytes(32)
  const messages: TestMessage[] = []
  for await (const { recipients } of list.batches) {
    for (const recipient of recipients) {
      const attachments = await filesOf(content, recipient)
      // A key of its own gives each test a Message-ID of its own: a mailbox would drop the second copy of one it has seen.
      const key = `test ${context.randomBytes(8).toString('hex')}`
      const filled = content.fill(recipient, { id: 0, run: null, key, tokenKey, attachments })
      if (!filled.ok) throw rowError(campaign.recipients.path, recipient, filled.problem.detail)
      const headers = [...filled.message.headers, { name: 'X-Mailblast-Test', value: `line ${recipient.line}` }]
      messages.push({ recipient, message: { ...filled.message, to: testTo, headers } })
      if (messages.length === wanted) return messages
    }
  }
  if (messages.length === 0)
    throw new UserError('the list has no row that could be mailed', { where: campaign.recipients.path })
  return messages

  async function filesOf(from: typeof content, recipient: Recipient): Promise<readonly Attachment[]> {
    const frozen = await freezeFiles(from, recipient.fields)
    if (!frozen.ok) throw rowError(campaign.recipients.path, recipient, frozen.problem.detail)
    const attachments: Attachment[] = []
    for (const file of frozen.files) {
      const read = await readFrozenFile(file)
      if (!read.ok) throw rowError(campaign.recipients.path, recipient, read.why)
      attachments.push(read.attachment)
    }
    return attachments
  }
}

function rowError(file: string, recipient: Recipient, detail: string): UserError {
  return new UserError(detail, { where: `${file}:${recipient.line}`, remedy: 'mend the row, or put a good one first' })
}
