/**
 * What `mailblast providers test` asks Mandrill: `users/info` for the key, the reputation and the hourly quota, and
 * `senders/domains` for the sender. Both only read ("x-readonly"); `senders/check-domain` would add the domain to the account.
 */

import { z } from 'zod'
import { count } from '../model/words.ts'
import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import { mandrillError, mandrillWords } from './mandrill-outcomes.ts'
import type { Check } from './provider.ts'

interface Asking {
  readonly headers: Readonly<Record<string, string>>
  readonly key: string
  readonly fromDomain: string
}

export const mandrillChecks: readonly HttpCheck<Asking>[] = [
  {
    what: 'API key',
    request: ({ headers, key }) => ({ method: 'POST', path: '/users/info', headers, body: [`{${key}}`] }),
    found(_, reply) {
      const user = userInfo.safeParse(reply.json())
      if (reply.status !== 200 || !user.success) return [notTold('API key', reply)]
      return [{ what: 'API key', verdict: 'good', words: `accepted, for ${user.data.username}` }, quotaOf(user.data)]
    },
  },
  {
    what: 'sender',
    request: ({ headers, key }) => ({ method: 'POST', path: '/senders/domains', headers, body: [`{${key}}`] }),
    found({ fromDomain }, reply) {
      const domains = senderDomains.safeParse(reply.json())
      if (reply.status !== 200 || !domains.success) return [notTold('sender', reply)]
      return [senderOf(fromDomain, domains.data)]
    },
  },
]

const userInfo = z.object({
  username: z.string(),
  reputation: z.number(),
  hourly_quota: z.number(),
  backlog: z.number(),
})

const senderDomains = z.array(
  z.object({ domain: z.string(), valid_signing: z.boolean().optional(), verified_at: z.string().nullish() }),
)

/** "Any emails beyond that will be accepted and queued for later delivery" (`hourly_quota`). */
function quotaOf(user: z.output<typeof userInfo>): Check {
  const words = `${count(user.hourly_quota)} messages an hour at reputation ${user.reputation}, ${count(user.backlog)} waiting there`
  if (user.hourly_quota > 0) return { what: 'quota', verdict: 'good', words }
  return { what: 'quota', verdict: 'bad', words: `${words}: nothing would go out; ask Mailchimp why` }
}

/**
 * "Mail sent from unverified domains … will be rejected with the reject_reason, unsigned" (`messages/send`), unless the account
 * is older than that rule; and a domain is listed from when it was "first seen", so that one that is not is not known.
 */
function senderOf(domain: string, domains: z.output<typeof senderDomains>): Check {
  const found = domains.find(each => each.domain.toLowerCase() === domain)
  if (found?.valid_signing === true && found.verified_at)
    return { what: 'sender', verdict: 'good', words: `${domain} is verified and signed` }
  const remedy = 'see Settings, Domains at Mailchimp'
  if (found === undefined)
    return { what: 'sender', verdict: 'unknown', words: `${domain} is not among its sending domains yet: ${remedy}` }
  return { what: 'sender', verdict: 'bad', words: `${domain} is not verified, or lacks SPF or DKIM: ${remedy}` }
}

function notTold(what: string, reply: HttpReply): Check {
  const refused = mandrillError(reply.json())?.name === 'Invalid_Key' || reply.status === 401
  return { what, verdict: refused ? 'bad' : 'unknown', words: mandrillWords(reply) }
}
