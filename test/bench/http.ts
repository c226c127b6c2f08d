/**
 * What an HTTP route costs beside a bare loop of undici that posts the same bytes to the same server: messages a second, one
 * of 22 kB in each call and in batches of 1,000, and microseconds of this thread for each message. Run on demand (`npm run
 * bench:http`); messages by themselves and in batches may be given. The server is the sink, on a thread of its own; it looks
 * at everything it gets, so for single messages it is often the slower half.
 */

import { Worker } from 'node:worker_threads'
import { Pool } from 'undici'
import type { FilledMessage } from '../../src/model/edition.ts'
import { InvariantError } from '../../src/model/errors.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { batchBody, encodeContent, singleBody } from '../../src/providers/sendgrid-body.ts'
import { content, message, opening } from '../support/provider-opening.ts'

const [singles = 3000, inBatches = 30_000] = process.argv.slice(2).map(Number)
const concurrency = 10
const rounds = 5

/** Text and HTML of 22 kB together, with a few slots, as a newsletter has them. */
const paragraph = '<p>What is new in November: "more" of what you liked, and less of what you did not.</p>\n'
const filler = paragraph.repeat(Math.ceil(5300 / paragraph.length))
const shared = content({ text: [filler, filler], html: [filler, filler] })
const key = 'SG.a-key-that-nobody-has'

interface Figures {
  readonly perSecond: number
  readonly microseconds: number
}

const sink = new Worker(new URL('http-sink.ts', import.meta.url))
const url = await new Promise<string>(resolve => sink.once('message', resolve))

say(`${concurrency} connections, best of ${rounds} rounds`)
say('                        a bare loop            by a route             of the bare loop')
say(await compare('single, 22 kB', 'off', singles))
say(await compare('batches of 1,000', 'auto', inBatches))
await sink.terminate()

async function compare(title: string, batch: 'off' | 'auto', count: number): Promise<string> {
  const options = sendgrid.options.parse({ api_key: '${KEY}', base_url: url }) as Record<string, never>
  const provider = await sendgrid.open(opening({ options, batch, concurrency }, { content: shared, key }))
  const all = Array.from({ length: Math.min(count, 1000) }, (_, id) => message(id + 1))
  const size = provider.fits(all)
  const parcel = all.slice(0, size)
  const calls = Math.ceil(count / size)
  const pool = new Pool(new URL(url).origin, { connections: concurrency, pipelining: 1 })
  const bytes = bodyOf(parcel)
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const bare: Figures[] = []
  const routed: Figures[] = []
  const { signal } = new AbortController()
  for (let round = 0; round < rounds; round++) {
    const measured = await measure(calls, size, async () => {
      const reply = await pool.request({ method: 'POST', path: '/sendgrid/v3/mail/send', headers, body: bytes })
      await reply.body.dump()
      if (reply.statusCode !== 202) throw new InvariantError(`the sink answered ${reply.statusCode}`)
    })
    bare.push(measured)
    routed.push(
      await measure(calls, size, async () => {
        const outcomes = await provider.send(parcel, signal)
        if (outcomes.some(({ kind }) => kind !== 'accepted')) throw new InvariantError('the sink has refused a message')
      }),
    )
  }
  await provider.close()
  await pool.destroy()
  const [a, b] = [best(bare), best(routed)]
  const ratio = `${((b.perSecond / a.perSecond) * 100).toFixed(0)} %`
  return `${title.padEnd(20)}${said(a)}${said(b)}${ratio.padStart(14)}`
}

async function measure(calls: number, size: number, call: () => Promise<void>): Promise<Figures> {
  let left = calls
  const cpu = process.threadCpuUsage()
  const beganAtMs = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await call()
    }),
  )
  const seconds = (performance.now() - beganAtMs) / 1000
  const { user, system } = process.threadCpuUsage(cpu)
  return { perSecond: (calls * size) / seconds, microseconds: (user + system) / (calls * size) }
}

/** Of a machine that does other things as well, the best round tells most. */
function best(figures: readonly Figures[]): Figures {
  return {
    perSecond: Math.max(...figures.map(each => each.perSecond)),
    microseconds: Math.min(...figures.map(each => each.microseconds)),
  }
}

function bodyOf(parcel: readonly FilledMessage[]): Buffer {
  const encoded = encodeContent(shared, false)
  const [first] = parcel
  if (first === undefined) throw new InvariantError('a parcel has no message')
  const pieces = parcel.length === 1 ? singleBody(encoded, first) : batchBody(encoded, parcel)
  return Buffer.concat(pieces.map(piece => Buffer.from(piece)))
}

function said({ perSecond, microseconds }: Figures): string {
  const speed = Math.round(perSecond).toLocaleString('en-US')
  return `${speed.padStart(10)}/s ${microseconds.toFixed(1).padStart(7)} µs`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
