/**
 * An SMTP server on this machine that keeps what it receives: envelope and bytes, after dots and data end are taken off.
 * It can be told to misbehave, by stage and address. Fast enough for runs of tens of thousands of messages.
 *
 *     const receiver = await startSmtpReceiver({
 *       behave: event => (event.stage === 'rcpt' && event.to === 'bob@example.org' ? { reply: '550 5.1.1 No' } : undefined),
 *     })
 *     // … send to 127.0.0.1, receiver.port …
 *     receiver.messages // in the order of their acceptance
 *     await receiver.close()
 */

import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'

export interface Received {
  readonly from: string
  readonly to: string
  /** As they were before dot-stuffing; empty with `keepBytes: false`. */
  readonly bytes: Buffer
  /** The number of the connection, from 1. */
  readonly connection: number
}

/**
 * Where a transaction is. `data` is before the first byte of the message is read, though 354 has been said; `message`
 * after its end, before the answer.
 */
export type ReceiverEvent =
  | { readonly stage: 'connect'; readonly connection: number }
  | { readonly stage: 'mail'; readonly connection: number; readonly from: string }
  | { readonly stage: 'rcpt'; readonly connection: number; readonly from: string; readonly to: string }
  | { readonly stage: 'data'; readonly connection: number; readonly from: string; readonly to: string }
  | {
      readonly stage: 'message'
      readonly connection: number
      readonly from: string
      readonly to: string
      readonly bytes: Buffer
    }

/** Something other than acceptance: a wait, then a reply such as `450 4.2.1 Busy` (not at `data`), then the end. */
export interface Misbehaviour {
  readonly delayMs?: number
  readonly reply?: string
  /** Ends the connection: after the reply, or without one. */
  readonly drop?: boolean
}

export interface ReceiverOptions {
  readonly behave?: (event: ReceiverEvent) => Misbehaviour | undefined
  /** Requires AUTH with these; `methods` as EHLO lists them, PLAIN and LOGIN by default. */
  readonly login?: { readonly user: string; readonly password: string; readonly methods?: readonly string[] }
  /** Default: none. The certificate is `receiverCertificate`. */
  readonly tls?: 'none' | 'starttls' | 'implicit'
  /** Announced by SIZE. */
  readonly sizeMax?: number
  readonly keepBytes?: boolean
  readonly pipelining?: boolean
  readonly smtpUtf8?: boolean
}

export interface SmtpReceiver {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly messages: readonly Received[]
  /** How many connections have been made. */
  readonly connections: number
  /** How many are open now. */
  readonly openConnections: number
  /** Ends all idle and busy connections, as a server that restarts does. */
  dropConnections(): void
  close(): Promise<void>
}

