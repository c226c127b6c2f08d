/**
 * Paths of attachments that hold slots: `./invoices/{{id}}.pdf`. What stands before the first slot is the operator's word;
 * what a cell of the list adds must not lead out of that folder.
 */

import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { TemplateContext } from './environment.ts'
import { hasControl } from './header-line.ts'
import { joinFilled, type Skeleton } from './skeleton.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'

export interface AttachmentPath {
  readonly skeleton: Skeleton
  /** The folder of the campaign file, absolute. */
  readonly folder: string
}

/** The absolute path of one recipient's file, which need not exist. */
export function fillPath(
  { skeleton, folder }: AttachmentPath,
  context: TemplateContext,
): { readonly ok: true; readonly path: string } | RowTrouble {
  const filled = joinFilled(skeleton, context)
  if (!filled.ok) return rowTrouble('cannot be rendered', filled.detail)
  if (hasControl(filled.text)) return trouble('would hold a line break or control character')
  const home = resolve(folder, dirname(`${skeleton.fixed[0] ?? ''}x`))
  const path = resolve(folder, filled.text)
  const inside = relative(home, path)
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    return trouble(`${JSON.stringify(filled.text)} is no file in the folder ${home}`)
  return { ok: true, path }
}

function trouble(what: string): RowTrouble {
  return rowTrouble('attachment missing', `the path of the attachment ${what}`)
}
