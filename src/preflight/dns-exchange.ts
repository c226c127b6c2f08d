/**
 * One question to one DNS server and what comes back, over UDP or TCP (RFC 1035, section 4.2). It never fails: whatever the
 * network does, there is a reply within its time or there is none. Every question has a socket of its own, and so a source
 * port that nobody else knows; the system passes on only what comes from the server that was asked.
 */

import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { Clock } from '../model/clock.ts'
import type { DnsServer } from './dns-servers.ts'

export interface DnsExchange<Reply> {
  readonly server: DnsServer
  readonly query: Buffer
  /** Reads a message; undefined if it is no reply to the query. */
  readonly read: (message: Buffer) => Reply | undefined
  readonly clock: Clock
  readonly waitMs: number
  /** Ends the exchange without a reply. */
  readonly signal: AbortSignal
}

/** No answer about MX records is nearly as long; what is longer is not read. */
const messageMaxBytes = 16 * 1024

/** Messages that are no reply, after which the exchange ends: somebody is guessing. */
const strangeMax = 20

/** Undefined if there was no reply. What is no reply is passed over. */
export function overUdp<Reply>(exchange: DnsExchange<Reply>): Promise<Reply | undefined> {
  const { server, query, read } = exchange
  return within(exchange, end => {
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4')
    let strange = 0
    socket.on('error', () => end(undefined))
    socket.on('message', message => {
      const reply = message.length > messageMaxBytes ? undefined : read(message)
      strange += 1
      if (reply !== undefined || strange >= strangeMax) end(reply)
    })
    socket.connect(server.port, server.host, (failure?: Error) => {
      if (failure === undefined) socket.send(query)
      else end(undefined)
    })
    return () => socket.close()
  })
}

/** Undefined if there was no reply. The first message is it, or there is none. */
export function overTcp<Reply>(exchange: DnsExchange<Reply>): Promise<Reply | undefined> {
  const { server, query, read } = exchange
  return within(exchange, end => {
    const socket = connect({ host: server.host, port: server.port })
    let received = Buffer.alloc(0)
    socket.on('error', () => end(undefined))
    socket.on('close', () => end(undefined))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      const message = firstMessage(received)
      if (message === 'too long') end(undefined)
      else if (message !== undefined) end(read(message))
    })
    socket.write(Buffer.concat([lengthOf(query), query]))
    return () => socket.destroy()
  })
}

/** Over TCP the length of a message goes before it, in two bytes. */
function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return length
}

/** Undefined while it is not complete. */
function firstMessage(received: Buffer): Buffer | 'too long' | undefined {
  if (received.length < 2) return undefined
  const length = received.readUInt16BE(0)
  if (length > messageMaxBytes) return 'too long'
  return received.length < 2 + length ? undefined : received.subarray(2, 2 + length)
}

/**
 * Holds an exchange to its time. `open` begins it and returns how it is closed; it says `end` once something has come of
 * it, and may say so again.
 */
function within<Reply>(
  { clock, waitMs, signal }: Pick<DnsExchange<Reply>, 'clock' | 'waitMs' | 'signal'>,
  open: (end: (reply: Reply | undefined) => void) => () => void,
): Promise<Reply | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise(resolve => {
    const over = new AbortController()
    const end = (reply: Reply | undefined): void => {
      if (over.signal.aborted) return
      over.abort()
      signal.removeEventListener('abort', abort)
      close()
      resolve(reply)
    }
    const abort = (): void => end(undefined)
    const close = open(end)
    signal.addEventListener('abort', abort)
    void clock.sleep(waitMs, over.signal).then(abort)
  })
}
