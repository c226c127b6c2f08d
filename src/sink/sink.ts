/**
 * A server on this machine that stands for the providers a campaign is sent by: SMTP on one port, the HTTP APIs on another.
 * It keeps a ledger of everybody it accepted, delivers to nobody, and misbehaves on request. It listens on 127.0.0.1 alone.
 *
 *     const entries: LedgerEntry[] = []
 *     const sink = await startSink({
 *       rules: [parseRuleText('share=1% do=lose-answer')],
 *       onAccepted: accepted => entries.push(...accepted),
 *       clock,
 *     })
 *     // … send to 127.0.0.1, sink.smtpPort, or to sink.url('sendgrid') …
 *     await sink.close()
 */

import type { Clock } from '../model/clock.ts'
import { InvariantError } from '../model/errors.ts'
import { Conduct } from './conduct.ts'
import type { SinkEvent } from './event.ts'
import { startHttpSink } from './http.ts'
import type { LedgerEntry } from './ledger.ts'
import { chooser } from './misbehaviour.ts'
import type { Rule, Transport } from './rule.ts'
import { startSmtpSink } from './smtp.ts'
import { sinkVendors } from './vendors.ts'

export interface SinkOptions {
  /** 0 or absent: any that is free. */
  readonly smtpPort?: number
  readonly httpPort?: number
  readonly rules?: readonly Rule[]
  /** What chance is drawn from; 0 unless given. */
  readonly seed?: number
  /**
   * Called synchronously with a call's entries before its answer is made. If it throws, the connection is dropped and nobody
   * is told that anything was taken.
   */
  readonly onAccepted: (entries: readonly LedgerEntry[]) => void
  /** Called synchronously at every step before it is carried out, and at `answered` afterwards. It must not throw. */
  readonly watch?: (event: SinkEvent) => void
  /** The one key that HTTP providers accept; any is accepted if absent. */
  readonly apiKey?: string
  readonly clock: Clock
}

export interface Sink {
  readonly smtpPort: number
  readonly httpPort: number
  /** Where a provider is to be reached: `smtp://127.0.0.1:2525`, or what goes into `base_url`. */
  url(provider: string): string
  /** Cuts all connections and returns when both ports are free. */
  close(): Promise<void>
}

/** Rejects with the system's error (`EADDRINUSE` and its port) if a port cannot be had. */
export async function startSink(options: SinkOptions): Promise<Sink> {
  const closing = new AbortController()
  const conduct = new Conduct({
    chooser: chooser(options.rules ?? [], options.seed ?? 0),
    onAccepted: options.onAccepted,
    watch: options.watch ?? (() => undefined),
    clock: options.clock,
    closing: closing.signal,
  })
  const outages = { clock: options.clock, closing: closing.signal }
  const smtpOutage = new Outage(outagesOf(options.rules, 'smtp'), outages)
  const smtp = await startSmtpSink({ port: options.smtpPort ?? 0, conduct, onOpened: smtpOutage.onOpened })
  const httpOutage = new Outage(outagesOf(options.rules, 'http'), outages)
  const http = await startHttpSink({
    port: options.httpPort ?? 0,
    conduct,
    vendors: sinkVendors,
    apiKey: options.apiKey ?? null,
    onOpened: httpOutage.onOpened,
  }).catch(async (error: unknown) => {
    await smtp.close()
    throw error
  })
  smtpOutage.begin(smtp)
  httpOutage.begin(http)
  return {
    smtpPort: smtp.port,
    httpPort: http.port,
    url(provider) {
      if (provider === 'smtp') return `smtp://127.0.0.1:${smtp.port}`
      if (!sinkVendors.some(vendor => vendor.name === provider))
        throw new InvariantError(`the sink does not stand for ${provider}`)
      return `http://127.0.0.1:${http.port}/${provider}`
    },
    async close() {
      closing.abort()
      await Promise.all([smtp.close(), http.close()])
    },
  }
}

/** The rules that close a port; the HTTP port is one for all its providers. */
function outagesOf(rules: readonly Rule[] = [], transport: Transport): readonly Rule[] {
  const concerns = (provider: string | null) => provider === null || (provider === 'smtp') === (transport === 'smtp')
  return rules.filter(rule => rule.do === 'refuse-connections' && concerns(rule.provider))
}

interface Port {
  closePort(): void
  openPort(): void
}

/** Carries out `refuse-connections`: a port that is closed once so many connections have been made. */
class Outage {
  readonly #rules: readonly Rule[]
  readonly #terms: { readonly clock: Clock; readonly closing: AbortSignal }
  #port: Port | undefined
  /** How many outages last now; the port is open when there are none. */
  #lasting = 0

  constructor(rules: readonly Rule[], terms: { readonly clock: Clock; readonly closing: AbortSignal }) {
    this.#rules = rules
    this.#terms = terms
  }

  begin(port: Port): void {
    this.#port = port
    this.onOpened(0)
  }

  /** To be called with the number of each connection. */
  readonly onOpened = (connection: number): void => {
    for (const rule of this.#rules) if (rule.after === connection) void this.#carryOut(rule)
  }

  async #carryOut({ forMs }: Rule): Promise<void> {
    this.#lasting += 1
    if (this.#lasting === 1) this.#port?.closePort()
    if (forMs === null) return
    await this.#terms.clock.sleep(forMs, this.#terms.closing)
    this.#lasting -= 1
    if (this.#lasting === 0 && !this.#terms.closing.aborted) this.#port?.openPort()
  }
}
