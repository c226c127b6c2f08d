/** Answers of a vendor as its file is given them, and outcomes on one line, for tables of what answers mean. */

import type { Outcome } from '../../src/model/outcome.ts'
import { type HttpReply, httpReply } from '../../src/providers/http-reply.ts'
import { nowMs } from './provider-opening.ts'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text, or what is to be its JSON. */
  readonly body?: unknown
  readonly broken?: boolean
}

export function replyOf({ status, headers = {}, body = '', broken = false }: Answer): HttpReply {
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return httpReply({ status, headers, body: Buffer.from(text), broken: failure }, nowMs, words => words)
}

/** `refused recipient hard 406: …`. */
export function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const { class: failureClass, code, text } = outcome.cause
  const waits = outcome.kind === 'deferred' && outcome.retryAfterMs !== undefined
  const after = waits ? ` after ${outcome.retryAfterMs} ms` : ''
  const part = outcome.kind === 'deferred' && outcome.partMax !== undefined ? ` by ${outcome.partMax}` : ''
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${failureClass} ${code}${after}${part}: ${text}`
}

/** A page as a gateway answers with. */
export function page(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>…</body>\r\n</html>`
}
