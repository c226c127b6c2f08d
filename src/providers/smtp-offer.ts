/** What a server says in its answer to EHLO that it can do (RFC 5321, section 4.1.1.1). Pure. */

export interface Offer {
  /** The keywords in upper case, as they were said, without their parameters: `PIPELINING`, `8BITMIME`. */
  readonly keywords: readonly string[]
  /** The largest message it takes (RFC 1870); null if it does not say. */
  readonly sizeMaxBytes: number | null
  /** The mechanisms of AUTH in upper case; also those said in the old way, `AUTH=LOGIN`. */
  readonly mechanisms: readonly string[]
}

export const nothingOffered: Offer = { keywords: [], sizeMaxBytes: null, mechanisms: [] }

/** Reads the whole reply, of several lines; what is no acceptance of EHLO offers nothing. */
export function readOffer(reply: string): Offer {
  const lines = reply.split(/\r?\n/)
  if (!lines.every(line => /^250([ -]|$)/.test(line))) return nothingOffered
  // The first line greets.
  const said = lines.slice(1).map(line =>
    line
      .slice(4)
      .trim()
      .toUpperCase()
      .split(/[\s=]+/),
  )
  const size = Number(said.find(([keyword]) => keyword === 'SIZE')?.[1])
  return {
    keywords: [...new Set(said.map(([keyword]) => keyword ?? '').filter(keyword => keyword !== ''))],
    // `SIZE` alone and `SIZE 0` say that there is no fixed limit.
    sizeMaxBytes: Number.isSafeInteger(size) && size > 0 ? size : null,
    mechanisms: [...new Set(said.filter(([keyword]) => keyword === 'AUTH').flatMap(([, ...mechanisms]) => mechanisms))],
  }
}
