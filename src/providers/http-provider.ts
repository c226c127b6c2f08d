/**
 * What a provider with an HTTP API is: a vendor file says as data and pure functions what a call looks like and what an
 * answer means; `http-route` does the talking for all of them. No vendor file opens a connection.
 */

import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import type { FilledMessage } from '../model/edition.ts'
import type { Cause, Outcome } from '../model/outcome.ts'
import { caFileOption, readCaFile } from './ca-file.ts'
import type { HttpRequest } from './http-call.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check, Finding, Profile, ProviderKind, RouteOpening, Sought } from './provider.ts'

/** A vendor as a description: plain facts and pure functions, `prepare` apart, which may ask for secrets. */
export interface HttpVendor<Prepared extends HttpPrepared> {
  readonly profile: Profile
  readonly options: z.ZodObject
  /** Encodes the run's fixed text once. Throws UserError for what this vendor can never send. */
  prepare(opening: HttpOpening): Promise<Prepared>
  /** How many messages from the front go in one call: from 1 to `most`, which is at least 1. */
  fits(prepared: Prepared, messages: readonly FilledMessage[], most: number): number
  /** The call; or, where there can be none now, what that means for every message of it: nothing has left then. */
  request(
    prepared: Prepared,
    parcel: readonly FilledMessage[],
    nowMs: number,
  ): HttpRequest | Outcome | Promise<HttpRequest | Outcome>
  /**
   * What an answer of status 2xx, 4xx or 5xx says of each message, in their order. The request may be taken to have been
   * sent whole; where it was not, an outcome in doubt is corrected here. How long the answer asks us to wait need not be
   * said: `http-asked-wait` reads it for all vendors.
   */
  outcomes(prepared: Prepared, reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[]
  /** How it is asked what it has taken; there unless `profile.lookup` is `no`. */
  readonly lookup?: HttpLookup<Prepared>
  /** What it is asked, one after the other, to find out whether it would take the run's calls. None of it is a mail. */
  readonly checks?: readonly HttpCheck<Prepared>[]
}

export interface HttpOpening extends RouteOpening {
  /**
   * To be told of every secret that does not come by `secret`, before it is used, and at any time (credentials that are
   * renewed, for one): from then on no text that leaves the route holds it.
   */
  readonly keepSecret: (secret: string) => void
}

/** How a vendor is asked what it has taken. */
export interface HttpLookup<Prepared> {
  /** How many from the front are asked for in one request: at least 1. What an answer could mix up goes apart. */
  fits(sought: readonly Sought[]): number
  /** By GET, so that no question can be taken for a mail; by POST only to a vendor that takes its questions so: with a `body`. */
  request(
    prepared: Prepared,
    sought: readonly Sought[],
  ): Pick<HttpRequest, 'path' | 'headers'> & Partial<Pick<HttpRequest, 'body'>>
  /** What a whole answer of status 2xx says of each, in their order; or why it says nothing. */
  found(prepared: Prepared, reply: HttpReply, sought: readonly Sought[]): readonly Finding[] | Cause
  /** Why an answer of status 4xx or 5xx says nothing. */
  refusal(reply: HttpReply): Cause
}

/** One question of `mailblast providers test`, and how its answer is read. */
export interface HttpCheck<Prepared> {
  /** What is asked about, as people are told if there is no answer: `API key`. */
  readonly what: string
  /** The question; or what there is to tell without asking, which may be nothing. */
  request(prepared: Prepared, nowMs: number): HttpRequest | readonly Check[] | Promise<HttpRequest | readonly Check[]>
  /**
   * What a whole answer of any status but a redirect tells; it may tell of several things, or of nothing that is not among
   * what was found `before`.
   */
  found(prepared: Prepared, reply: HttpReply, before: readonly Check[]): readonly Check[]
}

/** What every vendor's prepared route has. */
export interface HttpPrepared {
  /** As `baseUrlOption` accepts it. */
  readonly baseUrl: string
}

export interface HttpLimits {
  /** Resolving the name, TCP and TLS together. */
  readonly connectMs: number
  /** From the request, or from the last chunk that left, to the head of the answer. */
  readonly headersMs: number
  /** Between two chunks of the answer's body. */
  readonly bodyMs: number
  /** A whole call, however it trickles. */
  readonly callMs: number
  readonly answerHeadBytes: number
  /** A longer body ends the call; its status and headers still count. */
  readonly answerBytes: number
}

/** Long enough for a provider that checks a thousand messages before it answers: an answer not waited for is a doubt. */
export const httpLimits: HttpLimits = {
  connectMs: 10_000,
  headersMs: 60_000,
  bodyMs: 30_000,
  callMs: 300_000,
  answerHeadBytes: 16 * 1024,
  answerBytes: 1024 * 1024,
}

/**
 * The entry of a vendor for the registry. Its routes have a `ca_file` beside the vendor's own options: behind `base_url` may
 * be a gateway with a certificate of one's own. `limits` is for tests, which cannot wait a minute.
 */
export function httpProviderKind<Prepared extends HttpPrepared>(
  vendor: HttpVendor<Prepared>,
  limits: HttpLimits = httpLimits,
): ProviderKind {
  return {
    profile: vendor.profile,
    options: vendor.options.extend({ ca_file: caFileOption }),
    async open(opening) {
      const { route, folder } = opening
      const file = route.options['ca_file']
      const read = (path: string) => readFile(path, 'utf8')
      const ca = typeof file === 'string' ? await readCaFile(file, folder, read, `route ${route.name}`) : null
      // undici takes longer to load than all the rest of a start, so only a route that is opened loads it.
      const { openHttpRoute } = await import('./http-route.ts')
      return openHttpRoute(vendor, opening, { limits, ca })
    },
  }
}

/** One outcome for every message of a parcel. */
export function forAll(parcel: readonly FilledMessage[], outcome: Outcome): readonly Outcome[] {
  return parcel.map(() => outcome)
}
