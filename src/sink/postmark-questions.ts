/**
 * What Postmark answers when it is asked: for messages that it took (`GET /messages/outbound`), for the server and for a
 * message stream. Only searches by mailblast's Message-ID in the metadata are answered, for by that mails are remembered;
 * any other is an error, never an empty list.
 *
 * Sources: Postmark's API description (`count` and `offset` are required, `count` is at most 500); its pages on the
 * messages API, the server API and message streams.
 */

import { createHash } from 'node:crypto'
import type { HttpAnswer } from './http-server.ts'
import type { TakenMail, TakenMemory } from './memory.ts'
import type { VendorReading } from './vendor.ts'

const countMax = 500
/** A value of metadata has no more characters, so of a longer Message-ID only the beginning is known. */
const valueMax = 80

/** What is asked by a path with its query; undefined if nothing is asked there. */
export function postmarkQuestion(path: string): Extract<VendorReading, { kind: 'lookup' | 'asked' }> | undefined {
  const [at = '', query = ''] = path.split('?', 2)
  if (at === '/messages/outbound')
    return { kind: 'lookup', answer: taken => searchAnswer(new URLSearchParams(query), taken) }
  if (at === '/server') return { kind: 'asked', answer: answer(200, serverConfiguration) }
  const stream = /^\/message-streams\/([a-z0-9_-]+)$/i.exec(at)?.[1]
  return stream === undefined ? undefined : { kind: 'asked', answer: answer(200, streamOf(stream)) }
}

/** The id by which a message is kept: that of its call's answer, and that by which it is found. */
export function postmarkId(call: number, messageId: string): string {
  const hex = createHash('sha256').update(`${call}\0${messageId}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

function searchAnswer(parameters: URLSearchParams, taken: TakenMemory): HttpAnswer {
  const problem = problemOf(parameters)
  if (problem !== undefined) return answer(422, { ErrorCode: 701, Message: problem })
  const messageId = parameters.get('metadata_mailblast_id') ?? ''
  const found = taken.find(messageId).map(mail => messageOf(messageId, mail, parameters.get('messagestream')))
  return answer(200, { TotalCount: found.length, Messages: found })
}

function problemOf(parameters: URLSearchParams): string | undefined {
  const count = Number(parameters.get('count') ?? Number.NaN)
  const offset = Number(parameters.get('offset') ?? Number.NaN)
  if (!Number.isInteger(count) || count < 1 || count > countMax) return `count must be from 1 to ${countMax}`
  if (offset !== 0) return 'this sink answers from offset 0 only'
  const fields = [...parameters.keys()].filter(name => name.startsWith('metadata_'))
  if (fields.length !== 1 || fields[0] !== 'metadata_mailblast_id')
    return 'this sink answers searches by metadata_mailblast_id alone'
  const messageId = parameters.get('metadata_mailblast_id') ?? ''
  if (messageId.length >= valueMax) return `this sink knows Message-IDs of less than ${valueMax} characters`
  const others = [...parameters.keys()].filter(name => !/^(?:count|offset|messagestream|metadata_.*)$/.test(name))
  return others.length === 0 ? undefined : `this sink knows no such filter: ${others[0]?.slice(0, 60)}`
}

/** Sender and subject, which Postmark gives too, are not remembered. */
function messageOf(messageId: string, { to, call, atMs, run }: TakenMail, stream: string | null) {
  return {
    MessageID: postmarkId(call, messageId),
    MessageStream: stream ?? 'outbound',
    To: [{ Email: to, Name: null }],
    Cc: [],
    Bcc: [],
    Recipients: [to],
    ReceivedAt: new Date(atMs).toISOString(),
    Status: 'Sent',
    Attachments: [],
    Metadata: { mailblast_id: messageId, ...(run === null ? {} : { mailblast_run: run }) },
  }
}

const serverConfiguration = {
  ID: 1,
  Name: 'mailblast sink',
  ApiTokens: [],
  DeliveryType: 'Live',
  SmtpApiActivated: true,
}

/** A stream of any name is there, and leaves the unsubscribes to whoever sends. */
function streamOf(id: string) {
  const isTransactional = id === 'outbound'
  return {
    ID: id,
    ServerID: 1,
    Name: id,
    MessageStreamType: isTransactional ? 'Transactional' : 'Broadcasts',
    ArchivedAt: null,
    SubscriptionManagementConfiguration: { UnsubscribeHandlingType: isTransactional ? 'None' : 'Custom' },
  }
}

function answer(status: number, body: object): HttpAnswer {
  return { status, body: JSON.stringify(body) }
}
