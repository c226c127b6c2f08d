/**
 * What `mailblast providers test` asks Brevo, by GET: the account for its key and its credits, its domains and its senders for
 * the sender.
 *
 * Sources: the reference pages "Get account details", "Get email senders" and "Get the list of all your domains", and the
 * models of them in Brevo's own clients (`GetAccount`, `GetAccountPlan`, `GetSendersList`).
 */

import { z } from 'zod'
import { count } from '../model/words.ts'
import { brevoWords } from './brevo-outcomes.ts'
import type { HttpRequest } from './http-call.ts'
import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check } from './provider.ts'

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly from: string
}

const account: HttpCheck<Asking> = {
  what: 'API key',
  request: route => ask(route, '/account'),
  found(_, reply) {
    const answer = read(accountAnswer, reply)
    if (answer === undefined) return [notTold('API key', reply)]
    const key: Check = { what: 'API key', verdict: 'good', words: `accepted, for ${answer.email}` }
    if (answer.relay?.enabled === false)
      return [
        key,
        { what: 'account', verdict: 'bad', words: 'Brevo has not enabled its transactional mail yet: ask its support' },
      ]
    return [key, ...quotaOf(answer.plan)]
  },
}

const domains: HttpCheck<Asking> = {
  what: 'sender domain',
  request: route => ask(route, '/senders/domains'),
  found({ from }, reply) {
    const domain = from.slice(from.lastIndexOf('@') + 1).toLowerCase()
    const answer = read(domainsAnswer, reply)
    if (answer === undefined) return [notTold('sender domain', reply)]
    if (answer.domains.some(each => each.domain_name.toLowerCase() === domain && each.authenticated))
      return [{ what: 'sender domain', verdict: 'good', words: `${domain} is authenticated` }]
    return [{ what: 'sender domain', verdict: 'unknown', words: `${domain} is not authenticated here` }]
  },
}

/** "Email verification required before sender can be used". */
const senders: HttpCheck<Asking> = {
  what: 'sender',
  request: route => ask(route, '/senders'),
  found({ from }, reply, before) {
    const answer = read(sendersAnswer, reply)
    if (answer === undefined) return [notTold('sender', reply)]
    const own = answer.senders.find(each => each.email.toLowerCase() === from.toLowerCase())
    if (own?.active === true) return [{ what: 'sender', verdict: 'good', words: `${from} is an active sender` }]
    if (own !== undefined)
      return [
        {
          what: 'sender',
          verdict: 'bad',
          words: `${from} is not active: verify it under Senders, Domains & Dedicated IPs`,
        },
      ]
    if (before.some(({ what, verdict }) => what === 'sender domain' && verdict === 'good')) return []
    return [{ what: 'sender', verdict: 'unknown', words: `${from} is not among its senders` }]
  },
}

export const brevoChecks: readonly HttpCheck<Asking>[] = [account, domains, senders]

const accountAnswer = z.object({
  email: z.string(),
  plan: z.array(z.object({ type: z.string(), creditsType: z.string().optional(), credits: z.number().optional() })),
  relay: z.object({ enabled: z.boolean() }).optional(),
})

const domainsAnswer = z.object({
  domains: z.array(z.object({ domain_name: z.string(), authenticated: z.boolean() })).default([]),
})

const sendersAnswer = z.object({ senders: z.array(z.object({ email: z.string(), active: z.boolean() })).default([]) })

/** "Remaining credits of the user", of which those of the type `sendLimit` are for mail. */
function quotaOf(plans: z.output<typeof accountAnswer>['plan']): readonly Check[] {
  const mail = plans.filter(
    plan => plan.type !== 'sms' && plan.creditsType === 'sendLimit' && plan.credits !== undefined,
  )
  if (mail.length === 0) return [{ what: 'quota', verdict: 'unknown', words: 'it says nothing of credits for mail' }]
  const left = mail.reduce((sum, plan) => sum + (plan.credits ?? 0), 0)
  if (left > 0) return [{ what: 'quota', verdict: 'good', words: `${count(left)} mails left` }]
  return [{ what: 'quota', verdict: 'bad', words: 'no mail is left: buy credits, or wait for the next period' }]
}

function ask({ headers }: Asking, path: string): HttpRequest {
  const { 'content-type': _, ...others } = headers
  return { method: 'GET', path, headers: others, body: [] }
}

function read<Answer>(schema: z.ZodType<Answer>, reply: HttpReply): Answer | undefined {
  return reply.status === 200 ? schema.safeParse(reply.json()).data : undefined
}

function notTold(what: string, reply: HttpReply): Check {
  return { what, verdict: reply.status === 401 ? 'bad' : 'unknown', words: brevoWords(reply) }
}
