/**
 * An answer's body as it was before a gateway compressed it. We ask for none that is, but who answers may not heed that, and
 * an answer that cannot be read puts people in doubt. What does not decode, or to more than is read of any answer, is none.
 */

import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from 'node:zlib'
import type { HttpAnswer } from './http-call.ts'

/** The codings of RFC 9110, 8.4.1, and Brotli (RFC 7932). */
const decoders: Readonly<Record<string, (body: Buffer, options: ZlibOptions) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

const decodedMaxBytes = 1024 * 1024

/** Undefined if it cannot be read. */
export function decodedBody({ headers, body }: Pick<HttpAnswer, 'headers' | 'body'>): Buffer | undefined {
  const coding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '' || body.length === 0) return body
  const decode = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
  try {
    return decode?.(body, { maxOutputLength: decodedMaxBytes })
  } catch {
    return undefined
  }
}
