/**
 * An SMTP server on this machine that asks at every step what to do, and does it. It decides nothing, keeps nothing and
 * knows nothing of ledgers; the `smtp-server` package speaks the protocol.
 */

import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerSession } from 'smtp-server'
import { Connections } from './connections.ts'

/**
 * Where a transaction is. `data` is before the first byte of the message is read, `body` when its first bytes have come,
 * `message` after its end and before its answer.
 */
export type SmtpStep =
  | (Conversation & { readonly stage: 'connect' })
  | (Conversation & { readonly stage: 'mail'; readonly from: string })
  | (Transaction & { readonly stage: 'rcpt' | 'data' | 'body' })
  | (Transaction & {
      readonly stage: 'message'
      /** As they were before dot-stuffing. */
      readonly bytes: Buffer
    })

interface Conversation {
  /** From 1, in the order in which they were made. */
  readonly connection: number
  /** The same object at every step of a connection, also when the connection itself is gone by then. */
  readonly conversation: object
}

interface Transaction extends Conversation {
  readonly from: string
  /** At `rcpt` the one who is offered, afterwards those who were accepted. */
  readonly to: readonly string[]
}

export type SmtpAct =
  | { readonly do: 'go on' }
  /** A reply such as `450 4.2.1 Busy`; not at `data` and `body`, where 354 has been said. `end` closes after it. */
  | { readonly do: 'reply'; readonly reply: string; readonly end?: boolean }
  /** Cuts the connection without a word. */
  | { readonly do: 'drop' }
  /** Sends these bytes, whatever they are, and closes. */
  | { readonly do: 'raw'; readonly bytes: string }
  /** Says nothing ever again on this connection. */
  | { readonly do: 'nothing' }

export interface SmtpServerOptions {
  /** 0 or absent: any that is free. */
  readonly port?: number
  readonly onOpened?: (connection: number) => void
  /** Asked at every step; nothing more is read from the connection until it has decided. It must not reject. */
  readonly onStep: (step: SmtpStep) => SmtpAct | Promise<SmtpAct>
  /** Told when the answer of a step has been written to the socket. */
  readonly onReplied?: (step: SmtpStep, act: SmtpAct) => void
  /** Requires AUTH with these; `methods` as EHLO lists them, PLAIN and LOGIN by default. */
  readonly login?: {
    readonly user: string
    /** Also the access token, for XOAUTH2. */
    readonly password: string
    readonly methods?: readonly string[]
  }
  readonly tls?: { readonly mode: 'starttls' | 'implicit'; readonly key: string; readonly certificate: string }
  /** Announced by SIZE; a larger message is refused and not kept. */
  readonly sizeMaxBytes?: number
  readonly pipelining?: boolean
  readonly smtpUtf8?: boolean
}

export interface SmtpServer {
  readonly port: number
  readonly connections: Connections
  /** Takes no new connections until told so; those that are open stay. */
  closePort(): void
  openPort(): void
  close(): Promise<void>
}

