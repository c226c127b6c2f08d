/** The headers by which a mail program unsubscribes its user: RFC 2369 and, with one click, RFC 8058. */

import { type Address, domainOf } from '../model/address.ts'
import type { FilledMessage } from '../model/edition.ts'

/**
 * `List-Unsubscribe` with what there is of the two, and `List-Unsubscribe-Post` where there is a URL, which has to be https
 * and encoded as `URL.href` gives it.
 */
export function unsubscribeHeaders(url: string | null, mailto: Address | null): FilledMessage['headers'] {
  const ways = [...(url === null ? [] : [`<${url}>`]), ...(mailto === null ? [] : [`<${mailtoUrl(mailto)}>`])]
  if (ways.length === 0) return []
  const list = { name: 'List-Unsubscribe', value: ways.join(', ') }
  // RFC 8058, section 3.1: this is the only value there is.
  const post = { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' }
  return url === null ? [list] : [list, post]
}

/** RFC 6068, section 2; a plus sign is allowed and stays readable. */
function mailtoUrl(address: Address): string {
  const local = address.slice(0, address.lastIndexOf('@'))
  return `mailto:${encodeURIComponent(local.toWellFormed()).replaceAll('%2B', '+')}@${domainOf(address)}`
}
