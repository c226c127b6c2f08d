/**
 * What Resend is asked before a run: whether the domain of the From address is verified (`GET /domains`). A key that may
 * only send cannot ask, and is told so by name; that proves that Resend knows it, and no more.
 *
 * Sources: Resend's API description (`ListDomainsItem`, `DomainCapabilities`) and its page on errors.
 */

import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check } from './provider.ts'
import { resendErrorName, resendWords } from './resend-outcomes.ts'

interface Checked {
  readonly headers: Readonly<Record<string, string>>
  readonly fromDomain: string
}

/** The most that a page of the list has (`limit`). */
const domainsMax = 100

export const resendChecks: readonly HttpCheck<Checked>[] = [
  {
    what: 'API key',
    request: ({ headers }) => ({ method: 'GET', path: `/domains?limit=${domainsMax}`, headers, body: [] }),
    found({ fromDomain }, reply) {
      const words = resendWords(reply)
      if (reply.status === 200) return domainChecks(reply, fromDomain)
      if (resendErrorName(reply) === 'restricted_api_key')
        return [{ what: 'API key', verdict: 'unknown', words: `${words}: so the domain cannot be looked at with it` }]
      const isRefused = [400, 401, 403].includes(reply.status)
      return [{ what: 'API key', verdict: isRefused ? 'bad' : 'unknown', words }]
    },
  },
]

function domainChecks(reply: HttpReply, fromDomain: string): readonly Check[] {
  const domains = domainsIn(reply.json())
  if (domains === undefined) return [{ what: 'API key', verdict: 'unknown', words: resendWords(reply) }]
  const key: Check = { what: 'API key', verdict: 'good', words: 'Resend knows it' }
  return [key, domainCheck(domains, fromDomain)]
}

function domainCheck({ list, isWhole }: Domains, fromDomain: string): Check {
  const what = 'domain'
  const found = list.find(({ name }) => name.toLowerCase() === fromDomain)
  if (found === undefined) {
    if (!isWhole)
      return { what, verdict: 'unknown', words: `${fromDomain} is not among the first ${domainsMax} of this account` }
    return {
      what,
      verdict: 'bad',
      words: `${fromDomain} is not a domain of this account: add it and verify it in Resend`,
    }
  }
  if (found.status !== 'verified')
    return { what, verdict: 'bad', words: `${fromDomain} is ${found.status}, not verified: see to its DNS records` }
  if (!found.sends) return { what, verdict: 'bad', words: `${fromDomain} is verified, but not enabled for sending` }
  return { what, verdict: 'good', words: `${fromDomain} is verified` }
}

interface Domains {
  readonly list: readonly { readonly name: string; readonly status: string; readonly sends: boolean }[]
  readonly isWhole: boolean
}

/** `{"object":"list","has_more":false,"data":[{"name":"acme.example","status":"verified",…}]}`; undefined if it is not that. */
function domainsIn(json: unknown): Domains | undefined {
  if (typeof json !== 'object' || json === null || !('data' in json) || !Array.isArray(json.data)) return undefined
  const list: Domains['list'][number][] = []
  for (const each of json.data as readonly unknown[]) {
    if (typeof each !== 'object' || each === null) return undefined
    if (!('name' in each) || typeof each.name !== 'string' || !('status' in each) || typeof each.status !== 'string')
      return undefined
    const capabilities: unknown = 'capabilities' in each ? each.capabilities : undefined
    list.push({ name: each.name, status: each.status, sends: Object(capabilities).sending !== 'disabled' })
  }
  return { list, isWhole: !('has_more' in json) || json.has_more !== true }
}
