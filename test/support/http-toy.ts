/**
 * The smallest HTTP vendor, to test what all vendors share, and a bare TCP server whose every byte a test decides. The
 * vendor's mails are taken by 202; an answer that broke off counts only with the header `x-id`.
 */

import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { z } from 'zod'
import type { FilledMessage } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { baseUrlOption } from '../../src/providers/http-base-url.ts'
import type { BodyPiece } from '../../src/providers/http-body.ts'
import type { HttpRequest } from '../../src/providers/http-call.ts'
import {
  forAll,
  type HttpLimits,
  type HttpVendor,
  httpLimits,
  httpProviderKind,
} from '../../src/providers/http-provider.ts'
import { headerSecret } from '../../src/providers/http-secret.ts'
import { parcelKey } from '../../src/providers/idempotency.ts'
import { requiredSecret, secretKeys } from '../../src/providers/secret-option.ts'

interface ToyRoute {
  readonly baseUrl: string
  readonly key: string
}

function toyRequest({ key }: ToyRoute, parcel: readonly FilledMessage[]): HttpRequest {
  return {
    method: 'POST',
    path: '/take',
    headers: { authorization: `Bearer ${key}` },
    body: parcel.map(message => message.subject),
  }
}

export const toyVendor: HttpVendor<ToyRoute> = {
  profile: {
    name: 'toy',
    title: 'A toy',
    delivers: true,
    batchMax: 3,
    rateCounts: 'calls',
    messageMaxBytes: 1_000_000_000,
    idempotency: { kind: 'none' },
    lookup: 'no',
    guarantee: 'None.',
    defaultConcurrency: 1,
  },
  options: z.strictObject({
    ...secretKeys('api_key', { description: 'Key' }),
    base_url: baseUrlOption('https://toy.test'),
  }),
  async prepare({ route, secret }) {
    const key = headerSecret(await secret(requiredSecret(route.options, 'api_key')), 'api_key', `route ${route.name}`)
    return { baseUrl: String(route.options['base_url']), key }
  },
  fits: (_, messages, most) => Math.min(messages.length, most),
  request: toyRequest,
  outcomes(_, reply, parcel) {
    const cause = { class: 'content', code: String(reply.status), text: reply.text().slice(0, 100) } as const
    const providerId = reply.header('x-id')
    const outcome: Outcome =
      reply.status < 300 && (reply.whole || providerId !== undefined)
        ? { kind: 'accepted', providerId: providerId ?? '' }
        : reply.status >= 400 && reply.status < 500
          ? { kind: 'refused', scope: 'message', cause }
          : { kind: 'in-doubt', cause: { ...cause, class: 'unknown' } }
    return forAll(parcel, outcome)
  },
}

/** The toy with another request's body, so that a test decides how large it is. */
export function toyWithBody(body: readonly BodyPiece[]): HttpVendor<ToyRoute> {
  return { ...toyVendor, request: (prepared, parcel) => ({ ...toyRequest(prepared, parcel), body }) }
}

/** The toy as a vendor that ignores what it has taken before: for an hour, by the header `idempotency-key`. */
export const idempotentToy: HttpVendor<ToyRoute> = {
  ...toyVendor,
  profile: { ...toyVendor.profile, idempotency: { kind: 'key', windowMs: 3_600_000 } },
  request: (prepared, parcel) => {
    const request = toyRequest(prepared, parcel)
    return { ...request, headers: { ...request.headers, 'idempotency-key': parcelKey(parcel) } }
  },
}

/** The toy as a vendor that can be asked, for up to three at a time: it answers with JSON, Message-ID to its own id. */
export const askableToy: HttpVendor<ToyRoute> = {
  ...toyVendor,
  profile: { ...toyVendor.profile, lookup: 'traces' },
  lookup: {
    fits: sought => Math.min(3, sought.length),
    request: ({ key }, sought) => ({
      path: `/taken?ids=${encodeURIComponent(sought.map(each => each.messageId).join(','))}`,
      headers: { authorization: `Bearer ${key}` },
    }),
    found(_, reply, sought) {
      const { data: taken } = z.record(z.string(), z.string()).safeParse(reply.json())
      if (taken === undefined) return { class: 'config', text: 'unreadable' }
      return sought.map(each => {
        const providerId = taken[each.messageId]
        return providerId === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId }
      })
    },
    refusal: reply => ({ class: 'throttled', code: String(reply.status), text: `said: ${reply.text()}` }),
  },
}

