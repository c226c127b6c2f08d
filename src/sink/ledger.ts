/**
 * The ledger: one line for every recipient for whom a sink has taken responsibility. It is written before the answer that
 * says so, so an answer never says more than the ledger holds.
 */

export interface LedgerEntry {
  /** When it was taken, ISO 8601. */
  readonly at: string
  readonly provider: string
  readonly address: string
  /** The Message-ID: the header over SMTP, mailblast's custom argument over SendGrid; null where there is none. */
  readonly message_id: string | null
  /** The run as mailblast marks it; null where there is no mark. */
  readonly run: string | null
  readonly subject: string
  /**
   * SHA-256, in hexadecimal, of the content as the recipient gets it. Over SMTP: the bytes after the header and its empty
   * line. Over SendGrid: the text, a NUL and the HTML as UTF-8, with everything put in.
   */
  readonly body_sha256: string
  /** The number of the call in which it came, from 1, over all providers of the sink. */
  readonly call: number
}

/** Entries as lines of JSON, each with its line end. They hold words from anywhere and are read on terminals. */
export function ledgerLines(entries: readonly LedgerEntry[]): string {
  return entries.map(entry => `${withoutControls(JSON.stringify(entry))}\n`).join('')
}

/** JSON escapes U+0000 to U+001F by itself; the other control characters and line separators it leaves as they are. */
function withoutControls(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
