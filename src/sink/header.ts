/** Headers of messages as they come: over SMTP as bytes (RFC 5322), over APIs as data. */

/** Nobody's header is longer; what stands beyond counts as body. */
const headerMaxBytes = 1024 * 1024

export interface MessageHeader {
  /** The first field of this name, unfolded; null if there is none. */
  field(name: string): string | null
  /** Where the bytes after the header and its empty line begin. */
  readonly bodyStart: number
}

export function readHeader(message: Buffer): MessageHeader {
  const head = message.subarray(0, headerMaxBytes)
  // A message without any header begins with the empty line.
  const end = head.indexOf('\r\n') === 0 ? 0 : head.indexOf('\r\n\r\n')
  const bodyStart = end === 0 ? 2 : end === -1 ? message.length : end + 4
  const lines = head
    .subarray(0, end === -1 ? head.length : end)
    .toString('utf8')
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
  return {
    field(name) {
      const prefix = `${name.toLowerCase()}:`
      const line = lines.find(each => each.toLowerCase().startsWith(prefix))
      return line === undefined ? null : line.slice(prefix.length).trim()
    },
    bodyStart,
  }
}

/** Headers as a mail program takes them, so that it does not matter how they came: names in lower case, words decoded. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), decodedText(value)]))
}

/** Free text of a header with its encoded words decoded (RFC 2047); what cannot be decoded stays as it is. */
export function decodedText(text: string): string {
  return text
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?[^?\s]*\?=)/gi, '$1')
    .replace(/(?:=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=)/gi, (whole, charset, encoding, word) => {
      const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(word, 'base64') : fromQ(word)
      try {
        return new TextDecoder(charset).decode(bytes)
      } catch {
        return whole
      }
    })
}

function fromQ(word: string): Buffer {
  const text = word
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(text, 'latin1')
}
