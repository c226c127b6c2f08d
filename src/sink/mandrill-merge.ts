/**
 * Mandrill's merge tags, as far as a sink needs them: "whether to evaluate merge tags in the message. Will automatically be set
 * to true if either merge_vars or global_merge_vars are provided" (`merge`). A tag without a value leaves nothing.
 */

import type { MandrillMessage } from './mandrill-mail.ts'

/** How this recipient's subject and parts are merged. */
export function mergerFor(message: MandrillMessage, to: string): (text: string) => string {
  const { merge_language: language, global_merge_vars: shared = [], merge_vars: own = [] } = message
  const merges = message.merge === true || shared.length > 0 || own.length > 0
  if (!merges) return text => text
  const hers = own.filter(each => each.rcpt.toLowerCase() === to.toLowerCase()).flatMap(each => each.vars)
  // Names are the same in capitals and in small letters (page on merge tags).
  const values = new Map([...shared, ...hers].map(({ name, content }) => [name.toLowerCase(), String(content)]))
  const tags = language === 'handlebars' ? /\{\{\{?\s*([A-Za-z0-9_.]+)\s*\}?\}\}/g : /\*\|([A-Za-z0-9_:]+)\|\*/g
  return text => text.replace(tags, (_, name: string) => values.get(name.toLowerCase()) ?? '')
}
