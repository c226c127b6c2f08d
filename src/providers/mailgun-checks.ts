/**
 * What Mailgun is asked by `mailblast providers test`: whether it has the domain, and whether the domain may send. A domain
 * sending key may send and not ask, and is refused like a wrong key: so a refusal is no finding, and says so.
 *
 * Source: the API description, `GET /v4/domains/{name}` (`state` is active, unverified or disabled; each DNS record has
 * `valid`).
 */

import { z } from 'zod'
import type { HttpCheck } from './http-provider.ts'
import { mailgunWords } from './mailgun-outcomes.ts'
import type { Check } from './provider.ts'

interface Checked {
  readonly domain: string
  readonly authorization: string
}

const domainCheck: HttpCheck<Checked> = {
  what: 'domain',
  request: ({ domain, authorization }) => ({
    method: 'GET',
    path: `/v4/domains/${encodeURIComponent(domain)}`,
    headers: { authorization, accept: 'application/json' },
    body: [],
  }),
  found({ domain }, reply) {
    const { status } = reply
    const words = mailgunWords(reply)
    if (status === 401 || status === 403) return [{ what: 'API key', verdict: 'unknown', words: `${words}: ${mayBe}` }]
    if (status === 404)
      return [{ what: 'domain', verdict: 'bad', words: `${words}: check domain, and region: it has only its own` }]
    const answer = domainAnswer.safeParse(status === 200 ? reply.json() : undefined)
    if (!answer.success) return [{ what: 'domain', verdict: 'unknown', words: `no usable answer: ${words}` }]
    const key: Check = { what: 'API key', verdict: 'good', words: 'it is accepted' }
    return [key, ...domainFindings(domain, answer.data)]
  },
}

export const mailgunChecks: readonly HttpCheck<Checked>[] = [domainCheck]

const mayBe =
  'the key or the region may be wrong, or it is a domain sending key, which may send and not ask; a test send would tell'

const domainAnswer = z.object({
  domain: z.object({ state: z.string(), is_disabled: z.boolean().optional(), type: z.string().optional() }),
  sending_dns_records: z
    .array(z.object({ record_type: z.string(), name: z.string().optional(), valid: z.string() }).nullable())
    .nullish(),
})

function domainFindings(domain: string, answer: z.output<typeof domainAnswer>): readonly Check[] {
  const { state, is_disabled: isDisabled, type } = answer.domain
  if (isDisabled === true || state === 'disabled')
    return [{ what: 'domain', verdict: 'bad', words: `${domain} is disabled: see its page in Mailgun's control panel` }]
  if (state !== 'active')
    return [{ what: 'domain', verdict: 'bad', words: `${domain} is ${state}: set the DNS records that Mailgun shows` }]
  // "Sandbox subdomains are for test purposes only": Mailgun's own words when it refuses others.
  const limits = type === 'sandbox' ? '; it is a sandbox domain, which reaches authorized recipients only' : ''
  const wrong = (answer.sending_dns_records ?? []).filter(record => record !== null && record.valid !== 'valid')
  const records = wrong.map(record => `${record?.record_type} ${record?.name ?? ''}`.trim()).join(', ')
  return [
    { what: 'domain', verdict: 'good', words: `${domain} is active${limits}` },
    records === ''
      ? { what: 'sending DNS', verdict: 'good', words: 'all its records are valid' }
      : { what: 'sending DNS', verdict: 'unknown', words: `Mailgun does not find as they should be: ${records}` },
  ]
}
