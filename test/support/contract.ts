/** What the contract suite needs of a provider and its server, whatever it speaks. */

import { type ParsedMail, simpleParser } from 'mailparser'
import type { Json, SharedContent } from '../../src/model/edition.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Provider, ProviderKind } from '../../src/providers/provider.ts'
import { secretsOf } from '../../src/providers/secret-option.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { shownHeaders } from '../../src/sink/header.ts'
import { type Saying, smtpReply } from '../../src/sink/replies.ts'
import type { SinkVendor, VendorMail } from '../../src/sink/vendor.ts'
import { nowMs, opening } from './provider-opening.ts'
import { startSmtpReceiver } from './smtp-receiver.ts'
import { type Misbehaviour, startVendorReceiver } from './vendor-receiver.ts'

/** How a server is to behave at the next calls. */
export type Conduct =
  | { readonly do: 'behave' }
  /** A refusal of all, or of the message at `about` where the provider can say so; the wait it asks for, if any. */
  | { readonly do: 'say'; readonly saying: Saying; readonly about?: number; readonly waitSeconds?: number }
  /** Takes the mails and drops the connection. */
  | { readonly do: 'lose the answer' }
  /** Drops the connection with nothing taken. */
  | { readonly do: 'drop' }
  | { readonly do: 'answer garbage' }
  /** Takes them and says so after a while. */
  | { readonly do: 'answer late' }
  | { readonly do: 'never answer' }
  /** These are of HTTP alone: an answer of two megabytes, and a success that is a page for people. */
  | { readonly do: 'answer without end' }
  | { readonly do: 'answer with a page' }

export interface ContractServer {
  /** A route's options beside the secret. */
  readonly options: Readonly<Record<string, Json>>
  behave(conduct: Conduct): void
  /** What each recipient got, in the order in which it was taken. */
  deliveries(): Promise<readonly VendorMail[]>
  close(): Promise<void>
}

export interface ContractVendor {
  readonly name: string
  readonly kind: ProviderKind
  readonly secret: string
  /** Whether the answers that only HTTP has are of its world. */
  readonly isHttp: boolean
  /** What it cannot carry, with the reason: what a recipient gets is compared without it. */
  readonly cannot: readonly Lack[]
  start(): Promise<ContractServer>
}

/** A thing that an API has no place for; the profile and the README say so. */
export type Lack = 'inline images' | 'headers in batches' | 'headers beyond ASCII' | 'template tags in text'

export function httpVendor(vendor: {
  readonly kind: ProviderKind
  readonly sink: SinkVendor
  /** The secret of its required option, or of all its secrets. */
  readonly secret: string
  readonly options: Readonly<Record<string, Json>>
  readonly cannot?: readonly Lack[]
}): ContractVendor {
  const { kind, sink, secret, options, cannot = [] } = vendor
  return {
    name: kind.profile.name,
    kind,
    secret,
    isHttp: true,
    cannot,
    async start() {
      let conduct: Conduct = { do: 'behave' }
      const receiver = await startVendorReceiver(sink, {
        apiKey: null,
        misbehave: () => misbehaviourOf(conduct),
      })
      return {
        options: { ...options, base_url: receiver.url },
        behave(next) {
          conduct = next
        },
        deliveries: async () => receiver.deliveries,
        close: () => receiver.close(),
      }
    },
  }
}

async function misbehaviourOf(conduct: Conduct): Promise<Misbehaviour | undefined> {
  switch (conduct.do) {
    case 'behave':
      return undefined
    case 'say': {
      const { saying, about = 0, waitSeconds } = conduct
      return { kind: 'refuse', saying, about, ...(waitSeconds === undefined ? {} : { waitSeconds }) }
    }
    case 'lose the answer':
      return { kind: 'drop', take: true }
    case 'drop':
      return { kind: 'drop' }
    case 'answer garbage':
      return { kind: 'raw', bytes: '\u0001\u0016 what 0xDEAD\r\n\r\n' }
    case 'answer late':
      await new Promise(resolve => setTimeout(resolve, 100))
      return undefined
    case 'never answer':
      return { kind: 'hang' }
    case 'answer without end':
      return {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: ' '.repeat(2_000_000),
      }
    case 'answer with a page':
      return {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><head><title>Welcome to the network</title></head></html>',
      }
  }
}

