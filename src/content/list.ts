/** The campaign's `list:` for one recipient: the ways to unsubscribe, and the sender's postal address. */

import { type Address, parseAddress } from '../model/address.ts'
import type { FilledMessage, UnsubscribeSettings } from '../model/edition.ts'
import type { Fields } from '../model/recipient.ts'
import type { ListFields } from './context.ts'
import type { TemplateContext } from './environment.ts'
import { fillLine, headerLengthTrouble } from './header-line.ts'
import { joinFilled, type Skeleton } from './skeleton.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'
import { unsubscribeHeaders } from './unsubscribe.ts'

export interface ListTemplates {
  readonly url: Skeleton | null
  readonly mailto: Skeleton | null
  readonly postalAddress: Skeleton | null
}

export function compileList(
  list: UnsubscribeSettings | null,
  compile: (file: string, source: string) => Skeleton,
): ListTemplates {
  const setting = (name: string, source: string | null | undefined): Skeleton | null =>
    source ? compile(`list.${name}`, source) : null
  return {
    url: setting('unsubscribe_url', list?.unsubscribeUrl),
    mailto: setting('unsubscribe_mailto', list?.unsubscribeMailto),
    postalAddress: setting('postal_address', list?.postalAddress),
  }
}

export type FilledList =
  | {
      readonly ok: true
      /** What the other templates may print. */
      readonly fields: ListFields
      readonly headers: FilledMessage['headers']
    }
  | RowTrouble

export function fillList(templates: ListTemplates, context: TemplateContext, fields: Fields): FilledList {
  const url = templates.url && fillUrl(templates.url, context, fields)
  if (url?.ok === false) return url
  const mailto = templates.mailto && fillMailto(templates.mailto, context, fields)
  if (mailto?.ok === false) return mailto
  const postal = templates.postalAddress && joinFilled(templates.postalAddress, context)
  if (postal?.ok === false) return rowTrouble('cannot be rendered', postal.detail)
  const headers = unsubscribeHeaders(url?.href ?? null, mailto?.address ?? null)
  const tooLong = headers.map(({ name, value }) => headerLengthTrouble(name, value)).find(each => each !== undefined)
  if (tooLong !== undefined) return tooLong
  return {
    ok: true,
    headers,
    fields: {
      ...(url === null ? {} : { unsubscribe_url: url.value }),
      ...(postal === null ? {} : { postal_address: postal.text }),
    },
  }
}

/** RFC 8058, section 3.1: one click works by https only. */
function fillUrl(
  skeleton: Skeleton,
  context: TemplateContext,
  fields: Fields,
): { ok: true; value: string; href: string } | RowTrouble {
  const line = fillLine(skeleton, 'List-Unsubscribe', context, fields)
  if (!line.ok) return line
  const url = URL.parse(line.value)
  if (url?.protocol !== 'https:')
    return rowTrouble('cannot be rendered', `list.unsubscribe_url would be no https URL${filledFrom(skeleton)}`)
  return { ok: true, value: line.value, href: url.href }
}

function fillMailto(
  skeleton: Skeleton,
  context: TemplateContext,
  fields: Fields,
): { ok: true; address: Address } | RowTrouble {
  const line = fillLine(skeleton, 'List-Unsubscribe', context, fields)
  if (!line.ok) return line
  const parsed = parseAddress(line.value)
  if (!parsed.ok)
    return rowTrouble('cannot be rendered', `list.unsubscribe_mailto: ${parsed.problem}${filledFrom(skeleton)}`)
  return parsed
}

/** Names and no values, for a token among them is for its recipient alone. */
function filledFrom({ reads }: Skeleton): string {
  return reads.size === 0 ? '' : `; it is filled from ${[...reads.keys()].join(', ')}`
}
