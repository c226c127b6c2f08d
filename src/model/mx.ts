/** What DNS says of who receives the mail of a domain. All of it is a stranger's word, the names in it included. */

export interface MxRecord {
  /** The lowest is asked first (RFC 5321, section 5.1). */
  readonly priority: number
  /** The receiving host, as the answer has it; empty or `.` is none. */
  readonly exchange: string
}

/** The answer to one question for the MX records of a domain. */
export type MxAnswer =
  | { readonly kind: 'records'; readonly records: readonly MxRecord[]; readonly ttlMs: number }
  /** The domain is there and has no MX record. */
  | { readonly kind: 'no records' }
  | { readonly kind: 'no such domain' }
  /**
   * It could not be found out. `heard` is whether a server said at least that it cannot tell; `detail` is what was heard
   * last, such as `192.0.2.53:53: SERVFAIL`.
   */
  | { readonly kind: 'no answer'; readonly heard: boolean; readonly detail: string }

/** Asks for the MX records of a domain (lower case, punycode). Resolves soon after `signal` is aborted; never rejects. */
export type AskMx = (domain: string, signal: AbortSignal) => Promise<MxAnswer>
