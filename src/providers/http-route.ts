/**
 * One open route to an HTTP API. It sets limits on every phase of a call and on every answer, never retries, never follows
 * a redirect, and holds that whatever may have been taken is in doubt. No secret gets out of it in words.
 */

import type { Dispatcher } from 'undici'
import type { RouteSettings } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { askedWaitMs, withAskedWait } from './http-asked-wait.ts'
import { type BaseUrl, parseBaseUrl } from './http-base-url.ts'
import { type CallEnding, type HttpAnswer, type HttpRequest, httpCall } from './http-call.ts'
import { readCheck } from './http-check.ts'
import { type LineSettings, openLine } from './http-line.ts'
import { HttpAsking } from './http-lookup.ts'
import { correctedFor, outcomeOfFailure, outcomeOfStatus } from './http-outcomes.ts'
import { forAll, type HttpLimits, type HttpPrepared, type HttpVendor } from './http-provider.ts'
import { proxyOf } from './http-proxy.ts'
import { httpReply } from './http-reply.ts'
import { KnownSecrets } from './http-secret.ts'
import type { Check, Profile, Provider, RouteOpening } from './provider.ts'

export async function openHttpRoute<Prepared extends HttpPrepared>(
  vendor: HttpVendor<Prepared>,
  opening: RouteOpening,
  line: LineSettings,
): Promise<Provider> {
  const where = `route ${opening.route.name}`
  const secrets = new KnownSecrets()
  const prepared = await vendor.prepare({
    ...opening,
    async secret(reference) {
      const secret = await opening.secret(reference)
      secrets.keep(secret.reveal())
      return secret
    },
    keepSecret: secrets.keep,
  })
  const base = parseBaseUrl(prepared.baseUrl, where)
  const proxy = base.isLoopback ? null : proxyOf(opening.env, where)
  for (const secret of proxy?.secrets ?? []) secrets.keep(secret)
  const dispatcher = openLine(base, { ...line, proxy, concurrency: opening.route.concurrency })
  return new HttpRoute(vendor, prepared, opening, secrets.redact, { base, dispatcher, limits: line.limits })
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
  readonly #dispatcher: Dispatcher

  constructor(
    vendor: HttpVendor<Prepared>,
    prepared: Prepared,
    opening: RouteOpening,
    redact: (text: string) => string,
    line: { readonly base: BaseUrl; readonly dispatcher: Dispatcher; readonly limits: HttpLimits },
  ) {
    this.profile = vendor.profile
    this.#vendor = vendor
    this.#prepared = prepared
    this.#base = line.base
    this.#most = batchSize(opening.route.batch, vendor.profile.batchMax)
    this.#nowMs = opening.nowMs
    this.#redact = redact
    this.#limits = line.limits
    this.#dispatcher = line.dispatcher
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
    if ('kind' in request) return forAll(parcel, this.#redacted(request))
    const outcomes = this.#outcomes(await this.#call(request, signal), parcel)
    if (outcomes.length !== parcel.length)
      throw new InvariantError(`${this.profile.name} gave ${outcomes.length} outcomes for ${parcel.length} messages`)
    return outcomes
  }

  async check(signal: AbortSignal): Promise<readonly Check[]> {
    const found: Check[] = []
    for (const check of this.#vendor.checks ?? []) {
      const request = await check.request(this.#prepared, this.#nowMs())
      if ('method' in request) {
        const ending = await this.#call(request, signal)
        const replyOf = (answer: HttpAnswer) => httpReply(answer, this.#nowMs(), this.#redact)
        found.push(...readCheck(check, this.#prepared, ending, found, replyOf))
      } else {
        found.push(...request)
      }
      if (found.some(({ verdict }) => verdict === 'bad')) break
    }
    return found.map(each => ({ ...each, words: causeText(this.#redact(each.words)) }))
  }

  async close(): Promise<void> {
    // Nothing is in flight; `close` would still wait for a connection that a call ended long ago has asked for.
    await this.#dispatcher.destroy()
  }

  #call(request: HttpRequest, signal: AbortSignal): Promise<CallEnding> {
    // Whoever names no coding accepts every one (RFC 9110, 12.5.3).
    const headers = { 'user-agent': 'mailblast', 'accept-encoding': 'identity', ...request.headers }
    const path = `${this.#base.path}${request.path}`
    const terms = { origin: this.#base.origin, signal, nowMs: this.#nowMs, maxMs: this.#limits.callMs }
    return httpCall(this.#dispatcher, { ...request, headers, path }, terms)
  }

  /** What a vendor says without a call has not come by `httpReply`, which takes the secrets out of everything else. */
  #redacted(outcome: Outcome): Outcome {
    if (outcome.kind === 'accepted') return outcome
    return { ...outcome, cause: { ...outcome.cause, text: causeText(this.#redact(outcome.cause.text)) } }
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
