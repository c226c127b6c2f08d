/**
 * Asking Postmark what it has taken, by its message search: `GET /messages/outbound` with our Message-ID in the metadata. A
 * search is by one field of the metadata only, so the run is looked for in what comes back. A message that is found was
 * taken, whatever became of it since. One that is not found proves nothing: it may not be there yet, and messages are
 * kept for 45 days unless a longer time is paid for.
 *
 * Sources: Postmark's API description (`searchOutboundMessages`), its page on the messages API and support article 1125
 * (`metadata_` and the field's name, one field a search); `OutboundMessage` of its library postmark.js, which has the
 * metadata. A search without `messagestream` looks into the default stream only.
 */

import { type Cause, causeText } from '../model/outcome.ts'
import { causeOf } from './answer-outcomes.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { metadataNames, metadataValue } from './postmark-body.ts'
import { postmarkWords } from './postmark-outcomes.ts'
import type { Finding, Sought } from './provider.ts'

/** "Number of messages to return per request. Max 500." One Message-ID has one message in each run. */
const answeredMax = 500

interface Asked {
  readonly asking: Readonly<Record<string, string>>
  readonly messageStream: string
}

export const postmarkLookup: HttpLookup<Asked> = {
  fits: () => 1,

  request({ asking, messageStream }, [sought]) {
    const query = new URLSearchParams({
      count: String(answeredMax),
      offset: '0',
      messagestream: messageStream,
      [`metadata_${metadataNames.messageId}`]: metadataValue(sought?.messageId ?? ''),
    })
    return { path: `/messages/outbound?${query}`, headers: asking }
  },

  found(_, reply, asked) {
    const messages = messagesIn(reply.json())
    if (messages === undefined)
      return causeOf('config', reply.status, 'it answered with something else than a list of messages')
    return foundAmong(messages, asked, reply)
  },

  refusal(reply) {
    const { status } = reply
    const failureClass = (() => {
      if (status === 401 || status === 403) return 'auth'
      if (status === 429) return 'throttled'
      return status < 500 ? 'config' : 'transient'
    })()
    return causeOf(failureClass, status, postmarkWords(reply))
  },
}

function foundAmong(
  messages: readonly OutboundMessage[],
  asked: readonly Sought[],
  reply: HttpReply,
): readonly Finding[] | Cause {
  const ids = new Set(asked.map(each => metadataValue(each.messageId)))
  // Whoever forgets the filter on its way answers with the latest messages, and those may be another campaign's.
  if (messages.some(each => !ids.has(each.messageId)))
    return causeOf('config', reply.status, 'it answered with messages that were not asked for; check base_url')
  return asked.map((each): Finding => {
    const taken = messages.find(
      ({ messageId, run }) => messageId === metadataValue(each.messageId) && run === metadataValue(each.run),
    )
    return taken === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId: taken.providerId }
  })
}

interface OutboundMessage {
  readonly providerId: string
  /** As its metadata have them; empty where they have none. */
  readonly messageId: string
  readonly run: string
}

/** `{"TotalCount":1,"Messages":[{"MessageID":"…","Metadata":{"mailblast_id":"<…>",…},…}]}`; undefined if it is not that. */
function messagesIn(json: unknown): readonly OutboundMessage[] | undefined {
  if (typeof json !== 'object' || json === null || !('Messages' in json) || !Array.isArray(json.Messages))
    return undefined
  const found: OutboundMessage[] = []
  for (const each of json.Messages as readonly unknown[]) {
    if (typeof each !== 'object' || each === null) return undefined
    if (!('MessageID' in each) || typeof each.MessageID !== 'string' || each.MessageID === '') return undefined
    const metadata = 'Metadata' in each ? each.Metadata : undefined
    const value = (name: string) => {
      const text: unknown = Object(metadata)[name]
      return typeof text === 'string' ? text : ''
    }
    found.push({
      providerId: causeText(each.MessageID),
      messageId: value(metadataNames.messageId),
      run: value(metadataNames.run),
    })
  }
  return found
}
