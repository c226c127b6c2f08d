/**
 * One HTTP call, from the moment it waits for a connection to its end, and what its end says about the server: can it
 * have the whole request or not? That is the one question this file must never answer wrongly. It never repeats a call,
 * follows no redirect and never rejects.
 *
 * How it knows (undici's `docs/api/Dispatcher.md`, `dispatch`): `onRequestStart` comes before the first byte is written,
 * and aborting within it prevents that byte; `onBodySent` comes after each chunk was given to the socket. A body in one
 * buffer is given to the socket in the same turn as the head, so from the start on it may all be there. A streamed body
 * waits for the socket to drain after each chunk, so until its last chunk was given, the server lacks at least that one,
 * and `Content-Length` tells it so. What was given to the socket may have arrived, whatever went wrong afterwards.
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { type BodyPiece, type RequestBody, requestBody } from './http-body.ts'

export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'PUT'
  /** From the base URL on: `/v3/mail/send`. */
  readonly path: string
  /** `content-length` is added here. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly BodyPiece[]
}

export interface HttpFailure {
  /** Such as `ECONNREFUSED` or `UND_ERR_HEADERS_TIMEOUT`; undefined if it has none. */
  readonly code: string | undefined
  readonly text: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** All of the body, or what came of it. */
  readonly body: Buffer
  /** What broke the body off; null if all of it is here. */
  readonly broken: HttpFailure | null
}

export type CallEnding =
  /** The server cannot have the whole request. */
  | { readonly kind: 'not sent'; readonly failure: HttpFailure }
  /** It may have the whole request, and no status came. */
  | { readonly kind: 'no answer'; readonly failure: HttpFailure }
  /** A status came; `sentWhole` says whether the request was given to the socket entirely before that. */
  | { readonly kind: 'answered'; readonly answer: HttpAnswer; readonly sentWhole: boolean }

export interface CallTerms {
  /** Such as `https://api.example.com`. */
  readonly origin: string
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** A call that trickles is ended after so long; the phases have their own limits in the dispatcher. */
  readonly maxMs: number
}

export function httpCall(dispatcher: Dispatcher, request: HttpRequest, terms: CallTerms): Promise<CallEnding> {
  return new Promise(resolve => new Call(requestBody(request.body), terms, resolve).begin(dispatcher, request))
}

class Call implements Dispatcher.DispatchHandler {
  readonly #body: RequestBody
  readonly #terms: CallTerms
  readonly #resolve: (ending: CallEnding) => void
  readonly #beganAtMs: number
  readonly #onAbort = () => this.#end(aborted)
  #controller: Dispatcher.DispatchController | undefined
  #givenBytes = 0
  #head: { readonly status: number; readonly headers: IncomingHttpHeaders } | undefined
  readonly #received: Buffer[] = []
  #ended = false

  constructor(body: RequestBody, terms: CallTerms, resolve: (ending: CallEnding) => void) {
    this.#body = body
    this.#terms = terms
    this.#resolve = resolve
    this.#beganAtMs = terms.nowMs()
  }

  begin(dispatcher: Dispatcher, request: HttpRequest): void {
    const { signal, origin } = this.#terms
    if (signal.aborted) {
      this.#settle(aborted)
      return
    }
    signal.addEventListener('abort', this.#onAbort, { once: true })
    const { method, path } = request
    const headers = { ...request.headers, 'content-length': String(this.#body.bytes) }
    dispatcher.dispatch({ origin, method, path, headers, body: this.#body.content }, this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Ended while it waited for a connection, or begun a second time, which would be a repetition: not a byte may leave.
    if (this.#ended || this.#controller !== undefined) controller.abort(new Error('ended'))
    else this.#controller = controller
  }

  onBodySent(chunk: Uint8Array): void {
    this.#givenBytes += chunk.byteLength
    this.#checkTime()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx is not the answer yet.
    if (status >= 200) this.#head = { status, headers }
    this.#checkTime()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received.push(chunk)
    this.#checkTime()
  }

  onResponseEnd(): void {
    this.#settle(null)
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle(failureOf(error))
  }

  #checkTime(): void {
    if (this.#terms.nowMs() - this.#beganAtMs > this.#terms.maxMs) this.#end(tooLong)
  }

  /** Ends the call from this side: settled at once, and the connection is given up. */
  #end(failure: HttpFailure): void {
    this.#settle(failure)
    this.#controller?.abort(new Error(failure.text))
  }

  #settle(failure: HttpFailure | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#terms.signal.removeEventListener('abort', this.#onAbort)
    this.#resolve(this.#ending(failure))
  }

  #ending(failure: HttpFailure | null): CallEnding {
    const sentWhole = this.#sentWhole()
    if (this.#head !== undefined)
      return {
        kind: 'answered',
        answer: { ...this.#head, body: Buffer.concat(this.#received), broken: failure },
        sentWhole,
      }
    return {
      kind: sentWhole ? 'no answer' : 'not sent',
      failure: failure ?? { code: undefined, text: 'no status came' },
    }
  }

  #sentWhole(): boolean {
    if (this.#controller === undefined) return false
    return isStream(this.#body.content) ? this.#givenBytes >= this.#body.bytes : true
  }
}

const aborted: HttpFailure = { code: 'ABORT_ERR', text: 'the call was ended from this side' }
const tooLong: HttpFailure = { code: 'ETIMEDOUT', text: 'the call took too long as a whole' }

function isStream(content: Buffer | Readable): content is Readable {
  return !Buffer.isBuffer(content)
}

/** Several addresses that failed come as an AggregateError without words of its own: the first one speaks for it. */
function failureOf(error: Error): HttpFailure {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const text = error.message !== '' ? error.message : first instanceof Error ? first.message : error.name
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return { code: code === 'Error' ? undefined : code, text }
}
