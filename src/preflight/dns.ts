/**
 * Asks DNS for the MX records of a domain. Node's own `dns.resolveMx` does not say how long its answer may be kept (seen
 * with Node 24.21: neither it nor `resolveAny` gives a TTL, and only A and AAAA records can be asked for with one), and an
 * answer that is kept for a week must have said so itself. It cannot be held to a time or ended one by one either.
 *
 * The servers are asked one after the other, and then once more without EDNS and with more patience: whoever does not
 * understand EDNS says nothing at all, or that the question is malformed.
 */

import type { Clock } from '../model/clock.ts'
import type { AskMx, MxAnswer } from '../model/mx.ts'
import { overTcp, overUdp } from './dns-exchange.ts'
import { type MxQuestion, type MxReply, mxQuery, readMxReply } from './dns-message.ts'
import { type DnsServer, shownDnsServer } from './dns-servers.ts'

export interface DnsDoors {
  readonly clock: Clock
  /** Query ids are drawn with it, so that nobody can answer in a server's name. */
  readonly randomBytes: (count: number) => Buffer
}

interface Round {
  readonly waitMs: number
  readonly edns: boolean
}

const rounds: readonly Round[] = [
  { waitMs: 2000, edns: true },
  { waitMs: 3000, edns: false },
]

/** Servers that are asked, at most. A question that nobody answers so costs 15 seconds at worst. */
const serversMax = 3

/** What asks these servers. Begins with the one that answered last, so that a dead one costs its wait once. */
export function mxAsker(servers: readonly DnsServer[], doors: DnsDoors): AskMx {
  const asked = servers.slice(0, serversMax)
  let first = 0
  return async (domain, signal) => {
    const inOrder = [...asked.slice(first), ...asked.slice(0, first)]
    let none: MxAnswer = { kind: 'no answer', heard: false, detail: silence(inOrder) }
    for (const round of rounds) {
      for (const server of inOrder) {
        const reply = await askOne(server, { domain, round }, doors, signal)
        if (reply?.kind === 'failure') {
          none = { kind: 'no answer', heard: true, detail: `${shownDnsServer(server)}: ${reply.why}` }
        } else if (reply !== undefined) {
          first = asked.indexOf(server)
          return reply
        }
      }
    }
    return none
  }
}

async function askOne(
  server: DnsServer,
  { domain, round }: { readonly domain: string; readonly round: Round },
  { clock, randomBytes }: DnsDoors,
  signal: AbortSignal,
): Promise<Exclude<MxReply, { kind: 'truncated' }> | undefined> {
  const question: MxQuestion = { id: randomBytes(2).readUInt16BE(0), domain }
  const exchange = {
    server,
    query: mxQuery(question, round.edns),
    read: (message: Buffer) => readMxReply(message, question),
    clock,
    waitMs: round.waitMs,
    signal,
  }
  const reply = await overUdp(exchange)
  if (reply?.kind !== 'truncated') return reply
  const whole = await overTcp(exchange)
  return whole?.kind === 'truncated' ? undefined : whole
}

function silence(servers: readonly DnsServer[]): string {
  return servers.length === 0 ? 'no DNS server is known' : `nothing from ${servers.map(shownDnsServer).join(', ')}`
}
