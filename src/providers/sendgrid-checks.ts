/**
 * What SendGrid is asked by `mailblast providers test`: what the key may do, whether the sender is one that SendGrid has
 * verified, and how many mails the account has left. A key that may only send mail is refused most of these questions, and
 * that is no fault of it: what SendGrid does not say is unknown, never bad.
 *
 * Sources: the API descriptions `tsg_scopes_v3`, `tsg_domain_authentication_v3`, `tsg_verified_senders_v3` and
 * `tsg_user_v3` of twilio/sendgrid-oai; the page "Sender Identity", by which SendGrid takes mail only from an authenticated
 * domain or a verified single sender.
 */

import { z } from 'zod'
import { domainOf } from '../model/address.ts'
import { count, plural } from '../model/words.ts'
import type { HttpRequest } from './http-call.ts'
import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check } from './provider.ts'
import type { EncodedContent } from './sendgrid-body.ts'
import { sendgridWords } from './sendgrid-outcomes.ts'

interface Checked {
  readonly headers: Readonly<Record<string, string>>
  readonly content: Pick<EncodedContent, 'shared'>
}

const scopes: HttpCheck<Checked> = {
  what: 'API key',
  request: route => ask(route, '/v3/scopes'),
  found(_, reply) {
    if (reply.status === 401)
      return [{ what: 'API key', verdict: 'bad', words: `${sendgridWords(reply)}; check api_key` }]
    const answer = read(scopesAnswer, reply)
    if (answer === undefined) return [unknown('API key', reply, 'it is accepted, but may not ask what it may do')]
    if (answer.scopes.includes('mail.send'))
      return [{ what: 'API key', verdict: 'good', words: 'it is accepted and may send mail' }]
    return [{ what: 'API key', verdict: 'bad', words: 'it may not send mail: give it the permission "Mail Send"' }]
  },
}

/** "Search for authenticated domains" (`domain`), so the answer may hold others than the one that is meant. */
const domains: HttpCheck<Checked> = {
  what: 'sender domain',
  request: route =>
    ask(route, `/v3/whitelabel/domains?limit=50&domain=${encodeURIComponent(domainOf(senderOf(route)))}`),
  found(route, reply) {
    const domain = domainOf(senderOf(route))
    const answer = read(domainsAnswer, reply)
    if (answer === undefined) return [unknown('sender domain', reply, mayNotAsk)]
    const own = answer.filter(each => each.domain.toLowerCase() === domain)
    if (own.some(each => each.valid))
      return [{ what: 'sender domain', verdict: 'good', words: `${domain} is authenticated` }]
    const words =
      own.length > 0 ? `the DNS records of ${domain} are not verified yet` : `${domain} is not authenticated here`
    return [{ what: 'sender domain', verdict: 'unknown', words: `${words}; see Sender Authentication in its settings` }]
  },
}

/** "This endpoint will return both verified and unverified senders". Of no interest where the domain is authenticated. */
const senders: HttpCheck<Checked> = {
  what: 'sender',
  request: route => ask(route, '/v3/verified_senders?limit=1000'),
  found(route, reply, before) {
    if (before.some(({ what, verdict }) => what === 'sender domain' && verdict === 'good')) return []
    const sender = senderOf(route)
    const answer = read(sendersAnswer, reply)
    if (answer === undefined) return [unknown('sender', reply, mayNotAsk)]
    const own = answer.results.find(each => each.from_email.toLowerCase() === sender.toLowerCase())
    if (own?.verified === true) return [{ what: 'sender', verdict: 'good', words: `${sender} is a verified sender` }]
    if (own !== undefined)
      return [
        { what: 'sender', verdict: 'bad', words: `${sender} is not verified: follow the link in the mail it was sent` },
      ]
    // A subuser may send from a domain of its parent account, which it cannot see ("Associate Domain").
    const words = `${sender} is no verified sender here; SendGrid takes mail from verified senders and authenticated domains only`
    return [{ what: 'sender', verdict: 'unknown', words }]
  },
}

/** "a base number of emails it can send before receiving per-email charges": who is charged for more has an `overage`. */
const credits: HttpCheck<Checked> = {
  what: 'quota',
  request: route => ask(route, '/v3/user/credits'),
  found(_, reply) {
    const answer = read(creditsAnswer, reply)
    if (answer === undefined) return [unknown('quota', reply, mayNotAsk)]
    const { remain, total, overage, next_reset: reset } = answer
    if (remain > 0)
      return [
        { what: 'quota', verdict: 'good', words: `${count(remain)} of ${plural(total, 'mail')} left until ${reset}` },
      ]
    if (overage > 0)
      return [
        {
          what: 'quota',
          verdict: 'good',
          words: `all ${plural(total, 'mail')} until ${reset} are used; more are charged`,
        },
      ]
    return [{ what: 'quota', verdict: 'bad', words: `none of ${plural(total, 'mail')} is left until ${reset}` }]
  },
}

/** In this order: what comes first would make the others pointless. */
export const sendgridChecks: readonly HttpCheck<Checked>[] = [scopes, domains, senders, credits]

const mayNotAsk = 'the key may not ask for it, which sending does not need'

const scopesAnswer = z.object({ scopes: z.array(z.string()) })
const domainsAnswer = z.array(z.object({ domain: z.string(), valid: z.boolean() }))
const sendersAnswer = z.object({ results: z.array(z.object({ from_email: z.string(), verified: z.boolean() })) })
const creditsAnswer = z.object({ remain: z.number(), total: z.number(), overage: z.number(), next_reset: z.string() })

function ask({ headers }: Checked, path: string): HttpRequest {
  const { 'content-type': _, ...others } = headers
  return { method: 'GET', path, headers: others, body: [] }
}

function senderOf({ content }: Checked) {
  return content.shared.from.address
}

/** A success of the form that the API description gives; undefined for anything else. */
function read<Answer>(schema: z.ZodType<Answer>, reply: HttpReply): Answer | undefined {
  return reply.status === 200 ? schema.safeParse(reply.json()).data : undefined
}

function unknown(what: string, reply: HttpReply, ifForbidden: string): Check {
  const forbidden = reply.status === 401 || reply.status === 403
  return {
    what,
    verdict: 'unknown',
    words: forbidden ? ifForbidden : `no usable answer: ${sendgridWords(reply)}`,
  }
}