export const smtpVendor: ContractVendor = {
  name: 'smtp',
  kind: smtp,
  secret: 'a password that nobody has',
  isHttp: false,
  cannot: [],
  async start() {
    let conduct: Conduct = { do: 'behave' }
    const receiver = await startSmtpReceiver({
      behave(event) {
        const isEnd = event.stage === 'message'
        if (conduct.do === 'say') {
          const { saying } = conduct
          const reply = smtpReply(saying, 'plain', 'to' in event ? event.to : '')
          const stages = { 'bad-key': 'mail', content: 'message', 'too-big': 'message' } as const
          return event.stage === (stages[saying as keyof typeof stages] ?? 'rcpt') ? { reply } : undefined
        }
        if (conduct.do === 'never answer') return isEnd ? { delayMs: 60_000 } : undefined
        if (conduct.do === 'answer late') return isEnd ? { delayMs: 100 } : undefined
        if (conduct.do === 'drop') return event.stage === 'data' ? { drop: true } : undefined
        if (conduct.do === 'answer garbage') return isEnd ? { reply: '999 what', drop: true } : undefined
        return isEnd && conduct.do === 'lose the answer' ? { drop: true } : undefined
      },
    })
    return {
      options: { host: '127.0.0.1', port: receiver.port },
      behave(next) {
        conduct = next
      },
      deliveries: () =>
        Promise.all(receiver.messages.map(async ({ to, bytes }) => mailOf(to, await simpleParser(bytes, asItIs)))),
      close: () => receiver.close(),
    }
  },
}

/** The parser is to hand over what is there, and to make nothing of its own of it. */
const asItIs = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true }

/** Headers that every mail has, and those of the marker. */
const notOwn = new Set(
  'from to reply-to subject date message-id mime-version content-type content-transfer-encoding x-mailblast-run'.split(
    ' ',
  ),
)

export function mailOf(to: string, mail: ParsedMail): VendorMail {
  const own = mail.headerLines.filter(({ key }) => !notOwn.has(key))
  const value = (line: string) => line.replace(/^[^:]*:\s*/, '').replace(/\r?\n(?=[ \t])/g, '')
  const sender = mail.from?.value[0]
  return {
    to,
    messageId: mail.messageId ?? null,
    run: mail.headers.has('x-mailblast-run') ? String(mail.headers.get('x-mailblast-run')) : null,
    from: sender?.name ? `${sender.name} <${sender.address}>` : (sender?.address ?? ''),
    replyTo: mail.replyTo?.value[0]?.address ?? null,
    subject: mail.subject ?? '',
    text: mail.text ?? null,
    html: mail.html === false ? null : mail.html,
    headers: shownHeaders(Object.fromEntries(own.map(({ key, line }) => [key, value(line)]))),
    attachments: mail.attachments.map(each => ({
      fileName: each.filename ?? '',
      contentType: each.contentType,
      content: each.content.toString('base64'),
      contentId: each.contentDisposition === 'inline' ? (each.cid ?? null) : null,
    })),
  }
}

/** Opens a route of the vendor's to the server. */
export function openContract(
  vendor: ContractVendor,
  server: ContractServer,
  facts: { readonly content: SharedContent; readonly batch?: 'auto' | 'off' },
): Promise<Provider> {
  const required = secretsOf(vendor.kind.options).filter(option => option.required)
  const secrets = Object.fromEntries(required.map(({ name }) => [name, '${SECRET}']))
  // As the journal gives them back.
  const parsed = JSON.parse(JSON.stringify(vendor.kind.options.parse({ ...secrets, ...server.options })))
  return vendor.kind.open(
    opening(
      {
        name: vendor.name,
        provider: vendor.name,
        options: parsed as Record<string, Json>,
        batch: facts.batch ?? 'auto',
      },
      { content: facts.content, secret: async () => new Secret(vendor.secret), nowMs: () => nowMs },
    ),
  )
}
