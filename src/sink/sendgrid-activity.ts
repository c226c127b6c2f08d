/**
 * SendGrid's Email Activity, `GET /v3/messages`: which of the mails asked for were taken. Only queries that name mails by
 * mailblast's Message-ID are answered, for by that mails are remembered; any other is an error, never an empty list.
 *
 * Sources: the pages "Filter all messages" (a condition is `name="value"`, at most 160 of them, `limit` from 1 to 1000, 10
 * unless given) and "Getting Started with the Email Activity Feed API" (AND, OR, parentheses) at twilio.com/docs/sendgrid.
 */

import { createHash } from 'node:crypto'
import type { HttpAnswer } from './http-server.ts'
import type { TakenMail, TakenMemory } from './memory.ts'

const conditionsMax = 160
const limitMax = 1000
const limitUsual = 10
/** Beyond 160 conditions with the words and parentheses between them. */
const tokensMax = 4 * conditionsMax

/** The answer to a request with these parameters. Mails stand in the order in which the query names them. */
export function activityAnswer(parameters: URLSearchParams, taken: TakenMemory): HttpAnswer {
  const limit = Number(parameters.get('limit') ?? limitUsual)
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    return badRequest(`limit must be a whole number from 1 to ${limitMax}`, 'limit')
  const query = parseQuery(parameters.get('query') ?? '')
  if ('problem' in query) return badRequest(query.problem, 'query')
  const messages = namedIds(query)
    .flatMap(messageId =>
      taken
        .find(messageId)
        .filter(mail => holds(query, messageId, mail))
        .map(mail => activityOf(messageId, mail)),
    )
    .slice(0, limit)
  return { status: 200, body: JSON.stringify({ messages }) }
}

/** Sender and subject, which SendGrid gives too, are not remembered. */
function activityOf(messageId: string, { to, call, atMs }: TakenMail) {
  const suffix = createHash('sha256').update(messageId).digest('hex').slice(0, 16)
  return {
    msg_id: `id-${call}.${suffix}-0`,
    to_email: to,
    status: 'processed',
    opens_count: 0,
    clicks_count: 0,
    last_event_time: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

type Query =
  | { readonly is: 'message id' | 'run' | 'address'; readonly value: string }
  | { readonly is: 'AND' | 'OR'; readonly parts: readonly Query[] }

type Token = { readonly kind: 'condition'; readonly query: Query } | { readonly kind: '(' | ')' | 'AND' | 'OR' | 'end' }

/**
 * Reads `unique_args['mailblast_message_id']="<…>"`, `unique_args['mailblast_run']="…"` and `to_email="…"`, with AND, OR
 * and parentheses.
 */
function parseQuery(text: string): Query | { readonly problem: string } {
  if (text.trim() === '') return { problem: 'query is required' }
  const tokens = tokensOf(text)
  if ('problem' in tokens) return tokens
  if (tokens.filter(token => token.kind === 'condition').length > conditionsMax)
    return { problem: `at most ${conditionsMax} filter conditions may be combined` }
  const query = new QueryReading(tokens).read()
  if (query === undefined) return { problem: 'conditions are joined by AND and OR, and parentheses come in pairs' }
  if (!isBound(query))
    return { problem: "this sink answers queries that name mails by unique_args['mailblast_message_id'] alone" }
  return query
}

const condition =
  /^(?:to_email|unique_args\[(?<quote>['"])mailblast_(?<argument>message_id|run)\k<quote>\])\s*=\s*"(?<value>(?:[^"\\]|\\.)*)"/s

function tokensOf(text: string): readonly Token[] | { readonly problem: string } {
  const tokens: Token[] = []
  let rest = text.trimStart()
  while (rest !== '') {
    if (tokens.length > tokensMax) return { problem: 'the query is too long' }
    const word = /^(?:[()]|(?:AND|OR)\b)/i.exec(rest)?.[0]
    const found = word === undefined ? condition.exec(rest) : null
    if (word !== undefined) {
      tokens.push({ kind: word.toUpperCase() as '(' | ')' | 'AND' | 'OR' })
    } else if (found !== null) {
      const { argument, value = '' } = found.groups ?? {}
      const is = argument === undefined ? 'address' : argument === 'run' ? 'run' : 'message id'
      tokens.push({ kind: 'condition', query: { is, value: value.replace(/\\(.)/gs, '$1') } })
    } else {
      return { problem: `this sink knows no such condition: ${rest.slice(0, 60)}` }
    }
    rest = rest.slice((word ?? found?.[0] ?? '').length).trimStart()
  }
  return tokens
}

/** AND binds closer than OR, as in SQL. */
class QueryReading {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  read(): Query | undefined {
    const query = this.#joined('OR')
    return this.#next.kind === 'end' ? query : undefined
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end' }
  }

  #joined(word: 'AND' | 'OR'): Query | undefined {
    const parts: Query[] = []
    do {
      const part = word === 'OR' ? this.#joined('AND') : this.#primary()
      if (part === undefined) return undefined
      parts.push(part)
    } while (this.#accept(word))
    const [only] = parts
    return parts.length === 1 ? only : { is: word, parts }
  }

  #primary(): Query | undefined {
    const token = this.#next
    this.#at += 1
    if (token.kind === 'condition') return token.query
    if (token.kind !== '(') return undefined
    const inner = this.#joined('OR')
    return this.#accept(')') ? inner : undefined
  }

  #accept(kind: Token['kind']): boolean {
    if (this.#next.kind !== kind) return false
    this.#at += 1
    return true
  }
}

function holds(query: Query, messageId: string, mail: TakenMail): boolean {
  switch (query.is) {
    case 'message id':
      return query.value === messageId
    case 'run':
      return query.value === mail.run
    case 'address':
      return query.value.toLowerCase() === mail.to.toLowerCase()
    case 'AND':
      return query.parts.every(part => holds(part, messageId, mail))
    case 'OR':
      return query.parts.some(part => holds(part, messageId, mail))
  }
}

/** Whether every mail that fits is one that the query names by its Message-ID. */
function isBound(query: Query): boolean {
  if (query.is === 'AND') return query.parts.some(isBound)
  return query.is === 'OR' ? query.parts.every(isBound) : query.is === 'message id'
}

function namedIds(query: Query): readonly string[] {
  const ids = (part: Query): readonly string[] =>
    'parts' in part ? part.parts.flatMap(ids) : part.is === 'message id' ? [part.value] : []
  return [...new Set(ids(query))]
}

function badRequest(message: string, field: string): HttpAnswer {
  return { status: 400, body: JSON.stringify({ errors: [{ message, field }] }) }
}