/** Rejects with the system's error if the port cannot be had. */
export async function startSmtpServer(options: SmtpServerOptions): Promise<SmtpServer> {
  const connections = new Connections(options.onOpened)
  const numbers = new WeakMap<SMTPServerSession, number>()
  const sizeMax = options.sizeMaxBytes ?? Number.POSITIVE_INFINITY

  /** Asks what to do and does it; calls back with the error to answer with, if there is one. */
  function meet(step: SmtpStep, answer: (error?: Error) => void): void {
    const act = options.onStep(step)
    if (act instanceof Promise) void act.then(decided => carryOut(step, decided, answer))
    else carryOut(step, act, answer)
  }

  function carryOut(step: SmtpStep, act: SmtpAct, answer: (error?: Error) => void): void {
    const { connection } = step
    // A reply such as 421 closes the connection as it is given.
    const isThere = connections.isOpen(connection)
    switch (act.do) {
      case 'go on':
        answer()
        break
      case 'reply':
        answer(replyError(act.reply))
        if (act.end === true) connections.end(connection, true)
        break
      case 'raw':
        connections.write(connection, act.bytes)
        connections.end(connection, true)
        break
      case 'drop':
        connections.end(connection)
        return
      case 'nothing':
        return
    }
    if (isThere) options.onReplied?.(step, act)
  }

  function conversationOf(session: SMTPServerSession): Conversation {
    // A client may be gone before its message has been worked through, and then its port names nobody.
    const connection = numbers.get(session) ?? connections.numberOf(session.remotePort)
    numbers.set(session, connection)
    return { connection, conversation: session }
  }

  function transactionOf(session: SMTPServerSession): Transaction {
    const { mailFrom, rcptTo } = session.envelope
    return {
      ...conversationOf(session),
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(each => each.address),
    }
  }

  const server = new SMTPServer({
    ...protocolOptions(options),
    onConnect: (session, answer) => meet({ stage: 'connect', ...conversationOf(session) }, answer),
    onAuth(auth, _session, answer) {
      if (isLetIn(auth, options.login)) answer(null, { user: auth.username })
      // The grounds come in JSON first, and the refusal after another line of the client's.
      else if (auth.method === 'XOAUTH2') answer(null, { data: { status: '401', schemes: 'bearer' } })
      else answer(replyError('535 5.7.8 Authentication credentials invalid'))
    },
    onMailFrom: ({ address: from }, session, answer) =>
      meet({ stage: 'mail', ...conversationOf(session), from }, answer),
    onRcptTo: ({ address }, session, answer) =>
      meet({ stage: 'rcpt', ...transactionOf(session), to: [address] }, answer),
    onData(stream, session, answer) {
      const transaction = transactionOf(session)
      const chunks: Buffer[] = []
      let length = 0
      const whole = () => meet({ stage: 'message', ...transaction, bytes: Buffer.concat(chunks) }, answer)
      const keep = (chunk: Buffer) => {
        length += chunk.length
        if (length <= sizeMax) chunks.push(chunk)
      }
      meet({ stage: 'data', ...transaction }, () => {
        stream.on('error', () => undefined)
        stream.on('end', whole)
        stream.once('data', (first: Buffer) => {
          stream.pause()
          keep(first)
          meet({ stage: 'body', ...transaction }, () => {
            stream.on('data', keep)
            stream.resume()
          })
        })
      })
    },
  })

  server.on('error', () => undefined)
  server.server.on('connection', (socket: Socket) => connections.add(socket))
  const port = await listen(server, options.port ?? 0)
  return {
    port,
    connections,
    closePort: () => void server.server.close(),
    openPort: () => void server.server.listen(port, '127.0.0.1'),
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      connections.endAll()
      await closed
    },
  }
}

function isLetIn(auth: SMTPServerAuthentication, login: SmtpServerOptions['login']): boolean {
  if (login === undefined || auth.username !== login.user) return false
  if (auth.method === 'CRAM-MD5') return auth.validatePassword?.(login.password) === true
  return (auth.accessToken ?? auth.password) === login.password
}

function protocolOptions({ login, tls, sizeMaxBytes, pipelining, smtpUtf8 }: SmtpServerOptions) {
  return {
    ...(tls === undefined ? {} : { secure: tls.mode === 'implicit', key: tls.key, cert: tls.certificate }),
    ...(sizeMaxBytes === undefined ? {} : { size: sizeMaxBytes, rejectOversized: true }),
    authOptional: login === undefined,
    authMethods: [...(login?.methods ?? ['PLAIN', 'LOGIN'])],
    allowInsecureAuth: true,
    disabledCommands: [...(login === undefined ? ['AUTH'] : []), ...(tls?.mode === 'starttls' ? [] : ['STARTTLS'])],
    disableReverseLookup: true,
    hidePIPELINING: pipelining === false,
    hideSMTPUTF8: smtpUtf8 === false,
    hideENHANCEDSTATUSCODES: true,
    logger: false,
    closeTimeout: 50,
  }
}

function listen(server: SMTPServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.server.off('error', reject)
      resolve((server.server.address() as AddressInfo).port)
    })
  })
}

/** smtp-server answers with an error's `responseCode` and message. */
function replyError(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) })
}
