/**
 * What SES is asked by `mailblast providers test`: whether the account may send, to whom and how much, and whether the sender
 * is verified. Credentials that may only send are refused these questions, and that is no fault of them.
 *
 * Sources: `GetAccount` and `GetEmailIdentity` in the service model. Who has verified a domain may send from all of its
 * addresses and subdomains (page on verified identities), so the address, its domain and the domains above are asked for.
 */

import { z } from 'zod'
import { domainOf } from '../model/address.ts'
import { count } from '../model/words.ts'
import { wordsOf } from './answer-outcomes.ts'
import type { HttpRequest } from './http-call.ts'
import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check } from './provider.ts'
import type { EncodedContent } from './ses-body.ts'
import { sesError, sesWords } from './ses-error.ts'
import type { SignRequest } from './ses-signing.ts'

export interface Checked {
  readonly sign: SignRequest
  readonly content: Pick<EncodedContent, 'shared'>
}

const account: HttpCheck<Checked> = {
  what: 'account',
  request: (route, nowMs) => ask(route, '/v2/email/account', nowMs),
  found(_, reply) {
    const refused = refusal('account', reply)
    if (refused !== undefined) return [refused]
    const { data } = accountAnswer.safeParse(reply.json())
    if (data === undefined) return [unknown('account', reply)]
    return [{ what: 'credentials', verdict: 'good', words: 'they are accepted' }, ...sending(data), ...quota(data)]
  },
}

const identityChecks = [0, 1, 2, 3].map(
  (position): HttpCheck<Checked> => ({
    what: 'sender',
    request(route, nowMs) {
      const identity = identitiesOf(route)[position]
      return identity === undefined ? [] : ask(route, `/v2/email/identities/${encodeURIComponent(identity)}`, nowMs)
    },
    found(route, reply, before) {
      if (before.some(({ what, verdict }) => what === 'sender' && verdict !== 'bad')) return []
      const identities = identitiesOf(route)
      const isLast = position === identities.length - 1
      if (reply.status === 404) return isLast ? [notVerified(route)] : []
      const refused = refusal('sender', reply)
      if (refused !== undefined) return [refused]
      const { data } = identityAnswer.safeParse(reply.json())
      if (data === undefined) return [unknown('sender', reply)]
      const identity = identities[position] ?? ''
      if (data.VerifiedForSendingStatus) return [{ what: 'sender', verdict: 'good', words: `${identity} is verified` }]
      return isLast ? [notVerified(route, data.VerificationStatus)] : []
    },
  }),
)

export const sesChecks: readonly HttpCheck<Checked>[] = [account, ...identityChecks]

/** The identities by which the sender may be verified: her address, its domain, and two above it that are no top-level domain. */
function identitiesOf({ content }: Checked): readonly string[] {
  const { address } = content.shared.from
  const labels = domainOf(address).split('.')
  const domains = labels.map((_, index) => labels.slice(index).join('.')).slice(0, Math.max(1, labels.length - 1))
  return [address, ...domains.slice(0, identityChecks.length - 1)]
}

function notVerified({ content }: Checked, status?: string): Check {
  const { address } = content.shared.from
  const state = status === undefined ? '' : ` (${status})`
  const words = `neither ${address} nor its domain is verified in this region${state}; verify one of them in SES`
  return { what: 'sender', verdict: 'bad', words }
}

async function ask({ sign }: Checked, path: string, nowMs: number): Promise<HttpRequest | readonly Check[]> {
  const request = await sign({ method: 'GET', path, headers: { accept: 'application/json' }, body: [] }, nowMs)
  if (!('kind' in request)) return request
  const verdict = request.kind === 'refused' ? 'bad' : 'unknown'
  return [{ what: 'credentials', verdict, words: request.cause.text }]
}

const accountAnswer = z.object({
  SendingEnabled: z.boolean().optional(),
  ProductionAccessEnabled: z.boolean().optional(),
  EnforcementStatus: z.string().optional(),
  SendQuota: z.object({ Max24HourSend: z.number(), MaxSendRate: z.number(), SentLast24Hours: z.number() }).optional(),
})

const identityAnswer = z.object({ VerifiedForSendingStatus: z.boolean(), VerificationStatus: z.string().optional() })

type Account = z.output<typeof accountAnswer>

/** "HEALTHY", "PROBATION": placed under review; "SHUTDOWN": "ability to send email is currently paused". */
function sending({ SendingEnabled, ProductionAccessEnabled, EnforcementStatus = '' }: Account): readonly Check[] {
  if (SendingEnabled === false || EnforcementStatus === 'SHUTDOWN')
    return [{ what: 'sending', verdict: 'bad', words: 'it is paused for this account; see its dashboard in SES' }]
  if (ProductionAccessEnabled === false)
    return [
      {
        what: 'sending',
        verdict: 'bad',
        words: 'the account is in the sandbox, and reaches verified addresses alone; ask AWS for production access',
      },
    ]
  const review = EnforcementStatus === 'PROBATION' ? ', but the account is under review' : ''
  return [{ what: 'sending', verdict: 'good', words: `it is enabled, to any address${review}` }]
}

/** "A value of -1 signifies an unlimited quota." Recipients are counted. */
function quota({ SendQuota }: Account): readonly Check[] {
  if (SendQuota === undefined) return []
  const { Max24HourSend: max, MaxSendRate: rate, SentLast24Hours: sent } = SendQuota
  const pace = `up to ${count(rate)} a second`
  if (max < 0) return [{ what: 'quota', verdict: 'good', words: `no limit for a day; ${pace}` }]
  const left = Math.max(0, Math.floor(max - sent))
  const words = `${count(left)} of ${count(max)} mails left of the last 24 hours; ${pace}`
  return [{ what: 'quota', verdict: left > 0 ? 'good' : 'bad', words }]
}

/** An answer that says nothing of what was asked; undefined for one that may. */
function refusal(what: string, reply: HttpReply): Check | undefined {
  if (reply.status < 400) return undefined
  const error = sesError(reply)
  const words = wordsOf(reply, 'Amazon SES', sesWords(error))
  if (/^AccessDenied/.test(error.type))
    return { what, verdict: 'unknown', words: 'the credentials may not ask for it, which sending does not need' }
  if (reply.status === 401 || reply.status === 403) return { what: 'credentials', verdict: 'bad', words }
  return { what, verdict: 'unknown', words }
}

function unknown(what: string, reply: HttpReply): Check {
  return { what, verdict: 'unknown', words: wordsOf(reply, 'Amazon SES', '') }
}
