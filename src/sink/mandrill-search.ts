/**
 * Mandrill's `POST /messages/search`: the mails that were taken for the addresses that the query names, each as a phrase in
 * quotes, joined by OR. By those alone mails are searched for here; any other query is an error, never an empty list.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sameAddress } from './conduct.ts'
import type { HttpAnswer } from './http-server.ts'
import type { TakenMail, TakenMemory } from './memory.ts'

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'Please enter a date as YYYY-MM-DD')

export const searchSchema = z.strictObject({
  key: z.string(),
  query: z
    .string()
    .regex(/^"(?:[^"\\]|\\.)+"(?: OR "(?:[^"\\]|\\.)+")*$/, 'This sink searches for addresses in quotes, joined by OR'),
  date_from: date.nullish(),
  date_to: date.nullish(),
  tags: z.array(z.string()).nullish(),
  senders: z.array(z.string()).nullish(),
  api_keys: z.array(z.string()).nullish(),
  limit: z.int().min(1).max(1000).default(100),
})

export type Search = z.output<typeof searchSchema>

export function searchAnswer({ query, limit, date_from }: Search, taken: TakenMemory): HttpAnswer {
  const addresses = [...query.matchAll(/"((?:[^"\\]|\\.)+)"/g)].map(match => (match[1] ?? '').replace(/\\(.)/g, '$1'))
  const fromMs = Date.parse(date_from ?? '') || 0
  const found = [...new Set(addresses.map(sameAddress))]
    .flatMap(address => taken.findTo(address))
    .filter(mail => mail.atMs >= fromMs)
    .slice(0, limit)
  return { status: 200, body: JSON.stringify(found.map(infoOf)) }
}

/** Sender and subject, which Mandrill gives too, are not remembered. */
function infoOf({ to, call, atMs, run, messageId }: TakenMail & { readonly messageId: string }) {
  return {
    ts: Math.floor(atMs / 1000),
    _id: mandrillId(call, to),
    email: to,
    state: 'sent',
    tags: [],
    opens: 0,
    clicks: 0,
    metadata: { mailblast_id: messageId, ...(run === null ? {} : { mailblast_run: run }) },
  }
}

/** `_id` of a mail, which its send gave and every search gives again. */
export function mandrillId(call: number, to: string): string {
  return createHash('sha256')
    .update(`${call}\0${sameAddress(to)}`)
    .digest('hex')
    .slice(0, 32)
}
