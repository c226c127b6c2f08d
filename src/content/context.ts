/**
 * What a template may name: the campaign's data, our own fields, and the recipient's fields, of which the later win. The
 * names are checked against the columns of the list before anybody is mailed.
 */

import type { Address } from '../model/address.ts'
import type { Edition } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { suggestion } from '../model/nearest.ts'
import type { Fields } from '../model/recipient.ts'
import { where } from './ast.ts'
import type { TemplateContext } from './environment.ts'
import { unsubscribeTokenFor } from './identity.ts'
import type { FieldReads } from './reads.ts'

/** Our own fields: always, and where the campaign's `list:` gives them. */
const alwaysReserved: readonly string[] = ['email', 'unsubscribe_token']
const listReserved = { unsubscribe_url: 'unsubscribeUrl', postal_address: 'postalAddress' } as const

/** What of the campaign's `list:` has been filled for this recipient. */
export interface ListFields {
  readonly unsubscribe_url?: string
  readonly postal_address?: string
}

/** The context of one recipient. The token is only made if a template asks for it. */
export function contextFor(
  data: Edition['data'],
  { address, fields }: { readonly address: Address; readonly fields: Fields },
  tokenKey: Buffer,
  list: ListFields = {},
): TemplateContext {
  let token: string | undefined
  return {
    ...data,
    email: address,
    get unsubscribe_token() {
      token ??= unsubscribeTokenFor(tokenKey, address)
      return token
    },
    ...list,
    ...fields,
  }
}

/**
 * Where a template stands decides which names it may read: anywhere in the message; in `list:`, which is filled before the
 * rest; or in the path of an attachment, which is known before that.
 */
export type TemplatePlace = 'message' | 'list' | 'path'

/** Throws UserError, naming file, line and column, for the first field that a template reads and nobody has. */
export function checkReads(
  reads: FieldReads,
  place: TemplatePlace,
  edition: Edition,
  columns: readonly string[],
): void {
  const known = new Set([...columns, ...Object.keys(edition.data), ...reserved(place, edition.list)])
  for (const [name, node] of reads) {
    if (known.has(name)) continue
    const isSetting = place === 'message' && Object.hasOwn(listReserved, name)
    throw new UserError(`there is no field "${name}": it is neither a column of the list nor in the campaign's data`, {
      where: where(node),
      remedy: isSetting ? `set list.${name} in the campaign file` : suggestion(name, known, 'the list has no columns'),
    })
  }
}

function reserved(place: TemplatePlace, list: Edition['list']): readonly string[] {
  if (place === 'path') return []
  const given = Object.entries(listReserved).flatMap(([name, setting]) => (list?.[setting] ? [name] : []))
  return place === 'list' ? alwaysReserved : [...alwaysReserved, ...given]
}
