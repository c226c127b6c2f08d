/**
 * Mailgun's events, `GET /v3/{domain}/events`, of the mails that were taken: one `accepted` for each. Only questions that name
 * a mail by its Message-ID are answered, for by that mails are remembered; any other is an error, never an empty list.
 *
 * Source: the API description (`events` and its example "Accepted").
 */

import { createHash } from 'node:crypto'
import type { HttpAnswer } from './http-server.ts'
import type { TakenMail, TakenMemory } from './memory.ts'

const limitMax = 300
const limitUsual = 100

const known = new Set(['message-id', 'recipient', 'event', 'limit', 'ascending', 'begin', 'end'])

/** The answer to a request with these parameters. */
export function eventsAnswer(domain: string, parameters: URLSearchParams, taken: TakenMemory): HttpAnswer {
  const limit = Number(parameters.get('limit') ?? limitUsual)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) return bad(`limit must be from 1 to ${limitMax}`)
  const ascending = parameters.get('ascending')
  if (ascending === null ? !parameters.has('end') : !['yes', 'no'].includes(ascending))
    return bad("ascending must be 'yes' or 'no', and given where end is not")
  const unknown = [...parameters.keys()].find(name => !known.has(name))
  if (unknown !== undefined) return bad(`this sink knows no filter ${unknown.slice(0, 60)}`)
  const messageId = parameters.get('message-id') ?? ''
  if (!/^[^\s<>"]+@[^\s<>"]+$/.test(messageId))
    return bad('this sink answers for one message-id, without its angle brackets')
  const event = parameters.get('event') ?? 'accepted'
  const recipient = parameters.get('recipient')?.toLowerCase()
  const items = taken
    .find(`<${messageId}>`)
    .filter(mail => event === 'accepted' && (recipient === undefined || mail.to.toLowerCase() === recipient))
    .slice(0, limit)
    .map(mail => eventOf(messageId, mail))
  const page = `https://api.mailgun.net/v3/${domain}/events/`
  return { status: 200, body: JSON.stringify({ items, paging: { next: `${page}next`, previous: `${page}previous` } }) }
}

/** Sender and subject, which Mailgun gives too, are not remembered. */
function eventOf(messageId: string, { to, run, atMs, call }: TakenMail) {
  return {
    event: 'accepted',
    id: createHash('sha256').update(`${messageId} ${run} ${call}`).digest('base64url').slice(0, 22),
    timestamp: atMs / 1000,
    'log-level': 'info',
    method: 'HTTP',
    recipient: to,
    'recipient-domain': to.slice(to.lastIndexOf('@') + 1),
    flags: { 'is-authenticated': true, 'is-test-mode': false },
    message: { headers: { to, 'message-id': messageId }, attachments: [], recipients: [to] },
    tags: [],
    'user-variables': run === null ? {} : { mailblast_run: run },
  }
}

function bad(message: string): HttpAnswer {
  return { status: 400, body: JSON.stringify({ message }) }
}
