/** A sink and a real provider that sends to it, for tests. */

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import type { FilledMessage, Json } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Provider, ProviderKind } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { smtp } from '../../src/providers/smtp.ts'
import type { SinkEvent } from '../../src/sink/event.ts'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'
import { type Sink, type SinkOptions, startSink } from '../../src/sink/sink.ts'
import { opening } from '../support/provider-opening.ts'

/** The real clock, for sinks whose waits are a few milliseconds. */
export const systemClock: Clock = {
  nowMs: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
}

const ending: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

export type Kind = 'smtp' | 'sendgrid'

export interface Stage {
  readonly sink: Sink
  readonly provider: Provider
  readonly entries: readonly LedgerEntry[]
  readonly events: readonly SinkEvent[]
  send(parcel: readonly FilledMessage[], signal?: AbortSignal): Promise<readonly Outcome[]>
}

/** Both are closed after the last test of the file. */
export async function stage(kind: Kind, rules: readonly string[], more: Partial<SinkOptions> = {}): Promise<Stage> {
  const entries: LedgerEntry[] = []
  const events: SinkEvent[] = []
  const sink = await startSink({
    rules: rules.map(rule => parseRuleText(rule)),
    onAccepted: accepted => entries.push(...accepted),
    watch: event => events.push(event),
    clock: systemClock,
    ...more,
  })
  ending.push(() => sink.close())
  const provider = await open(kind, sink)
  ending.push(() => provider.close())
  return {
    sink,
    provider,
    entries,
    events,
    send: (parcel, signal = new AbortController().signal) => provider.send(parcel, signal),
  }
}

async function open(kind: Kind, sink: Sink): Promise<Provider> {
  const [provider, facts]: readonly [ProviderKind, Record<string, Json>] =
    kind === 'smtp'
      ? [smtp, { host: '127.0.0.1', port: sink.smtpPort, tls: 'none' }]
      : [sendgrid, { api_key: '${SENDGRID_API_KEY}', base_url: sink.url('sendgrid') }]
  const options = JSON.parse(JSON.stringify(provider.options.parse(facts))) as Record<string, Json>
  return provider.open(opening({ options }, { secret: async () => new Secret('SG.key') }))
}

/** `deferred lane throttled 421 4.7.0`; a lost connection has several names, none of which matters here. */
export function inShort(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'no outcome'
  if (outcome.kind === 'accepted') return 'accepted'
  const { class: failureClass, code, status } = outcome.cause
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  return [outcome.kind, scope, failureClass, /^\d/.test(code ?? '') && code, status].filter(Boolean).join(' ')
}
