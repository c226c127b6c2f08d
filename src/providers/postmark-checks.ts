/**
 * What Postmark is asked before a run: the server that the token belongs to, and the message stream. Whether the sender is
 * confirmed only an account's token could ask, so that stays unknown.
 *
 * Sources: Postmark's API description (`GET /server`), its pages on the server API (`DeliveryType`) and on message streams
 * (`GET /message-streams/{id}`); `MessageStream` of its library postmark.js; support article 1299.
 */

import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { postmarkWords } from './postmark-outcomes.ts'
import type { Check } from './provider.ts'

interface Checked {
  readonly asking: Readonly<Record<string, string>>
  readonly messageStream: string
  readonly unsubscribe: 'own' | 'postmark'
  readonly sandbox: boolean
}

export const postmarkChecks: readonly HttpCheck<Checked>[] = [
  {
    what: 'server token',
    request: ({ asking }) => ({ method: 'GET', path: '/server', headers: asking, body: [] }),
    found: (route, reply) => serverChecks(reply, route),
  },
  {
    what: 'message stream',
    request: ({ asking, messageStream }) => ({
      method: 'GET',
      path: `/message-streams/${encodeURIComponent(messageStream)}`,
      headers: asking,
      body: [],
    }),
    found: (route, reply) => [...streamChecks(reply, route), senderCheck],
  },
]

const senderCheck: Check = {
  what: 'sender',
  verdict: 'unknown',
  words: 'a server token cannot ask whether the From address is confirmed: look at Sender Signatures in Postmark',
}

function serverChecks(reply: HttpReply, { sandbox }: Checked): readonly Check[] {
  const what = 'server token'
  const { status } = reply
  if (status === 401 || status === 403) return [{ what, verdict: 'bad', words: postmarkWords(reply) }]
  const name = textIn(reply, 'Name')
  if (status !== 200 || name === undefined) return [{ what, verdict: 'unknown', words: postmarkWords(reply) }]
  const taken: Check = { what, verdict: 'good', words: `it is that of server "${name}"` }
  if (textIn(reply, 'DeliveryType') !== 'Sandbox') return [taken]
  const words = 'this is a sandbox server: it takes mails and delivers none'
  return [taken, { what: 'delivery', verdict: sandbox ? 'good' : 'bad', words }]
}

function streamChecks(reply: HttpReply, { messageStream, unsubscribe }: Checked): readonly Check[] {
  const what = 'message stream'
  const { status } = reply
  const kind = textIn(reply, 'MessageStreamType')
  if (status === 404 || status === 422)
    return [
      { what, verdict: 'bad', words: `${postmarkWords(reply)}: set message_stream to the ID of one that is there` },
    ]
  if (status !== 200 || kind === undefined) return [{ what, verdict: 'unknown', words: postmarkWords(reply) }]
  if (kind === 'Inbound')
    return [{ what, verdict: 'bad', words: `${messageStream} is a stream for mail that comes in` }]
  if (textIn(reply, 'ArchivedAt') !== undefined)
    return [{ what, verdict: 'bad', words: `${messageStream} is archived` }]
  const good: Check = { what, verdict: 'good', words: `${messageStream}, of type ${kind}` }
  const problem = unsubscribeProblem(handlingIn(reply), unsubscribe)
  return problem === undefined ? [good] : [good, { what: 'unsubscribe', verdict: 'bad', words: problem }]
}

/** The stream's setting and the route's must agree, or a mail has the wrong List-Unsubscribe or none. */
function unsubscribeProblem(handling: string | undefined, unsubscribe: 'own' | 'postmark'): string | undefined {
  if (handling === undefined) return undefined
  const isPostmarks = handling.toLowerCase() === 'postmark'
  if (isPostmarks && unsubscribe === 'own')
    return "Postmark puts its own List-Unsubscribe into this stream's mails, whatever the campaign's: set unsubscribe: postmark, or have Postmark approve that you manage unsubscribes yourself"
  if (!isPostmarks && unsubscribe === 'postmark')
    return 'Postmark does not manage the unsubscribes of this stream, so with unsubscribe: postmark nobody would: set unsubscribe: own'
  return undefined
}

function handlingIn(reply: HttpReply): string | undefined {
  const handling: unknown = Object(Object(reply.json()).SubscriptionManagementConfiguration).UnsubscribeHandlingType
  return typeof handling === 'string' ? handling : undefined
}

function textIn(reply: HttpReply, name: string): string | undefined {
  const value: unknown = Object(reply.json())[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
