/**
 * An HTTP server on this machine that asks at every step of a request what to do, and does it. It decides nothing, keeps
 * nothing and knows no vendor.
 */

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Connections } from './connections.ts'

/** A request whose head is there. */
export interface HttpRequest {
  /** From 1, in the order of arrival. */
  readonly number: number
  readonly connection: number
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What to do before a request is there whole. */
export type HttpAct = { readonly do: 'go on' } | HttpEnding

/** What a request comes to. */
export type HttpEnding =
  | { readonly do: 'answer'; readonly answer: HttpAnswer }
  /** Cuts the connection without a word. */
  | { readonly do: 'drop' }
  /** Sends these bytes, whatever they are, and closes. */
  | { readonly do: 'raw'; readonly bytes: string }
  /** Says nothing ever again on this connection. */
  | { readonly do: 'nothing' }

export interface HttpServerOptions {
  /** 0 or absent: any that is free. */
  readonly port?: number
  readonly onOpened?: (connection: number) => void
  /** A longer body is not kept: `onWhole` gets it cut off after so many bytes and one more. */
  readonly bodyMaxBytes: number
  /** None of these may reject. Asked when the head is there. */
  readonly onHead: (request: HttpRequest) => HttpAct | Promise<HttpAct>
  /** Asked at every piece of the body, with all the bytes that have come by then. */
  readonly onBody: (request: HttpRequest, bytes: number) => HttpAct | Promise<HttpAct>
  readonly onWhole: (request: HttpRequest, body: Buffer) => HttpEnding | Promise<HttpEnding>
  /** Told when the answer has been written to the socket. */
  readonly onAnswered?: (request: HttpRequest) => void
}

export interface HttpServer {
  readonly port: number
  readonly connections: Connections
  /** Takes no new connections until told so; those that are busy stay. */
  closePort(): void
  openPort(): void
  close(): Promise<void>
}

/** Longer than a sender rests between two calls: one sent into a connection that is just being closed comes in doubt. */
const keepAliveMs = 75_000

/** Rejects with the system's error if the port cannot be had. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const connections = new Connections(options.onOpened)
  let requests = 0

  const server = createServer({ keepAliveTimeout: keepAliveMs }, (incoming, response) => {
    const request: HttpRequest = {
      number: ++requests,
      connection: connections.numberOf(incoming.socket.remotePort),
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
    }
    // A request that is not read to its end must not take its connection with it: it may yet be answered.
    const body: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false })
    void endingOf(request, body).then(ending => end(request, ending, response))
  })

  async function endingOf(request: HttpRequest, body: AsyncIterable<Buffer>): Promise<HttpEnding> {
    const atHead = await options.onHead(request)
    if (atHead.do !== 'go on') return atHead
    const read = await readBody(request, body)
    return Buffer.isBuffer(read) ? options.onWhole(request, read) : read
  }

  /** The body, or what to do instead of reading on. */
  async function readBody(request: HttpRequest, body: AsyncIterable<Buffer>): Promise<Buffer | HttpEnding> {
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of body) {
        if (bytes <= options.bodyMaxBytes) chunks.push(chunk.subarray(0, options.bodyMaxBytes + 1 - bytes))
        bytes += chunk.length
        const act = await options.onBody(request, bytes)
        if (act.do !== 'go on') return act
      }
    } catch {
      // The client has gone away in the middle of its request.
      return { do: 'drop' }
    }
    return Buffer.concat(chunks)
  }

  function end(request: HttpRequest, ending: HttpEnding, response: ServerResponse): void {
    switch (ending.do) {
      case 'answer': {
        const { status, headers, body = '' } = ending.answer
        // Called back only if the answer has been handed to the socket.
        response.once('finish', () => options.onAnswered?.(request))
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
        break
      }
      case 'raw':
        if (connections.isOpen(request.connection)) {
          response.socket?.end(ending.bytes)
          options.onAnswered?.(request)
        }
        break
      case 'drop':
        response.socket?.destroy()
        break
      case 'nothing':
        break
    }
  }

  server.on('clientError', (_, socket) => socket.destroy())
  server.on('connection', (socket: Socket) => connections.add(socket))
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve((server.address() as AddressInfo).port)
    })
  })
  return {
    port,
    connections,
    closePort: () => void server.close(),
    openPort: () => void server.listen(port, '127.0.0.1'),
    async close() {
      connections.endAll()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