export async function startSmtpReceiver(options: ReceiverOptions = {}): Promise<SmtpReceiver> {
  const messages: Received[] = []
  const connections = new Connections()

  /** Asks for a misbehaviour and carries it out; calls back with the error to answer with, if there is one. */
  async function meet(event: ReceiverEvent, answer: (error?: Error) => void): Promise<void> {
    const { delayMs, reply, drop } = options.behave?.(event) ?? {}
    if (delayMs !== undefined) await sleep(delayMs)
    if (reply !== undefined) answer(replyError(reply))
    if (drop === true) connections.end(event.connection, reply !== undefined)
    else if (reply === undefined) answer()
  }

  const server = new SMTPServer({
    ...tlsOptions(options.tls ?? 'none'),
    ...(options.sizeMax === undefined ? {} : { size: options.sizeMax }),
    authOptional: options.login === undefined,
    authMethods: [...(options.login?.methods ?? ['PLAIN', 'LOGIN'])],
    allowInsecureAuth: true,
    disabledCommands: [
      ...(options.login === undefined ? ['AUTH'] : []),
      ...((options.tls ?? 'none') === 'starttls' ? [] : ['STARTTLS']),
    ],
    disableReverseLookup: true,
    hidePIPELINING: options.pipelining === false,
    hideSMTPUTF8: options.smtpUtf8 === false,
    hideENHANCEDSTATUSCODES: true,
    closeTimeout: 50,
    onConnect: (session, answer) => void meet({ stage: 'connect', connection: connections.numberOf(session) }, answer),
    onAuth(auth, _session, answer) {
      if (auth.username === options.login?.user && auth.password === options.login?.password) {
        answer(null, { user: auth.username })
      } else {
        answer(replyError('535 5.7.8 Authentication credentials invalid'))
      }
    },
    onMailFrom: ({ address: from }, session, answer) =>
      void meet({ stage: 'mail', connection: connections.numberOf(session), from }, answer),
    onRcptTo: ({ address: to }, session, answer) => void meet({ stage: 'rcpt', ...envelopeOf(session), to }, answer),
    async onData(stream, session, answer) {
      const envelope = { ...envelopeOf(session), to: session.envelope.rcptTo.map(each => each.address).join(', ') }
      if (options.behave?.({ stage: 'data', ...envelope })?.drop === true) return connections.end(envelope.connection)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const bytes = Buffer.concat(chunks)
        void meet({ stage: 'message', ...envelope, bytes }, error => {
          if (error === undefined) messages.push({ ...envelope, bytes: options.keepBytes === false ? empty : bytes })
          answer(error)
        })
      })
    },
  })

  function envelopeOf(session: SMTPServerSession): { connection: number; from: string } {
    const { mailFrom } = session.envelope
    return { connection: connections.numberOf(session), from: mailFrom === false ? '' : mailFrom.address }
  }

  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => connections.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    messages,
    get connections() {
      return connections.count
    },
    get openConnections() {
      return connections.open
    },
    dropConnections: () => connections.endAll(),
    async close() {
      const closed = new Promise<void>(resolve => server.close(resolve))
      connections.endAll()
      await closed
    },
  }
}

/** The sockets of all connections, by their number and by the port from which they came. */
class Connections {
  count = 0
  readonly #sockets = new Map<number, { readonly number: number; readonly socket: Socket }>()

  add(socket: Socket): void {
    const port = socket.remotePort ?? 0
    this.count++
    this.#sockets.set(port, { number: this.count, socket })
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(port))
  }

  get open(): number {
    return this.#sockets.size
  }

  numberOf(session: SMTPServerSession): number {
    return this.#sockets.get(session.remotePort)?.number ?? 0
  }

  /** Cuts a connection, or ends it after what was written last has gone out. */
  end(number: number, gently = false): void {
    const found = [...this.#sockets.values()].find(each => each.number === number)
    if (gently) setImmediate(() => found?.socket.end())
    else found?.socket.destroy()
  }

  endAll(): void {
    for (const { socket } of this.#sockets.values()) socket.destroy()
  }
}

const empty = Buffer.alloc(0)

/** smtp-server answers with an error's `responseCode` and message. */
function replyError(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })
}

function tlsOptions(tls: NonNullable<ReceiverOptions['tls']>): object {
  return tls === 'none' ? {} : { secure: tls === 'implicit', key: receiverKey, cert: receiverCertificate }
}

/** For `localhost` and 127.0.0.1, signed by itself, until 2120. It and its key are for tests alone and protect nothing. */
export const receiverCertificate = `-----BEGIN CERTIFICATE-----
MIIBRzCB7qADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVIxpLBs2molEtpjs
rz9BRhUc3r8cT+pgbCdtXMcwIo29sM4qO6LJHWT2dTA14PcmxSID1ofcw5V78L8W
xj2BN6MvMC0wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgJIUT4lBMdqR7O2bWM+4twn1/fqFAapj2
neDsOhuhy4QCIQDpfuoun/Ai9fg4EGiy2BuXqK+rUNccATz4WChCvyMjhQ==
-----END CERTIFICATE-----
`

const receiverKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbP0XITYg7jxVjHMx
gYrEWNnDQRou9RssSGQBR3hVttyhRANCAARUjGksGzaaiUS2mOyvP0FGFRzevxxP
6mBsJ21cxzAijb2wzio7oskdZPZ1MDXg9ybFIgPWh9zDlXvwvxbGPYE3
-----END PRIVATE KEY-----
`
