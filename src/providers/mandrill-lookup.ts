/**
 * Asking Mandrill what it has taken: `POST /messages/search`. Our metadata cannot be searched for unless the account was set up
 * to index it, but it comes with whatever is found; so addresses are searched for, and run and address must both be ours.
 * One that is found was taken, whatever became of it since. One that is not found proves nothing: the search runs behind.
 *
 * Sources: the API description (`messages/search`, `MessagesEmailInfo`); the knowledge base's page on searching activity:
 * queries are Lucene's, a phrase in quotes is sought in all fields, OR joins them, and what was delivered is kept for 30
 * days. "This method may be called up to 20 times per minute" (description of `Messages.search` in the Ruby client).
 */

import { type Cause, causeText } from '../model/outcome.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { metadataNames } from './mandrill-body.ts'
import { mandrillError, mandrillWords } from './mandrill-outcomes.ts'
import type { Finding, Sought } from './provider.ts'

/** Few enough for a query that nobody calls too long, and many enough for 20 requests a minute. */
const askedAtOnce = 20

/** "The maximum number of results to return, … upper limit of 1000" (`limit`). */
const answeredMax = 1000

const keptMs = 30 * 24 * 60 * 60 * 1000

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly key: string
  readonly openedAtMs: number
}

export const mandrillLookup: HttpLookup<Asking> = {
  fits: sought => Math.min(askedAtOnce, sought.length),

  request({ headers, key, openedAtMs }, sought) {
    const query = [...new Set(sought.map(each => phrase(each.to)))].join(' OR ')
    // "If no date range is specified, results within the last 7 days are returned."
    const from = new Date(openedAtMs - keptMs).toISOString().slice(0, 10)
    const body = `{${key},"query":${JSON.stringify(query)},"date_from":"${from}","limit":${answeredMax}}`
    return { path: '/messages/search', headers, body: [body] }
  },

  found(_, reply, sought) {
    const messages = messagesIn(reply.json())
    if (messages === undefined)
      return causeOf('config', reply, 'it answered with something else than a list of messages')
    return sought.map((each): Finding => {
      const taken = messages.find(message => isThat(message, each))
      return taken === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId: taken.id }
    })
  },

  refusal(reply) {
    const words = mandrillWords(reply)
    switch (mandrillError(reply.json())?.name) {
      case 'Invalid_Key':
        return causeOf('auth', reply, words)
      case 'RequestLimitExceeded':
        return causeOf('throttled', reply, `${words}; Mandrill may be asked 20 times a minute`)
      case 'ValidationError':
        return causeOf('config', reply, words)
      default:
        return causeOf(classOf(reply.status), reply, words)
    }
  },
}

function classOf(status: number): Cause['class'] {
  if (status === 401) return 'auth'
  if (status === 429) return 'throttled'
  return status < 500 ? 'config' : 'transient'
}

/** Within quotes only these two have a meaning of their own in Lucene. */
function phrase(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The metadata of a very long sender's domain has the run alone; then address and run name the message, for it has one of each. */
function isThat(message: Found, { to, messageId, run }: Sought): boolean {
  if (message.email.toLowerCase() !== to.toLowerCase() || message.run !== run) return false
  return message.messageId === undefined || message.messageId === messageId
}

interface Found {
  readonly id: string
  readonly email: string
  readonly run: string | undefined
  readonly messageId: string | undefined
}

/** `[{"_id":"…","email":"…","metadata":{…},"state":"sent",…}]`; undefined if it is not that. Others' messages have other metadata. */
function messagesIn(json: unknown): readonly Found[] | undefined {
  if (!Array.isArray(json)) return undefined
  const found: Found[] = []
  for (const each of json as readonly unknown[]) {
    if (typeof each !== 'object' || each === null || !('_id' in each) || typeof each._id !== 'string') return undefined
    // A text message of the account's has no address.
    if (!('email' in each) || typeof each.email !== 'string') continue
    const metadata = 'metadata' in each ? each.metadata : undefined
    found.push({
      id: causeText(each._id),
      email: each.email,
      run: textIn(metadata, metadataNames.run),
      messageId: textIn(metadata, metadataNames.messageId),
    })
  }
  return found
}

function textIn(metadata: unknown, name: string): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined
  const value: unknown = Reflect.get(metadata, name)
  return typeof value === 'string' ? value : undefined
}

function causeOf(failureClass: Cause['class'], reply: HttpReply, text: string): Cause {
  return { class: failureClass, code: String(reply.status), text: causeText(text) }
}
