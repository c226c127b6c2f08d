/**
 * Which attachments are shown within the HTML: those whose file name it refers to as `cid:NAME`. Of files that go to
 * everybody this is decided when the run is frozen, of a recipient's own when her message is filled. The Content-ID is
 * the name as it is, without a domain: RFC 2045 would have one, but mail clients compare it with what the HTML says, and
 * Mailgun makes it from the file name by itself.
 */

import { basename } from 'node:path'
import type { Attachment, Edition, EditionAttachment, SharedContent } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { terminalSafe } from '../model/words.ts'
import type { AttachmentPaths } from './compile.ts'
import { type ShownName, shownByTemplates, shownNames, unknownPart } from './inline-references.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'

type SharedAttachment = Extract<EditionAttachment, { readonly kind: 'shared' }>

/** The attachments with a Content-ID where the HTML shows them. Throws UserError for a name that none of them can have. */
export function withContentIds(
  edition: Pick<Edition, 'html' | 'partials' | 'data' | 'attachments'>,
): readonly EditionAttachment[] {
  const shared = edition.attachments.filter(each => each.kind === 'shared')
  const inline = new Set(shownByTemplates(edition).flatMap(shown => answers(shown, shared, edition.attachments)))
  return edition.attachments.map(each =>
    each.kind === 'shared' && inline.has(each) ? { ...each, contentId: each.fileName } : each,
  )
}

function answers(
  { name, where }: ShownName,
  shared: readonly SharedAttachment[],
  attachments: readonly EditionAttachment[],
): readonly SharedAttachment[] {
  if (name.includes(unknownPart)) return shared.filter(each => isImage(each) && canBecome(name, each.fileName))
  const said = `the HTML shows cid:${terminalSafe(name)}`
  const named = shared.filter(each => each.fileName === name)
  if (named.length > 1)
    throw new UserError(`${said}, and ${named.length} attachments have that file name`, {
      where,
      remedy: 'rename all but one',
    })
  if (named.length === 0 && !attachments.some(each => each.kind === 'per-recipient' && mayBeNamed(each.path, name))) {
    const near = nearest(
      name,
      shared.map(each => each.fileName),
    )
    throw new UserError(`${said}, and no attachment has that file name`, {
      where,
      remedy: near === undefined ? 'name the file under attachments:' : `did you mean \`cid:${terminalSafe(near)}\`?`,
    })
  }
  if (!isPlain(name))
    throw new UserError(`${said}, ${notPlain}`, { where, remedy: 'rename the file, and write its name' })
  return named
}

function isImage({ contentType, fileName }: SharedAttachment): boolean {
  return contentType.startsWith('image/') && isPlain(fileName)
}

/** Whether a name with slots in it can come out as this file's; only what stands before and after them is looked at. */
function canBecome(name: string, fileName: string): boolean {
  const before = name.slice(0, name.indexOf(unknownPart))
  const after = name.slice(name.lastIndexOf(unknownPart) + 1)
  return fileName.length >= before.length + after.length && fileName.startsWith(before) && fileName.endsWith(after)
}

/** Whether the path of recipients' own files, which holds slots, can come out with that file name. */
function mayBeNamed(path: string, name: string): boolean {
  const last =
    path
      .replace(/\{\{.*\}\}/s, unknownPart)
      .split('/')
      .at(-1) ?? ''
  return last.includes(unknownPart) ? canBecome(last, name) : last === name
}

/** A name that is the same in a URL, in a Content-ID and in whatever a client makes of either. */
function isPlain(name: string): boolean {
  return /^[\w.~@+-]+$/.test(name)
}

const notPlain = 'a name that not all mail programs find: it may hold letters from A to Z, digits, and . _ ~ @ + -'

/** For one recipient: her own attachments, with a Content-ID where her HTML shows them. */
export type ShowOwn = (
  slots: readonly string[],
  paths: () => AttachmentPaths,
  own: readonly Attachment[],
) => { readonly ok: true; readonly attachments: readonly Attachment[] } | RowTrouble

/**
 * `paths` are those of the recipient's own files, which tell their names before there are bytes. A name that her HTML shows
 * and no attachment has is a trouble of her row.
 */
export function showOwn(edition: Edition, { html, attachments }: Pick<SharedContent, 'html' | 'attachments'>): ShowOwn {
  const always = shownNames((html ?? []).join(unknownPart))
  const isFilledIn = [...always].some(name => name.includes(unknownPart))
  const contentIds = new Set(attachments.flatMap(each => each.contentId ?? []))
  // In an edition that was frozen before there were inline images, what its templates show are attachments like others.
  const isOld = (name: string): boolean =>
    attachments.some(each => each.fileName === name) && shownByTemplates(edition).some(each => each.name === name)
  return (slots, paths, own) => {
    const isRead = isFilledIn || slots.some(slot => /cid:/i.test(slot))
    const shown = isRead
      ? shownNames((html ?? []).map((piece, index) => `${piece}${slots[index] ?? ''}`).join(''))
      : always
    const missing = [...shown].filter(name => !contentIds.has(name))
    if (missing.length === 0) return { ok: true, attachments: own }
    const found = paths()
    if (!found.ok) return found
    const names = found.paths.map(path => basename(path))
    for (const name of missing) {
      const count = names.filter(each => each === name).length
      if (count === 1 ? isPlain(name) : count === 0 && isOld(name)) continue
      return rowTrouble(
        'attachment missing',
        `the HTML shows cid:${terminalSafe(name)}, ${whyNot(name, count, attachments)}`,
      )
    }
    return {
      ok: true,
      attachments: own.map(each => (missing.includes(each.fileName) ? { ...each, contentId: each.fileName } : each)),
    }
  }
}

function whyNot(name: string, count: number, shared: readonly Attachment[]): string {
  if (count === 1) return notPlain
  if (count > 1) return `and ${count} attachments have that file name`
  return shared.some(each => each.fileName === name)
    ? 'by a field alone: an attachment for everybody is shown only if the template names it'
    : 'and no attachment has that file name'
}
