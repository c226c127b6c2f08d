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

import { setTimeout as sleep } from 'node:timers/promises'
import { type SmtpAct, type SmtpServerOptions, type SmtpStep, startSmtpServer } from '../../src/sink/smtp-server.ts'

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

export interface ReceiverOptions extends Pick<SmtpServerOptions, 'login' | 'pipelining' | 'smtpUtf8'> {
  readonly behave?: (event: ReceiverEvent) => Misbehaviour | undefined
  /** Default: none. The certificate is `receiverCertificate`. */
  readonly tls?: 'none' | 'starttls' | 'implicit'
  /** Announced by SIZE. */
  readonly sizeMax?: number
  readonly keepBytes?: boolean
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
  const { behave, tls = 'none', sizeMax, keepBytes = true, ...facts } = options
  const server = await startSmtpServer({
    ...facts,
    ...(sizeMax === undefined ? {} : { sizeMaxBytes: sizeMax }),
    ...(tls === 'none' ? {} : { tls: { mode: tls, key: receiverKey, certificate: receiverCertificate } }),
    onStep(step) {
      const event = eventOf(step)
      const misbehaviour = event === undefined ? undefined : behave?.(event)
      const act = actOf(misbehaviour)
      const decided = () => {
        if (event?.stage === 'message' && act.do === 'go on') {
          const { connection, from, to, bytes } = event
          messages.push({ from, to, bytes: keepBytes ? bytes : Buffer.alloc(0), connection })
        }
        return act
      }
      const { delayMs } = misbehaviour ?? {}
      return delayMs === undefined ? decided() : sleep(delayMs).then(decided)
    },
  })
  return {
    host: '127.0.0.1',
    port: server.port,
    messages,
    get connections() {
      return server.connections.count
    },
    get openConnections() {
      return server.connections.open
    },
    dropConnections: () => server.connections.endAll(),
    close: () => server.close(),
  }
}

function eventOf(step: SmtpStep): ReceiverEvent | undefined {
  switch (step.stage) {
    case 'body':
      return undefined
    case 'connect':
    case 'mail':
      return step
    case 'message':
      return { ...step, to: step.to.join(', ') }
    default: {
      const { stage, connection, from, to } = step
      return { stage, connection, from, to: to.join(', ') }
    }
  }
}

function actOf({ reply, drop }: Misbehaviour = {}): SmtpAct {
  if (reply !== undefined) return { do: 'reply', reply, end: drop === true }
  return { do: drop === true ? 'drop' : 'go on' }
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

export const receiverKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbP0XITYg7jxVjHMx
gYrEWNnDQRou9RssSGQBR3hVttyhRANCAARUjGksGzaaiUS2mOyvP0FGFRzevxxP
6mBsJ21cxzAijb2wzio7oskdZPZ1MDXg9ybFIgPWh9zDlXvwvxbGPYE3
-----END PRIVATE KEY-----
`
