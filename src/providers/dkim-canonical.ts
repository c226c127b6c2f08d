/** Messages in the relaxed canonical form that DKIM signs (RFC 6376, sections 3.4.2 and 3.4.4). Takes CRLF line ends. */

/** A header field without its last CRLF: its name in lower case, unfolded, each run of white space one space. */
export function relaxedHeader(field: string): string {
  const colon = field.indexOf(':')
  const value = field.slice(colon + 1).replaceAll('\r\n', '')
  return `${field.slice(0, colon).trimEnd().toLowerCase()}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}`
}

/**
 * A body in pieces: without white space at the ends of lines, each run of it one space, without empty lines at the end.
 * What is so already, such as megabytes of base64, is not copied.
 */
export function relaxedBody(body: Buffer): readonly Buffer[] {
  const end = contentEnd(body)
  const pieces: Buffer[] = []
  for (let from = 0; from < end; ) {
    const lineEnd = body.indexOf(crlf, from + sliceBytes)
    const to = lineEnd === -1 ? end : Math.min(end, lineEnd + crlf.length)
    pieces.push(relaxed(body.subarray(from, to)))
    from = to
  }
  const isEnded = end === 0 || body.subarray(end - crlf.length, end).equals(crlf)
  return isEnded ? pieces : [...pieces, crlf]
}

const crlf = Buffer.from('\r\n')
/** So much is looked at at a time, and more to the end of its last line. */
const sliceBytes = 64 * 1024

function relaxed(lines: Buffer): Buffer {
  if (!lines.includes('  ') && !lines.includes('\t') && !lines.includes(' \r\n')) return lines
  // One space alone is left as it is: to replace each by itself would take four times as long.
  const text = lines
    .toString('latin1')
    .replace(/[ \t]{2,}|\t/g, ' ')
    .replaceAll(' \r\n', '\r\n')
  return Buffer.from(text, 'latin1')
}

/** Where the last line that is not empty ends, its CRLF included. */
function contentEnd(body: Buffer): number {
  let end = body.length
  for (;;) {
    if (end < crlf.length || !body.subarray(end - crlf.length, end).equals(crlf)) return end
    let lineStart = end - crlf.length
    while (lineStart > 0 && (body[lineStart - 1] === 0x20 || body[lineStart - 1] === 0x09)) lineStart -= 1
    if (lineStart > 0 && body[lineStart - 1] !== 0x0a) return end
    end = lineStart
  }
}
