/**
 * Asking a vendor with an HTTP API what it has taken: request after request, each a GET and each for as many messages as
 * the vendor says. Whatever is not a whole answer says nothing, and an answer that means "do not ask" ends the asking: no
 * vendor is asked again that has just refused.
 */

import { InvariantError } from '../model/errors.ts'
import { type Cause, causeText } from '../model/outcome.ts'
import type { CallEnding, HttpAnswer, HttpRequest } from './http-call.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Finding, Sought } from './provider.ts'

export interface LookupDoors {
  /** Never rejects, and is bounded in time. */
  readonly call: (request: HttpRequest) => Promise<CallEnding>
  readonly reply: (answer: HttpAnswer) => HttpReply
  readonly redact: (text: string) => string
}

/** So many requests in a row without a usable answer, and the rest is not asked for: the trouble is not theirs. */
const failuresMax = 3

export async function askInTurn<Prepared>(
  lookup: HttpLookup<Prepared>,
  prepared: Prepared,
  sought: readonly Sought[],
  doors: LookupDoors,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let failures = 0
  while (findings.length < sought.length) {
    const rest = sought.slice(findings.length)
    const part = rest.slice(0, lookup.fits(rest))
    if (part.length === 0) throw new InvariantError('a lookup has no room for one message')
    const answer = read(lookup, prepared, part, doors, await doors.call(getRequest(lookup, prepared, part)))
    if ('findings' in answer) {
      failures = 0
      findings.push(...answer.findings)
      continue
    }
    failures += 1
    const given = answer.endsAsking || failures === failuresMax ? rest : part
    findings.push(...given.map((): Finding => ({ kind: 'unknown', cause: answer.cause })))
  }
  return findings
}

function getRequest<Prepared>(lookup: HttpLookup<Prepared>, prepared: Prepared, part: readonly Sought[]): HttpRequest {
  const { path, headers } = lookup.request(prepared, part)
  return { method: 'GET', path, headers, body: [] }
}

type Answer =
  | { readonly findings: readonly Finding[] }
  /** `endsAsking`: the next request would fare no better. */
  | { readonly cause: Cause; readonly endsAsking: boolean }

function read<Prepared>(
  lookup: HttpLookup<Prepared>,
  prepared: Prepared,
  part: readonly Sought[],
  doors: LookupDoors,
  ending: CallEnding,
): Answer {
  if (ending.kind !== 'answered') {
    const { code, text } = ending.failure
    const words = { class: 'transient', text: causeText(doors.redact(`could not be asked: ${text}`)) } as const
    return { cause: code === undefined ? words : { ...words, code }, endsAsking: true }
  }
  const { status, broken } = ending.answer
  const code = String(status)
  if (status >= 300 && status < 400) {
    const text = `could not be asked: answered ${status}, a redirect, which is not followed: check base_url`
    return { cause: { class: 'config', code, text }, endsAsking: true }
  }
  const reply = doors.reply(ending.answer)
  if (status >= 400) return { cause: lookup.refusal(reply), endsAsking: refusesAll.has(status) }
  if (broken !== null)
    return { cause: { class: 'transient', code, text: 'could not be asked: the answer broke off' }, endsAsking: false }
  const findings = lookup.found(prepared, reply, part)
  if (findings.length !== part.length)
    throw new InvariantError(`a lookup gave ${findings.length} findings for ${part.length} messages`)
  return { findings }
}

/** RFC 9110, sections 15.5.2 and 15.5.4, and RFC 6585, section 4: not us, not this, not so often. */
const refusesAll: ReadonlySet<number> = new Set([401, 403, 429])
