/** What `mailblast preview` does. */

import { freezeFiles, readFrozenFile } from '../content/attachments.ts'
import { prepareMime } from '../content/mime.ts'
import { openRecipients, type RecipientList } from '../intake/recipients.ts'
import { parseAddress } from '../model/address.ts'
import { type Attachment, type FilledMessage, joinText } from '../model/edition.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Recipient, RowProblem } from '../model/recipient.ts'
import { bytes, terminalSafe } from '../model/words.ts'
import { type ReadyCampaign, readVars, readyCampaign } from './campaign.ts'
import type { PreviewFlags } from './commands/preview.ts'
import type { Context } from './context.ts'

export async function preview(options: PreviewFlags & { campaign: string }, context: Context): Promise<ExitCode> {
  const vars = readVars(options.var)
  const ready = await readyCampaign(options.campaign, vars, context)
  const list = await openRecipients(ready.campaign.recipients, { folder: ready.folder, stdin: context.stdin })
  ready.content.checkColumns(list.columns)
  const recipient = await wanted(list, options, ready)
  const message = await messageFor(recipient, ready, context)
  const { shared } = ready.content
  if (options.html === true) {
    if (shared.html === null) throw new UserError('this campaign has no HTML part', { where: ready.campaign.file })
    context.stdout.write(joinText(shared.html, message.html))
  } else {
    context.stdout.write(previewText(recipient, message, ready, context))
  }
  await context.stdout.flush()
  return exitCode.done
}

async function wanted(list: RecipientList, options: PreviewFlags, ready: ReadyCampaign): Promise<Recipient> {
  const isWanted = chooser(options)
  const file = ready.campaign.recipients.path
  let row = 0
  for await (const { recipients, problems } of list.batches) {
    const rows = [...recipients, ...problems].sort((a, b) => a.line - b.line)
    for (const each of rows) {
      row += 1
      if (!isWanted(each, row)) continue
      if ('address' in each) return each
      throw new UserError(`row ${row} is not a recipient: ${terminalSafe(each.detail)}`, {
        where: `${file}:${each.line}`,
      })
    }
  }
  if (options.row !== undefined)
    throw new UserError(`there is no row ${options.row}: the list has ${row}`, { where: file })
  if (options.email !== undefined)
    throw new UserError(`${terminalSafe(options.email)} is not in the list`, { where: file })
  throw new UserError('the list has no row that could be mailed', { where: file })
}

function chooser({ row, email }: PreviewFlags): (each: Recipient | RowProblem, row: number) => boolean {
  if (row !== undefined) return (_, number) => number === row
  if (email === undefined) return each => 'address' in each
  const parsed = parseAddress(email)
  if (!parsed.ok) throw new UserError(`--email ${terminalSafe(email)}: ${parsed.problem}`)
  return each => 'address' in each && each.address === parsed.address
}

async function messageFor(recipient: Recipient, ready: ReadyCampaign, context: Context): Promise<FilledMessage> {
  const { content, campaign } = ready
  const where = `${campaign.recipients.path}:${recipient.line}`
  const frozen = await freezeFiles(content, recipient.fields)
  if (!frozen.ok) throw new UserError(frozen.problem.detail, { where })
  const attachments: Attachment[] = []
  for (const file of frozen.files) {
    const read = await readFrozenFile(file)
    if (!read.ok) throw new UserError(read.why, { where })
    attachments.push(read.attachment)
  }
  const tokenKey = context.randomBytes(32)
  const filled = content.fill(recipient, { id: 0, run: null, key: campaign.key, tokenKey, attachments })
  if (!filled.ok) throw new UserError(filled.problem.detail, { where })
  return filled.message
}

function previewText(recipient: Recipient, message: FilledMessage, ready: ReadyCampaign, context: Context): string {
  const { shared } = ready.content
  const mime = prepareMime(shared)(message, context.clock.nowMs())
  const headers = mime.subarray(0, mime.indexOf('\r\n\r\n')).toString('latin1').replaceAll('\r\n', '\n')
  const html = shared.html === null ? null : joinText(shared.html, message.html)
  const text = shared.text === null ? null : joinText(shared.text, message.text)
  const attachments = [...shared.attachments, ...message.attachments]
  const sizes = [
    `message ${bytes(mime.length)}`,
    ...(html === null ? [] : [`HTML ${bytes(Buffer.byteLength(html))}`]),
    ...(text === null ? [] : [`text ${bytes(Buffer.byteLength(text))}`]),
    ...attachments.map(
      ({ fileName, bytes: content, contentId }) =>
        `${terminalSafe(fileName)} ${bytes(content.length)}${contentId === undefined ? '' : ' in the HTML'}`,
    ),
  ]
  return [
    `line ${recipient.line} of ${ready.campaign.recipients.path}`,
    `Subject as read: ${terminalSafe(message.subject, 998)}`,
    '',
    ...headers.split('\n').map(line => terminalSafe(line, 998)),
    '',
    ...(text ?? '(no text part)').split(/\r\n|\r|\n/).map(line => terminalSafe(line, 10_000)),
    '',
    sizes.join(' · '),
    '',
  ].join('\n')
}
