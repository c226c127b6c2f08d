/**
 * A server on this machine that speaks one vendor's API as strictly as the sink does, and remembers what each recipient got.
 * It misbehaves on request. Fast enough for tests with many thousands of recipients.
 *
 *     const receiver = await startVendorReceiver(sendgridSink, { apiKey: 'SG.key' })
 *     // … base_url: receiver.url …
 *     expect(receiver.deliveries.map(delivery => delivery.to)).toEqual(['ada@example.org'])
 *     await receiver.close()
 */

import { type HttpAnswer, type HttpEnding, type HttpRequest, startHttpServer } from '../../src/sink/http-server.ts'
import type { Saying } from '../../src/sink/replies.ts'
import type { SinkVendor, VendorMail, VendorReading } from '../../src/sink/vendor.ts'
import { nowMs } from './provider-opening.ts'

export interface ReceiverSettings {
  /** Null: any. */
  readonly apiKey: string | null
  /** Asked when a request's head is there: after so many bytes of the body the connection is cut. */
  readonly cutBody?: (call: number) => number | undefined
  /** Asked when a whole call is there, valid or not; may take its time. Undefined: behave. */
  readonly misbehave?: (call: ReceivedCall) => Misbehaviour | undefined | Promise<Misbehaviour | undefined>
}

export interface ReceivedCall {
  /** From 1, in the order of arrival. */
  readonly number: number
  /** The addresses in it, in order; empty if it is refused. */
  readonly to: readonly string[]
}

/** `take` says whether the mails are taken, that is delivered, before it misbehaves; not unless said so. */
export type Misbehaviour = { readonly take?: boolean } & (
  | ({ readonly kind: 'answer' } & HttpAnswer)
  /** Closes the connection without an answer. */
  | { readonly kind: 'drop' }
  /** Sends these bytes, whatever they are, and closes the connection. */
  | { readonly kind: 'raw'; readonly bytes: string }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Takes all but the mail at `about`, where the vendor does such a thing, or refuses all for its sake. */
  | { readonly kind: 'refuse'; readonly saying: Saying; readonly about: number; readonly waitSeconds?: number }
)

/** What one recipient got. */
export interface Delivery extends VendorMail {
  readonly call: number
}

export interface VendorReceiver {
  readonly url: string
  /** In the order in which they were taken. */
  readonly deliveries: readonly Delivery[]
  readonly calls: number
  close(): Promise<void>
}

export async function startVendorReceiver(vendor: SinkVendor, settings: ReceiverSettings): Promise<VendorReceiver> {
  const deliveries: Delivery[] = []
  const seen = { calls: 0 }

  async function answer({ number, method, headers, url: path }: HttpRequest, body: Buffer): Promise<HttpEnding> {
    const reading = await vendor.read({ method, path, headers, body }, settings.apiKey)
    const misbehaviour = await settings.misbehave?.({ number, to: addressesOf(reading) })
    const take = (mails: readonly VendorMail[]) =>
      deliveries.push(...mails.map(mail => Object.assign(mail, { call: number })))
    if (reading.kind === 'mails' && misbehaviour?.kind === 'refuse') {
      const { saying, about } = misbehaviour
      const partly = reading.partial?.(number, about, saying)
      if (partly !== undefined) {
        take(reading.mails.filter((_, index) => index !== about))
        return { do: 'answer', answer: partly }
      }
    }
    const taken = reading.kind === 'mails' && reading.delivers && (misbehaviour === undefined || misbehaviour.take)
    if (taken === true) take(reading.mails)
    if (misbehaviour !== undefined) return endingOf(vendor, misbehaviour)
    if (reading.kind === 'lookup') throw new Error('the receiver of mails was asked for them')
    return { do: 'answer', answer: reading.kind === 'mails' ? reading.answer(number) : reading.answer }
  }

  const server = await startHttpServer({
    bodyMaxBytes: vendor.requestMaxBytes,
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

function endingOf(vendor: SinkVendor, misbehaviour: Misbehaviour): HttpEnding {
  switch (misbehaviour.kind) {
    case 'answer':
      return { do: 'answer', answer: misbehaviour }
    case 'drop':
      return { do: 'drop' }
    case 'raw':
      return { do: 'raw', bytes: misbehaviour.bytes }
    case 'hang':
      return { do: 'nothing' }
    case 'refuse': {
      const { saying, about, waitSeconds: seconds } = misbehaviour
      const wait = seconds === undefined ? null : { seconds, fromMs: nowMs }
      const said = vendor.says(saying, about, wait)
      // A time that is asked for counts from the server's clock, which is the test's.
      const headers = { date: new Date(nowMs).toUTCString(), ...said.headers }
      return { do: 'answer', answer: { ...said, headers } }
    }
  }
}

function addressesOf(reading: VendorReading): readonly string[] {
  return reading.kind === 'mails' ? reading.mails.map(mail => mail.to) : []
}
