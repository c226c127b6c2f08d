/**
 * What the dashboard costs a run of a million messages: processor time for each second of the run, and the heap at a tenth of
 * it and at its end. Run on demand (`npm run bench:dashboard`); messages and messages a second may be given. The frames go to
 * a terminal that throws them away, two in each second of the run, which itself takes no time here. The yardstick is one core.
 */

import { Writable } from 'node:stream'
import { render } from 'ink'
import { createElement } from 'react'
import { firstScreen } from '../../src/dashboard/screen.ts'
import { noView, viewed } from '../../src/dashboard/view-state.ts'
import type { Notice, SettledMessage } from '../../src/model/notice.ts'

// Node reads no JSX, so the screen comes from the build.
const built = new URL('../../dist/dashboard/ink/dashboard.js', import.meta.url).href
const { Dashboard } = (await import(built)) as typeof import('../../src/dashboard/ink/dashboard.tsx')

const [messages = 1_000_000, perSecond = 5000] = process.argv.slice(2).map(Number)
const framesPerSecond = 2
const perParcel = 100
const startMs = Date.UTC(2026, 10, 22, 9)

const terminal = Object.assign(new Writable({ write: (_, __, done) => done() }), {
  columns: 120,
  rows: 40,
  isTTY: true,
})
const counts = { rows: messages, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: messages, rowProblems: 0 }
let view = viewed(noView, [
  { type: 'started', atMs: startMs, run: 'bench', campaign: 'bench', counts, recovered: 0 } satisfies Notice,
])
const frame = () => createElement(Dashboard, { view, screen: firstScreen, columns: 120, rows: 40, isOwn: true })
const app = render(frame(), { stdout: terminal as unknown as NodeJS.WriteStream, patchConsole: false, maxFps: 1000 })

const frames = Math.ceil((messages / perSecond) * framesPerSecond)
const perFrame = Math.ceil(perSecond / framesPerSecond)
let heapAtTenth = 0
const before = process.cpuUsage()
for (let index = 0; index < frames; index++) {
  const atMs = startMs + Math.round((index * 1000) / framesPerSecond)
  view = viewed(view, noticesOf(index * perFrame, perFrame, atMs))
  app.rerender(frame())
  // Ink writes when it is its turn.
  await new Promise(resolve => setImmediate(resolve))
  if (index === Math.floor(frames / 10)) heapAtTenth = heapMiB()
}
const used = process.cpuUsage(before)
app.unmount()
const share = (used.user + used.system) / 1000 / ((frames * 1000) / framesPerSecond)
const heapAtEnd = heapMiB()
process.stdout.write(
  `${messages.toLocaleString('en-US')} messages at ${perSecond.toLocaleString('en-US')}/s, ${frames} frames of 120×40: ` +
    `${(share * 100).toFixed(2)} % of a core (less than 3 % is wanted)\n` +
    `heap ${heapAtEnd.toFixed(0)} MiB at the end, ${heapAtTenth.toFixed(0)} MiB at a tenth: ${(heapAtEnd / heapAtTenth).toFixed(2)} times\n`,
)

function noticesOf(from: number, count: number, atMs: number): Notice[] {
  const notices: Notice[] = []
  for (let at = from; at < from + count; at += perParcel) {
    const parcel = Array.from({ length: Math.min(perParcel, from + count - at) }, (_, index) => messageOf(at + index))
    notices.push({
      type: 'settled',
      atMs,
      route: `route ${(at / perParcel) % 3}`,
      tookMs: 50 + (at % 70),
      messages: parcel,
    })
  }
  return notices
}

/** Of 20,000 sites, a tenth of the messages with words of their own. */
function messageOf(number: number): SettledMessage {
  const site = number % 3 === 0 ? 'google' : `firma${number % 20_000}.example`
  const base = { address: `p${number}@${site}`, site, line: number + 2 }
  if (number % 10 !== 0) return { ...base, state: 'accepted' }
  const cause = {
    class: 'hard',
    code: '550',
    status: '5.1.1',
    text: `<${base.address}>: no such user ${number}`,
  } as const
  return { ...base, state: 'failed', cause }
}

function heapMiB(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}
