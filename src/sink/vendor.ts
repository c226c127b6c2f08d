/**
 * What a sink knows of a provider with an HTTP API: a vendor file says as pure functions what a request is, what its
 * recipients get, and in which words the vendor refuses. `http.ts` does the listening for all of them.
 */

import type { HttpAnswer, HttpRequest } from './http-server.ts'
import type { TakenMemory } from './memory.ts'
import type { Saying } from './replies.ts'

export interface SinkVendor<Mail extends VendorMail = VendorMail> {
  /** The provider's name in a campaign file, and the first part of its paths here. */
  readonly name: string
  /** A longer request is never read whole. */
  readonly requestMaxBytes: number
  /** Options that a route in a campaign file needs beside `provider` and `base_url`, as YAML in braces. */
  readonly routeOptions: string
  /**
   * What a whole request is, as strictly as the vendor would look at it. `path` begins after the vendor's name; `apiKey`
   * is the one key that is accepted, null for any.
   */
  read(request: VendorRequest, apiKey: string | null): VendorReading<Mail>
  /** Whether the path asks what was taken, which can be told before the body is there. */
  isLookup(method: string, path: string): boolean
  /** The vendor's refusal in these words; `about` is the position of the mail it names. */
  says(saying: Saying, about: number, wait: AskedWait | null): HttpAnswer
}

/** How long a refusal is to ask for; each vendor has its own form for it. */
export interface AskedWait {
  readonly seconds: number
  /** When it is said. */
  readonly fromMs: number
}

export interface VendorRequest extends Pick<HttpRequest, 'method' | 'headers'> {
  /** With its query, and with its leading slash. */
  readonly path: string
  readonly body: Buffer
}

export type VendorReading<Mail extends VendorMail = VendorMail> =
  | { readonly kind: 'refused'; readonly answer: HttpAnswer }
  | { readonly kind: 'lookup'; readonly answer: (taken: TakenMemory) => HttpAnswer }
  | {
      readonly kind: 'mails'
      /** In the order of the request; at least one. */
      readonly mails: readonly Mail[]
      /** False if the vendor only checks them, as in a sandbox: then nothing is taken. */
      readonly delivers: boolean
      /** What is said of them when all of them are taken. */
      readonly answer: (call: number) => HttpAnswer
    }

/** What one recipient gets. */
export interface VendorMail {
  readonly to: string
  readonly messageId: string | null
  readonly run: string | null
  readonly subject: string
  /** The content as the recipient gets it, ready to be hashed. */
  readonly content: () => string
}
