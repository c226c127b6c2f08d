/** A provider's answer as its vendor file reads it. Everything in it is untrusted, bounded, and free of our secrets. */

import type { HttpAnswer } from './http-call.ts'
import { decodedBody } from './http-coding.ts'

export interface HttpReply {
  readonly status: number
  /** A header by its lower-case name; several of one name are joined by a comma. */
  header(name: string): string | undefined
  /** The body as text, or as much as came of it. */
  text(): string
  /** The body as JSON; undefined if it is none. */
  json(): unknown
  /** False if the body broke off, was longer than is read, or is in a coding that cannot be read. */
  readonly whole: boolean
  /** When it came, milliseconds since 1970. */
  readonly atMs: number
}

export function httpReply(answer: HttpAnswer, atMs: number, redact: (text: string) => string): HttpReply {
  const body = decodedBody(answer)
  const text = () => redact(body?.toString('utf8') ?? '')
  return {
    status: answer.status,
    whole: answer.broken === null && body !== undefined,
    atMs,
    text,
    header(name) {
      const value = answer.headers[name]
      return value === undefined ? undefined : redact(Array.isArray(value) ? value.join(', ') : value)
    },
    json() {
      try {
        return JSON.parse(text())
      } catch {
        return undefined
      }
    },
  }
}
