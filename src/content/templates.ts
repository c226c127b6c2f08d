/** All templates of an edition, compiled: read once when a run is prepared, and filled for every recipient. */

import type { Edition } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import type { AttachmentPath } from './attachment-path.ts'
import { checkReads, type TemplatePlace } from './context.ts'
import { createEnvironment, type TemplateEnvironment } from './environment.ts'
import { compileList, type ListTemplates } from './list.ts'
import { compileSkeleton, type Skeleton } from './skeleton.ts'
import { type TextPart, textFromHtml } from './text-part.ts'

export interface Templates {
  readonly list: ListTemplates
  readonly subject: Skeleton
  readonly headers: readonly { readonly name: string; readonly skeleton: Skeleton }[]
  readonly html: Skeleton | null
  /** The text part: of a template of its own, or made from the HTML part. */
  readonly text: Skeleton | TextPart | null
  readonly paths: readonly AttachmentPath[]
}

/** Throws UserError for whatever a template has wrong in itself. */
export function compileTemplates(edition: Edition): Templates {
  checkHeaders(edition)
  const { partials, empty } = edition
  const environment = createEnvironment({ partials, empty, noEscape: true })
  const line = (file: string, source: string): Skeleton => compileSkeleton(source, { file, environment })
  const htmlEnvironment = createEnvironment({ partials, empty, noEscape: false })
  const html = edition.html && compilePart(edition.html, htmlEnvironment)
  return {
    list: compileList(edition.list, line),
    subject: line('subject', edition.subject),
    headers: edition.headers.map(({ name, value }) => ({ name, skeleton: line(`headers.${name}`, value) })),
    html,
    text: edition.text ? compilePart(edition.text, environment) : html && textPart(html, htmlEnvironment),
    paths: edition.attachments.flatMap((each, index) =>
      each.kind === 'per-recipient'
        ? [{ skeleton: line(`attachments[${index}]`, each.path), folder: each.folder }]
        : [],
    ),
  }
}

function compilePart(part: NonNullable<Edition['html']>, environment: TemplateEnvironment): Skeleton {
  const { file, source, layout } = part
  return compileSkeleton(source, { file, environment, layout })
}

/** Null where the HTML holds nothing that could be read, such as a single picture. */
function textPart(html: Skeleton, { partials }: TemplateEnvironment): TextPart | null {
  const text = textFromHtml(html, partials)
  return text.fixed.length === 1 && text.fixed[0]?.trim() === '' ? null : text
}

/** The two headers come from one place, for a receiver obeys neither if there are two of one. */
function checkHeaders({ headers, list }: Edition): void {
  const given = headers.find(({ name }) => /^list-unsubscribe(-post)?$/i.test(name))
  if (given === undefined || !(list?.unsubscribeUrl || list?.unsubscribeMailto)) return
  throw new UserError(`headers.${given.name} and list: both say how to unsubscribe`, {
    remedy: `remove headers.${given.name}; list: writes it`,
  })
}

/** Throws UserError if a template reads a field that is neither a column, nor in the campaign's data, nor one of ours. */
export function checkTemplates(edition: Edition, templates: Templates, columns: readonly string[]): void {
  const { list, subject, headers, html, text, paths } = templates
  const check = (part: Skeleton | TextPart | null, place: TemplatePlace): void => {
    if (part !== null && 'reads' in part) checkReads(part.reads, place, edition, columns)
  }
  for (const part of [list.url, list.mailto, list.postalAddress]) check(part, 'list')
  for (const part of [subject, ...headers.map(each => each.skeleton), html, text]) check(part, 'message')
  for (const { skeleton } of paths) check(skeleton, 'path')
}
