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

import { z } from 'zod'
import { type HttpAnswer, type HttpEnding, type HttpRequest, startHttpServer } from '../../src/sink/http-server.ts'
import { type SendGridDelivery, sendgridSink } from '../../src/sink/sendgrid.ts'

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
  | ({ readonly kind: 'answer' } & HttpAnswer)
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Sends these bytes, whatever they are, and closes the connection. */
  | { readonly kind: 'raw'; readonly bytes: string }
)

/** What one recipient got. */
export interface Delivery extends SendGridDelivery {
  readonly call: number
}

export interface SendGridReceiver {
  readonly url: string
  /** In the order in which they were taken. */
  readonly deliveries: readonly Delivery[]
  readonly calls: number
  close(): Promise<void>
}

export async function startSendGridReceiver(settings: ReceiverSettings): Promise<SendGridReceiver> {
  const deliveries: Delivery[] = []
  const seen = { calls: 0 }

  async function answer({ number, method, headers, url: path }: HttpRequest, bytes: Buffer): Promise<HttpEnding> {
    const body = parsed(bytes)
    const misbehaviour = await settings.misbehave?.({ number, body, to: addressesOf(body) })
    const reading = sendgridSink.read({ method, path, headers, body: bytes }, settings.apiKey)
    const taken = reading.kind === 'mails' && reading.delivers && (misbehaviour === undefined || misbehaviour.take)
    if (taken === true) deliveries.push(...reading.mails.map(mail => Object.assign(mail, { call: number })))
    if (misbehaviour !== undefined) return endingOf(misbehaviour)
    if (reading.kind === 'lookup') throw new Error('the receiver of mails was asked for them')
    return { do: 'answer', answer: reading.kind === 'mails' ? reading.answer(number) : reading.answer }
  }

  const server = await startHttpServer({
    bodyMaxBytes: sendgridSink.requestMaxBytes,
    onHead({ number }) {
      seen.calls = number
      return { do: 'go on' }
    },
    onBody: ({ number }, bytes) => ({ do: bytes >= (settings.cutBody?.(number) ?? Infinity) ? 'drop' : 'go on' }),
    onWhole: answer,
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    deliveries,
    get calls() {
      return seen.calls
    },
    close: () => server.close(),
  }
}

function endingOf(misbehaviour: Misbehaviour): HttpEnding {
  switch (misbehaviour.kind) {
    case 'answer':
      return { do: 'answer', answer: misbehaviour }
    case 'drop':
      return { do: 'drop' }
    case 'raw':
      return { do: 'raw', bytes: misbehaviour.bytes }
  }
}

function addressesOf(body: unknown): readonly string[] {
  const envelope = z.looseObject({
    personalizations: z.array(z.looseObject({ to: z.array(z.looseObject({ email: z.string() })) })),
  })
  const read = envelope.safeParse(body)
  return read.success ? read.data.personalizations.flatMap(each => each.to.map(to => to.email)) : []
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
