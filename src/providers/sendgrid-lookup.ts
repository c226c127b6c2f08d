/**
 * Asking SendGrid what it has taken, by the Email Activity API: `GET /v3/messages` with a query for our run and Message-IDs
 * among the custom arguments. A message that is found was taken, whatever became of it since ("Processed: an email request
 * that SendGrid has received"). One that is not found proves nothing: the feed runs behind ("To access data in real time,
 * implement our Event Webhook") and forgets ("up to 30 days"). It must never be asked without the run: two runs may have
 * the same Message-IDs, and the mail of the other is no proof of this one's.
 *
 * Sources: the API description `tsg_email_activity_v3.yaml` of twilio/sendgrid-oai; at twilio.com/docs/sendgrid the pages
 * "Email Activity", "Email Activity Feed" and "Getting Started with the Email Activity Feed API" (whose list of keywords
 * has AND and OR, and whose section "Creating compound queries" joins conditions by AND). What a call has as `custom_args`
 * is asked for as `unique_args['name']="value"`, in parentheses or not (sendgrid-nodejs, issue 1098; sendgrid-java, issue
 * 779), several of them joined by AND (sendgrid-php, issue 909). That parentheses may hold several conditions is the one
 * thing that no page shows; where they may not, the query is refused (400) and nothing is concluded.
 */

import { InvariantError } from '../model/errors.ts'
import { type Cause, causeText } from '../model/outcome.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Finding } from './provider.ts'
import { customArgs } from './sendgrid-body.ts'
import { sendgridWords } from './sendgrid-outcomes.ts'

/**
 * "The current limit is 6 requests per minute" (Email Activity page), so several are asked for at once. A condition takes
 * about 100 bytes and the sender's domain: with twenty of them, and the longest of domains, a request's line stays under
 * the 8,000 bytes that every server takes (RFC 9112, section 3).
 */
const askedAtOnce = 20

/** "must be greater than 0 and less than or equal to 1000" (`limit`); a message comes once, however many its events are. */
const answeredMax = 1000

export const sendgridLookup: HttpLookup<{ readonly headers: Readonly<Record<string, string>> }> = {
  /**
   * An answer names the address and not the custom arguments, so those asked for together are of one run. A Message-ID
   * belongs to one address alone, so among messages with the Message-IDs asked for, the address tells whose it is, as long
   * as no two of those asked for have it in common; capitals are not relied upon, for SendGrid may not keep them.
   */
  fits(sought) {
    const seen = new Set<string>()
    for (const { to, run } of sought.slice(0, askedAtOnce)) {
      if (run !== sought[0]?.run || seen.has(sameAddress(to))) break
      seen.add(sameAddress(to))
    }
    return seen.size
  },

  request({ headers }, sought) {
    const [run, ...others] = new Set(sought.map(each => each.run))
    if (run === undefined || others.length > 0) throw new InvariantError('a lookup is of messages of one run')
    const messages = sought.map(each => is(customArgs.messageId, each.messageId)).join(' OR ')
    const query = `${is(customArgs.run, run)} AND (${messages})`
    return { path: `/v3/messages?limit=${answeredMax}&query=${encodeURIComponent(query)}`, headers }
  },

  found(_, reply, sought) {
    const messages = messagesIn(reply.json())
    if (messages === undefined)
      return causeOf('config', reply, 'it answered with something else than a list of messages')
    const taken = new Map(messages.map(each => [sameAddress(each.to), each.id]))
    const asked = new Set(sought.map(each => sameAddress(each.to)))
    // Whoever forgets the query on its way answers with the latest messages, and those may be another campaign's.
    if ([...taken.keys()].some(address => !asked.has(address)))
      return causeOf('config', reply, 'it answered with messages that were not asked for; check base_url')
    return sought.map((each): Finding => {
      const providerId = taken.get(sameAddress(each.to))
      return providerId === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId }
    })
  },

  refusal(reply) {
    const words = sendgridWords(reply)
    switch (reply.status) {
      case 401:
        return causeOf('auth', reply, words)
      case 403:
        return causeOf('auth', reply, `${words}; ${wanted}`)
      case 429:
        return causeOf('throttled', reply, `${words}; SendGrid may be asked 6 times a minute`)
      default:
        return causeOf(reply.status < 500 ? 'config' : 'transient', reply, words)
    }
  },
}

/** "you must purchase additional email activity history", and "update your existing API key(s) to have Email Activity access". */
const wanted =
  'to be asked, the account needs the paid addition "email activity history", and the API key the permission "Email Activity"'

function sameAddress(address: string): string {
  return address.toLowerCase()
}

function is(argument: string, value: string): string {
  return `unique_args['${argument}']=${quoted(value)}`
}

/** "The escape character is `\\`" (keywords and operators). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

interface ActivityMessage {
  readonly id: string
  readonly to: string
}

/** `{"messages":[{"msg_id":"…","to_email":"…","status":"processed",…}]}`; undefined if it is not that. */
function messagesIn(json: unknown): readonly ActivityMessage[] | undefined {
  if (typeof json !== 'object' || json === null || !('messages' in json) || !Array.isArray(json.messages))
    return undefined
  const found: ActivityMessage[] = []
  for (const each of json.messages as readonly unknown[]) {
    if (typeof each !== 'object' || each === null) return undefined
    if (!('msg_id' in each) || typeof each.msg_id !== 'string' || each.msg_id === '') return undefined
    if (!('to_email' in each) || typeof each.to_email !== 'string') return undefined
    found.push({ id: causeText(each.msg_id), to: each.to_email })
  }
  return found
}

function causeOf(failureClass: Cause['class'], reply: HttpReply, text: string): Cause {
  return { class: failureClass, code: String(reply.status), text: causeText(text) }
}
