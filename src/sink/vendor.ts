/**
 * What a sink knows of a provider with an HTTP API: a vendor file says as pure functions what a request is, what its
 * recipients get, and in which words the vendor refuses. `http.ts` does the listening for all of them.
 */

import type { Repeatable } from './call-memory.ts'
import type { HttpAnswer, HttpRequest } from './http-server.ts'
import type { TakenMemory } from './memory.ts'
import type { Saying } from './replies.ts'

export interface SinkVendor {
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
  read(request: VendorRequest, apiKey: string | null): VendorReading | Promise<VendorReading>
  /**
   * Whether the path asks something and hands no mail over: what was taken, or what the account may do. It can be told
   * before the body is there, and such a request is no call of its own.
   */
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
  /** What stands before the path in the request itself, which a signature covers too: `/ses`. Default: nothing. */
  readonly mountedAt?: string
  readonly body: Buffer
}

export type VendorReading =
  | { readonly kind: 'refused'; readonly answer: HttpAnswer }
  | { readonly kind: 'lookup'; readonly answer: (taken: TakenMemory) => HttpAnswer }
  /** A question about the account itself, as `mailblast providers test` asks it. */
  | { readonly kind: 'asked'; readonly answer: HttpAnswer }
  | {
      readonly kind: 'mails'
      /** In the order of the request; at least one. */
      readonly mails: readonly VendorMail[]
      /** False if the vendor only checks them, as in a sandbox: then nothing is taken. */
      readonly delivers: boolean
      /** What is said of them when all of them are taken. */
      readonly answer: (call: number) => HttpAnswer
      /**
       * What is said when all are taken but the one at position `about`, which is refused in these words; absent where the
       * vendor takes a call whole or not at all, undefined for words that it has for the whole call only.
       */
      readonly partial?: (call: number, about: number, saying: Saying) => HttpAnswer | undefined
      /** Where the vendor knows a repeated call by a key, and the call came with one. */
      readonly repeatable?: Repeatable
    }

/** What one recipient gets, with everything in it that the vendor puts in. */
export interface VendorMail {
  readonly to: string
  readonly messageId: string | null
  readonly run: string | null
  /** The sender as in `Acme News <news@acme.example>`. */
  readonly from: string
  readonly replyTo: string | null
  readonly subject: string
  readonly text: string | null
  readonly html: string | null
  /** The headers that we gave, without our mark of the run, as `shownHeaders` has them. */
  readonly headers: Readonly<Record<string, string>>
  readonly attachments: readonly VendorAttachment[]
}

export interface VendorAttachment {
  readonly fileName: string
  readonly contentType: string | null
  /** Base64. */
  readonly content: string
  /** Without brackets; null for one that is no image of the HTML. */
  readonly contentId: string | null
}
