/**
 * A server on this machine that speaks SendGrid's `POST /v3/mail/send` as strictly as SendGrid's pages describe it, and
 * remembers what each recipient got. It refuses whatever SendGrid would refuse, with SendGrid's words and fields, and
 * misbehaves on request. Fast enough for tests with many thousands of recipients: a delivery's text is put together only
 * when it is read.
 *
 *     const receiver = await startSendGridReceiver({ apiKey: 'SG.key' })
 *     // … base_url: receiver.url …
 *     expect(receiver.deliveries.map(delivery => delivery.to)).toEqual(['ada@example.org'])
 *     await receiver.close()
 */

import { isUtf8 } from 'node:buffer'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { type Mail, mailLimits, mailSchema } from './sendgrid-mail.ts'

export interface ReceiverSettings {
  readonly apiKey: string
  /** Asked when a request's head is there: after so many bytes of the body the connection is cut. */
  readonly cutBody?: (call: number) => number | undefined
  /** Asked when a whole call is there, valid or not; may take its time. Undefined: behave. */
  readonly misbehave?: (call: ReceivedCall) => Misbehaviour | undefined | Promise<Misbehaviour | undefined>
}

export interface ReceivedCall {
  /** From 1, in the order of arrival. */
  readonly number: number
  /** The parsed body; undefined if it is not JSON. */
  readonly body: unknown
  /** The addresses in it, in order. */
  readonly to: readonly string[]
}

/** `take` says whether the mails are taken, that is delivered, before it misbehaves; not unless said so. */
export type Misbehaviour = { readonly take?: boolean } & (
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Sends these bytes, whatever they are, and closes the connection. */
  | { readonly kind: 'raw'; readonly bytes: string }
)

/** What one recipient got. */
export interface Delivery {
  readonly call: number
  readonly to: string
  readonly from: string
  readonly replyTo: string | null
  readonly subject: string
  readonly text: string | null
  readonly html: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly customArgs: Readonly<Record<string, string>>
  readonly attachments: readonly {
    readonly filename: string
    readonly type?: string | undefined
    readonly content: string
  }[]
}

export interface SendGridReceiver {
  readonly url: string
  /** In the order in which they were taken. */
  readonly deliveries: readonly Delivery[]
  /** Bodies as they came, in the order of calls. */
  readonly bodies: readonly unknown[]
  readonly calls: number
  /** How many calls were open at once, at most. */
  readonly mostOpen: number
  close(): Promise<void>
}

export async function startSendGridReceiver(settings: ReceiverSettings): Promise<SendGridReceiver> {
  const deliveries: Delivery[] = []
  const bodies: unknown[] = []
  const seen = { calls: 0, open: 0, mostOpen: 0 }

  const server = createServer((request, response) => {
    const number = ++seen.calls
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open)
    response.once('close', () => seen.open--)
    const cutAt = settings.cutBody?.(number)
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      chunks.push(chunk)
      if (cutAt !== undefined && bytes >= cutAt) request.destroy()
    })
    request.on('end', () => {
      void answer(number, request, Buffer.concat(chunks), response)
    })
  })

  async function answer(number: number, request: IncomingMessage, bytes: Buffer, response: ServerResponse) {
    const body = parsed(bytes)
    bodies.push(body)
    const misbehaviour = await settings.misbehave?.({ number, body, to: addressesOf(body) })
    const verdict = judge(settings.apiKey, request, bytes, body)
    const sandbox = 'mail' in verdict && verdict.mail.mail_settings?.sandbox_mode?.enable === true
    if ('mail' in verdict && !sandbox && (misbehaviour === undefined || misbehaviour.take === true))
      deliveries.push(...deliveriesOf(number, verdict.mail))
    if (misbehaviour !== undefined) misbehave(misbehaviour, response)
    else if ('mail' in verdict) say(response, sandbox ? 200 : 202, '', { 'x-message-id': `id-${number}` })
    else say(response, verdict.status, verdict.body)
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    deliveries,
    bodies,
    get calls() {
      return seen.calls
    },
    get mostOpen() {
      return seen.mostOpen
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

function misbehave(misbehaviour: Misbehaviour, response: ServerResponse): void {
  switch (misbehaviour.kind) {
    case 'answer':
      say(response, misbehaviour.status, misbehaviour.body ?? '', misbehaviour.headers)
      break
    case 'drop':
      response.socket?.destroy()
      break
    case 'raw':
      response.socket?.end(misbehaviour.bytes)
      break
  }
}

function say(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

function deliveriesOf(call: number, mail: Mail): Delivery[] {
  const html = mail.content.find(part => part.type === 'text/html')?.value ?? null
  const text = mail.content.find(part => part.type === 'text/plain')?.value ?? null
  const from = mail.from.name === undefined ? mail.from.email : `${mail.from.name} <${mail.from.email}>`
  return mail.personalizations.flatMap(personalization => {
    const substitutions = personalization.substitutions ?? {}
    return personalization.to.map(({ email }) => ({
      call,
      to: email,
      from,
      replyTo: mail.reply_to?.email ?? null,
      subject: substituted(personalization.subject ?? mail.subject ?? '', substitutions),
      get text() {
        return text === null ? null : substituted(text, substitutions)
      },
      get html() {
        return html === null ? null : substituted(html, substitutions)
      },
      headers: personalization.headers ?? {},
      customArgs: personalization.custom_args ?? {},
      attachments: mail.attachments ?? [],
    }))
  })
}

/** Plain text is replaced by plain text, tag after tag (SendGrid's page on substitution tags). */
function substituted(text: string, substitutions: Readonly<Record<string, string>>): string {
  let result = text
  for (const [tag, value] of Object.entries(substitutions)) result = result.replaceAll(tag, () => value)
  return result
}

function addressesOf(body: unknown): readonly string[] {
  const envelope = z.looseObject({
    personalizations: z.array(z.looseObject({ to: z.array(z.looseObject({ email: z.string() })) })),
  })
  const read = envelope.safeParse(body)
  return read.success ? read.data.personalizations.flatMap(each => each.to.map(to => to.email)) : []
}

type Verdict = { readonly mail: Mail } | { readonly status: number; readonly body: string }

/** What SendGrid would say of a call, in the order in which it looks. */
function judge(apiKey: string, request: IncomingMessage, bytes: Buffer, body: unknown): Verdict {
  const refused = (status: number, message: string) => ({ status, body: errorBody([{ message, field: null }]) })
  if (request.url !== '/v3/mail/send') return refused(404, 'not found')
  if (request.method !== 'POST') return refused(405, 'method not allowed')
  if (request.headers.authorization !== `Bearer ${apiKey}`)
    return refused(401, 'The provided authorization grant is invalid, expired, or revoked')
  if (request.headers['content-type'] !== 'application/json')
    return refused(415, 'Content-Type should be application/json.')
  if (bytes.length > mailLimits.requestBytes)
    return { status: 413, body: '<html><head><title>413 Request Entity Too Large</title></head></html>' }
  if (!isUtf8(bytes)) return refused(415, 'Invalid UTF8 in request')
  const read = mailSchema.safeParse(body)
  if (read.success) return { mail: read.data }
  const errors = read.error.issues.map(({ message, path }) => ({
    message,
    field: path.length === 0 ? null : path.join('.'),
  }))
  return { status: 400, body: errorBody(errors) }
}

function errorBody(errors: readonly { readonly message: string; readonly field: string | null }[]): string {
  return JSON.stringify({ errors: errors.map(error => ({ ...error, help: null })) })
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
