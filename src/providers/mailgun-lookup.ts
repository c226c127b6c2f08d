/**
 * Asking Mailgun what it has taken, by its events: `GET /v3/{domain}/events`, filtered by our Message-ID. Every event of a
 * message proves that it was taken, whatever became of it since. One that has none proves nothing: events come with a delay
 * (the page on polling reckons with half an hour) and are kept for "at least 3 days". An event counts only if it has our
 * run among its variables: two runs may have the same Message-IDs, and the mail of the other is no proof of this one's.
 *
 * Each message is asked for by itself. A filter may hold several terms joined by OR, but the pages show that for kinds of
 * events only, and a filter that is misread would answer with nothing, which nobody could tell from no trace.
 *
 * Sources: the API description (`events`); the pages on events (query options and filters) and on attaching data. The
 * parameter `message-id` is written without the angle brackets, as the events show it.
 */

import { z } from 'zod'
import { InvariantError } from '../model/errors.ts'
import { type Cause, causeText } from '../model/outcome.ts'
import { causeOf } from './answer-outcomes.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { runVariable } from './mailgun-options.ts'
import { mailgunWords } from './mailgun-outcomes.ts'
import type { Finding } from './provider.ts'

interface Asking {
  readonly domain: string
  readonly authorization: string
}

/** "The number of entries to return (300 max)". One message has a handful, of one run. */
const answeredMax = 300

export const mailgunLookup: HttpLookup<Asking> = {
  fits: () => 1,

  request({ domain, authorization }, [sought, ...others]) {
    if (sought === undefined || others.length > 0) throw new InvariantError('a lookup is of one message')
    const id = encodeURIComponent(bare(sought.messageId))
    return {
      path: `/v3/${encodeURIComponent(domain)}/events?ascending=no&limit=${answeredMax}&message-id=${id}`,
      headers: { authorization, accept: 'application/json' },
    }
  },

  found(_, reply, [sought]) {
    if (sought === undefined) throw new InvariantError('a lookup is of one message')
    const answer = eventsAnswer.safeParse(reply.json())
    if (!answer.success) return cause('config', reply, 'it answered with something else than a list of events')
    const { items } = answer.data
    // Whoever forgets the query on its way answers with the latest events, and those may be another campaign's.
    if (items.some(({ message }) => bare(message?.headers?.['message-id'] ?? '') !== bare(sought.messageId)))
      return cause('config', reply, 'it answered with events that were not asked for; check base_url')
    const own = items.find(
      ({ recipient, 'user-variables': variables }) =>
        variables?.[runVariable] === sought.run &&
        (recipient === undefined || recipient.toLowerCase() === sought.to.toLowerCase()),
    )
    const finding: Finding =
      own === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId: causeText(sought.messageId) }
    return [finding]
  },

  refusal(reply) {
    const words = mailgunWords(reply)
    switch (reply.status) {
      case 401:
      case 403:
        return cause('auth', reply, `${words}; ${wanted}`)
      case 420:
      case 429:
        return cause('throttled', reply, words)
      default:
        return cause(reply.status < 500 ? 'config' : 'transient', reply, words)
    }
  },
}

/** The page on API keys: those of a domain are for sending alone. */
const wanted = 'a domain sending key may send and not ask: give an API key of the account, and check region'

/** "there are only two fields that every log record is guaranteed to have, they are event and timestamp" (page on events). */
const eventsAnswer = z.object({
  items: z.array(
    z.object({
      event: z.string(),
      recipient: z.string().optional(),
      'user-variables': z.record(z.string(), z.unknown()).nullish(),
      message: z.object({ headers: z.object({ 'message-id': z.string().optional() }).optional() }).optional(),
    }),
  ),
})

function bare(messageId: string): string {
  return messageId.replace(/^<|>$/g, '')
}

function cause(failureClass: Cause['class'], reply: HttpReply, text: string): Cause {
  return causeOf(failureClass, reply.status, text)
}
