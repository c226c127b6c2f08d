/**
 * Freezes a campaign's content when a run starts: every file that it names is read once, here, and never looked at again
 * by that run. What is sent an hour later, or after an interruption, is what was agreed to.
 */

import { dirname, resolve } from 'node:path'
import type { Campaign } from '../model/campaign.ts'
import type { Edition, EditionAttachment, TemplateSource } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { attachment, attachmentsMaxBytes } from './attachments.ts'
import { hasPlainName, mebibytes, readFile } from './files.ts'
import { withContentIds } from './inline-images.ts'
import { readPartials } from './partials.ts'
import { readTemplate, type TemplateKind, templateKind, unusableFile } from './template-file.ts'

export interface FrozenEdition {
  readonly edition: Edition
  /** The bytes of shared attachments, by their SHA-256 in hexadecimal. */
  readonly payloads: ReadonlyMap<string, Buffer>
}

/** Throws UserError, naming the field of the campaign file and the path, for files that are missing or cannot be used. */
export async function freezeEdition(campaign: Campaign): Promise<FrozenEdition> {
  const { attachments, payloads } = await freezeAttachments(campaign)
  const parts = await readParts(campaign)
  const partials = await readPartials(campaign)
  const { data } = campaign
  return {
    payloads,
    edition: {
      from: campaign.from,
      replyTo: campaign.replyTo,
      subject: campaign.subject,
      ...parts,
      partials,
      headers: Object.entries(campaign.headers).map(([name, value]) => ({ name, value })),
      attachments: withContentIds({ html: parts.html, partials, data, attachments }),
      data,
      list: campaign.list,
      empty: campaign.empty,
    },
  }
}

/** Which file is which part: `template` is HTML unless it is named as text, `text` is text, `layout` belongs to the first. */
async function readParts(campaign: Campaign): Promise<Pick<Edition, 'html' | 'text'>> {
  const { template, text, layout, file } = campaign
  if (template === null && text === null)
    throw new UserError('the campaign has neither a template nor a text', {
      where: file,
      remedy: 'name a file under template: or text:',
    })
  const kind = template === null ? 'text' : templateKind(file, 'template', template, 'html')
  if (template !== null && text !== null && kind === 'text')
    throw unusableFile(file, 'template', template, `it is a text, and so is text: ${text}`, 'name only one of them')
  if (text !== null) checkKind(file, 'text', text, 'text')
  if (layout !== null) checkKind(file, 'layout', layout, kind)
  const first = await part(file, template === null ? 'text' : 'template', template ?? text ?? '', layout)
  if (kind === 'text') return { html: null, text: first }
  return { html: first, text: text === null ? null : await part(file, 'text', text, null) }
}

async function part(campaignFile: string, field: string, file: string, layout: string | null): Promise<TemplateSource> {
  return {
    file,
    source: await readTemplate(campaignFile, field, file),
    layout: layout === null ? null : { file: layout, source: await readTemplate(campaignFile, 'layout', layout) },
  }
}

function checkKind(campaignFile: string, field: string, path: string, kind: TemplateKind): void {
  if (templateKind(campaignFile, field, path, kind) === kind) return
  const [wanted, found, endings] =
    kind === 'html' ? ['HTML', 'text', '.html or .hbs'] : ['text', 'HTML', '.txt, .txt.hbs or .hbs']
  throw unusableFile(
    campaignFile,
    field,
    path,
    `it is ${found}, and ${wanted} is needed here`,
    `name a file that ends in ${endings}`,
  )
}

async function freezeAttachments({
  attachments,
  file,
}: Campaign): Promise<{ attachments: readonly EditionAttachment[]; payloads: ReadonlyMap<string, Buffer> }> {
  const folder = dirname(file)
  const payloads = new Map<string, Buffer>()
  const frozen: EditionAttachment[] = []
  let size = 0
  for (const [index, path] of attachments.entries()) {
    if (path.includes('{{')) {
      frozen.push({ kind: 'per-recipient', path, folder })
      continue
    }
    const unusable = (why: string, remedy: string): UserError =>
      unusableFile(file, `attachments[${index}]`, path, why, remedy)
    if (!hasPlainName(path)) throw unusable('its name holds a line break or control character', 'rename it')
    const read = await readFile(resolve(folder, path), attachmentsMaxBytes)
    if (!read.ok) throw unusable(read.why, 'check the path, which is relative to the campaign file')
    size += read.bytes.length
    if (size > attachmentsMaxBytes)
      throw unusable(`with it, they are larger than ${mebibytes(attachmentsMaxBytes)}`, 'link to the files instead')
    const { fileName, contentType } = attachment(path, read.bytes)
    frozen.push({ kind: 'shared', fileName, contentType, sha256: read.sha256 })
    payloads.set(read.sha256, read.bytes)
  }
  return { attachments: frozen, payloads }
}
