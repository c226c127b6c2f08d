/**
 * Asking a vendor with an HTTP API what it has taken: request after request, each for as many messages as the vendor says.
 * Whatever is not a whole answer says nothing. One message that makes an answer useless must not cost the others theirs, and
 * a vendor that has refused us is not asked again: these two are told apart here.
 */

import { InvariantError } from '../model/errors.ts'
import { type Cause, causeText } from '../model/outcome.ts'
import type { CallEnding, HttpAnswer, HttpRequest } from './http-call.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Finding, Sought } from './provider.ts'

export interface LookupDoors {
  /** Never rejects, and is bounded in time. */
  readonly call: (request: HttpRequest, signal: AbortSignal) => Promise<CallEnding>
  readonly reply: (answer: HttpAnswer) => HttpReply
  readonly redact: (text: string) => string
}

/** So many requests in a row without a whole answer: the trouble is the vendor's, and others would fare no better. */
const troublesMax = 3

/** After so many useless answers in a row, what is asked for together is not taken apart any more until one is of use. */
const uselessMax = 40

/** One route's asking; what it has learnt of the vendor holds from one lookup to the next. */
export class HttpAsking<Prepared> {
  readonly #lookup: HttpLookup<Prepared>
  readonly #prepared: Prepared
  readonly #doors: LookupDoors
  /** Requests in a row without a whole answer. */
  #troubles = 0
  /** Requests in a row without a usable answer. */
  #useless = 0

  constructor(lookup: HttpLookup<Prepared>, prepared: Prepared, doors: LookupDoors) {
    this.#lookup = lookup
    this.#prepared = prepared
    this.#doors = doors
  }

  /**
   * Those of a useless answer are asked for again one by one. So of n messages, g at a time, at most n + n/g requests are
   * made, and n/g + 40 + g at most while not one answer is of use.
   */
  async ask(sought: readonly Sought[], signal: AbortSignal): Promise<readonly Finding[]> {
    const findings: Finding[] = []
    let oneByOneUntil = 0
    while (findings.length < sought.length) {
      const rest = sought.slice(findings.length)
      const part = rest.slice(0, findings.length < oneByOneUntil ? 1 : this.#lookup.fits(rest))
      if (part.length === 0) throw new InvariantError('a lookup has no room for one message')
      const answer = this.#read(part, await this.#doors.call(this.#request(part), signal))
      this.#count(answer)
      if ('findings' in answer) findings.push(...answer.findings)
      else if (signal.aborted || answer.of === 'us' || this.#troubles >= troublesMax)
        findings.push(...unknown(rest, 'route', answer.cause))
      else if (part.length > 1 && this.#useless <= uselessMax) oneByOneUntil = findings.length + part.length
      else findings.push(...unknown(part, 'message', answer.cause))
    }
    return findings
  }

  #request(part: readonly Sought[]): HttpRequest {
    const { path, headers, body } = this.#lookup.request(this.#prepared, part)
    return { method: body === undefined ? 'GET' : 'POST', path, headers, body: body ?? [] }
  }

  #count(answer: Answer): void {
    this.#useless = 'findings' in answer ? 0 : this.#useless + 1
    this.#troubles = 'findings' in answer || answer.of === 'question' ? 0 : this.#troubles + 1
  }

  #read(part: readonly Sought[], ending: CallEnding): Answer {
    const { redact, reply: replyOf } = this.#doors
    if (ending.kind !== 'answered') {
      const { code, text } = ending.failure
      const words = { class: 'transient', text: causeText(redact(`could not be asked: ${text}`)) } as const
      return { of: 'vendor', cause: code === undefined ? words : { ...words, code } }
    }
    const { status, broken } = ending.answer
    const code = String(status)
    if (status >= 300 && status < 400) {
      const text = `could not be asked: answered ${status}, a redirect, which is not followed: check base_url`
      return { of: 'us', cause: { class: 'config', code, text } }
    }
    const reply = replyOf(ending.answer)
    if (status >= 400)
      return {
        of: refusesUs.has(status) ? 'us' : refusesQuestion.has(status) ? 'question' : 'vendor',
        cause: this.#lookup.refusal(reply),
      }
    if (broken !== null)
      return { of: 'vendor', cause: { class: 'transient', code, text: 'could not be asked: the answer broke off' } }
    const found = this.#lookup.found(this.#prepared, reply, part)
    if ('text' in found) return { of: 'question', cause: found }
    if (found.length !== part.length)
      throw new InvariantError(`a lookup gave ${found.length} findings for ${part.length} messages`)
    return { findings: found }
  }
}

type Answer =
  | { readonly findings: readonly Finding[] }
  /**
   * A useless one, and what it speaks of: `us`, so that the next would be no better; the `vendor`, who may have a bad
   * moment; or what was in the `question`.
   */
  | { readonly of: 'us' | 'vendor' | 'question'; readonly cause: Cause }

/** RFC 9110, sections 15.5.2 and 15.5.4, and RFC 6585, section 4: not us, not this, not so often. */
const refusesUs: ReadonlySet<number> = new Set([401, 403, 429])

/** RFC 9110, sections 15.5.1, 15.5.14, 15.5.15 and 15.5.21, and RFC 6585, section 5: all of them judge what was sent. */
const refusesQuestion: ReadonlySet<number> = new Set([400, 413, 414, 422, 431])

function unknown(sought: readonly Sought[], scope: 'message' | 'route', cause: Cause): readonly Finding[] {
  return sought.map(() => ({ kind: 'unknown', scope, cause }))
}
