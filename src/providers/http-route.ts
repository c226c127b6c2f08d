/**
 * One open route to an HTTP API: the only file that talks to one. It keeps a pool of connections, sets limits on every
 * phase of a call and on every answer, never retries, never follows a redirect, and holds that whatever may have been
 * taken is in doubt. No secret gets out of it in words.
 */

import { Pool } from 'undici'
import type { RouteSettings } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { askedWaitMs, withAskedWait } from './http-asked-wait.ts'
import { type BaseUrl, parseBaseUrl } from './http-base-url.ts'
import { type CallEnding, type HttpAnswer, type HttpRequest, httpCall } from './http-call.ts'
import { readCheck } from './http-check.ts'
import { HttpAsking } from './http-lookup.ts'
import { correctedFor, outcomeOfFailure, outcomeOfStatus } from './http-outcomes.ts'
import { forAll, type HttpLimits, type HttpPrepared, type HttpVendor } from './http-provider.ts'
import { httpReply } from './http-reply.ts'
import { redactor } from './http-secret.ts'
import type { Check, Profile, Provider, RouteOpening } from './provider.ts'

export async function openHttpRoute<Prepared extends HttpPrepared>(
  vendor: HttpVendor<Prepared>,
  opening: RouteOpening,
  limits: HttpLimits,
): Promise<Provider> {
  const secrets: string[] = []
  const prepared = await vendor.prepare({
    ...opening,
    async secret(reference) {
      const secret = await opening.secret(reference)
      secrets.push(secret.reveal())
      return secret
    },
  })
  return new HttpRoute(vendor, prepared, opening, redactor(secrets), limits)
}

class HttpRoute<Prepared extends HttpPrepared> implements Provider {
  readonly profile: Profile
  readonly lookup?: NonNullable<Provider['lookup']>
  readonly #vendor: HttpVendor<Prepared>
  readonly #prepared: Prepared
  readonly #base: BaseUrl
  readonly #most: number
  readonly #nowMs: () => number
  readonly #redact: (text: string) => string
  readonly #limits: HttpLimits
  readonly #pool: Pool

  constructor(
    vendor: HttpVendor<Prepared>,
    prepared: Prepared,
    opening: RouteOpening,
    redact: (text: string) => string,
    limits: HttpLimits,
  ) {
    this.profile = vendor.profile
    this.#vendor = vendor
    this.#prepared = prepared
    this.#base = parseBaseUrl(prepared.baseUrl, `route ${opening.route.name}`)
    this.#most = batchSize(opening.route.batch, vendor.profile.batchMax)
    this.#nowMs = opening.nowMs
    this.#redact = redact
    this.#limits = limits
    this.#pool = poolFor(this.#base, opening.route, limits)
    const { lookup } = vendor
    if ((lookup === undefined) !== (vendor.profile.lookup === 'no'))
      throw new InvariantError(`${vendor.profile.name} does not say rightly whether it can be asked`)
    if (lookup !== undefined) {
      const asking = new HttpAsking(lookup, prepared, {
        call: (request, signal) => this.#call(request, signal),
        reply: answer => httpReply(answer, opening.nowMs(), redact),
        redact,
      })
      this.lookup = (sought, signal) => asking.ask(sought, signal)
    }
  }

  fits(messages: readonly FilledMessage[]): number {
    const most = Math.min(this.#most, messages.length)
    if (most === 0) throw new InvariantError('no message was offered for a parcel')
    const count = this.#vendor.fits(this.#prepared, messages, most)
    if (!Number.isInteger(count) || count < 1 || count > most)
      throw new InvariantError(`${this.profile.name} takes ${count} of at most ${most} messages in a call`)
    return count
  }

  async send(parcel: readonly FilledMessage[], signal: AbortSignal): Promise<readonly Outcome[]> {
    if (parcel.length === 0 || parcel.length > this.#most)
      throw new InvariantError(`a parcel of ${parcel.length} messages for a route that takes up to ${this.#most}`)
    const request = await this.#vendor.request(this.#prepared, parcel, this.#nowMs())
    if ('kind' in request) return forAll(parcel, request)
    const outcomes = this.#outcomes(await this.#call(request, signal), parcel)
    if (outcomes.length !== parcel.length)
      throw new InvariantError(`${this.profile.name} gave ${outcomes.length} outcomes for ${parcel.length} messages`)
    return outcomes
  }

  async check(signal: AbortSignal): Promise<readonly Check[]> {
    const found: Check[] = []
    for (const check of this.#vendor.checks ?? []) {
      const ending = await this.#call(await check.request(this.#prepared, this.#nowMs()), signal)
      const replyOf = (answer: HttpAnswer) => httpReply(answer, this.#nowMs(), this.#redact)
      found.push(...readCheck(check, this.#prepared, ending, found, replyOf))
      if (found.some(({ verdict }) => verdict === 'bad')) break
    }
    return found.map(each => ({ ...each, words: causeText(this.#redact(each.words)) }))
  }

  async close(): Promise<void> {
    // Nothing is in flight; `close` would still wait for a connection that a call ended long ago has asked for.
    await this.#pool.destroy()
  }

  #call(request: HttpRequest, signal: AbortSignal): Promise<CallEnding> {
    const headers = { 'user-agent': 'mailblast', ...request.headers }
    const path = `${this.#base.path}${request.path}`
    return httpCall(
      this.#pool,
      { ...request, headers, path },
      { signal, nowMs: this.#nowMs, maxMs: this.#limits.callMs },
    )
  }

  #outcomes(ending: CallEnding, parcel: readonly FilledMessage[]): readonly Outcome[] {
    if (ending.kind !== 'answered') {
      const failure = { ...ending.failure, text: this.#redact(ending.failure.text) }
      return forAll(parcel, outcomeOfFailure({ ...ending, failure }))
    }
    const { answer, sentWhole } = ending
    const known = outcomeOfStatus(answer.status, sentWhole)
    if (known !== undefined) return forAll(parcel, known)
    const reply = httpReply(answer, this.#nowMs(), this.#redact)
    const askedMs = askedWaitMs(reply)
    const outcomes = this.#vendor.outcomes(this.#prepared, reply, parcel)
    return outcomes.map(outcome => withAskedWait(correctedFor(sentWhole, outcome), askedMs))
  }
}

function batchSize(batch: RouteSettings['batch'], batchMax: number): number {
  if (batch === 'off') return 1
  return batch === 'auto' ? batchMax : Math.max(1, Math.min(batch, batchMax))
}

function poolFor(base: BaseUrl, route: RouteSettings, limits: HttpLimits): Pool {
  return new Pool(base.origin, {
    connections: route.concurrency,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: limits.connectMs, minVersion: 'TLSv1.2' },
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.bodyMs,
    maxHeaderSize: limits.answerHeadBytes,
    maxResponseSize: limits.answerBytes,
  })
}