export function toyKind(vendor: HttpVendor<ToyRoute> = toyVendor, limits: Partial<HttpLimits> = {}) {
  return httpProviderKind(vendor, { ...httpLimits, ...limits })
}

export const toyOptions = (base_url: string) => ({ api_key: { from: 'text', text: '${TOY_KEY}' }, base_url })

export interface IdempotentServer {
  readonly url: string
  /** Every body that was taken, in order: what was delivered. */
  readonly deliveries: readonly string[]
  /** Statuses of all calls, in order of their ends; 0 where the answer was lost. */
  readonly answers: readonly number[]
  close(): Promise<void>
}

/**
 * A server that honours idempotency keys as Resend describes it: the same key and body are answered as before, another body
 * under a key is refused (409), and so is a call while the first one with its key is under way (409). `onTaken` runs when a
 * call with its number has been taken and not been answered yet: `lose` breaks the connection off instead.
 */
export async function idempotentServer(
  onTaken: (call: number) => 'answer' | 'lose' | Promise<'answer'> = () => 'answer',
): Promise<IdempotentServer> {
  const deliveries: string[] = []
  const answers: number[] = []
  const known = new Map<string, { readonly body: string; id: string | null }>()
  let calls = 0
  const say = (response: ServerResponse, status: number, id = '') => {
    answers.push(status)
    response.writeHead(status, { 'x-id': id }).end()
  }
  const server = createHttpServer(async (request, response) => {
    const call = ++calls
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const key = String(request.headers['idempotency-key'])
    const before = known.get(key)
    if (before !== undefined)
      return say(response, before.body === body && before.id !== null ? 202 : 409, before.id ?? '')
    const entry: { readonly body: string; id: string | null } = { body, id: null }
    known.set(key, entry)
    deliveries.push(body)
    const what = await onTaken(call)
    entry.id = `taken-${call}`
    if (what === 'answer') return say(response, 202, entry.id)
    answers.push(0)
    request.socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    answers,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One connection as a test's script sees it. */
export interface Visit {
  readonly socket: Socket
  /** Resolves once so many bytes have come, head and all. */
  bytes(count: number): Promise<void>
  /** Resolves once a whole request has come, as its `Content-Length` says. */
  request(): Promise<void>
  readonly received: () => string
  /** Ends the connection with a reset, also one that is encrypted. */
  reset(): void
}

export interface BareServer {
  readonly url: string
  readonly port: number
  readonly visits: readonly Visit[]
  close(): Promise<void>
}

/** `script` runs for each connection. With `tls`, the bytes are those within the encryption. */
export async function bareServer(
  script: (visit: Visit) => void | Promise<void>,
  tls?: TlsOptions,
): Promise<BareServer> {
  const visits: Visit[] = []
  const sockets = new Set<Socket>()
  const onConnection = (socket: Socket) => {
    // Within an encrypted connection there is one that can be reset; the other side's port names both.
    const raw = [...sockets].find(each => each.remotePort === socket.remotePort) ?? socket
    const visit = visitOf(socket, raw)
    visits.push(visit)
    void script(visit)
  }
  const server = tls === undefined ? createServer(onConnection) : createTlsServer(tls, onConnection)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  // A handshake that fails is what some tests are about.
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    visits,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function visitOf(socket: Socket, raw: Socket): Visit {
  const chunks: Buffer[] = []
  let bytes = 0
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    socket.emit('counted')
  })
  const received = () => Buffer.concat(chunks).toString('latin1')
  const until = (reached: () => boolean) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (!reached()) return
        socket.off('counted', look)
        resolve()
      }
      socket.on('counted', look)
      look()
    })
  let expected: number | undefined
  const isWhole = () => {
    if (expected === undefined) {
      const text = received()
      const end = text.indexOf('\r\n\r\n')
      if (end === -1) return false
      expected = end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
    }
    return bytes >= expected
  }
  return {
    socket,
    received,
    bytes: count => until(() => bytes >= count),
    request: () => until(isWhole),
    reset: () => void raw.resetAndDestroy(),
  }
}
