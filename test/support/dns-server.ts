/** A DNS server on loopback, over UDP and TCP at one port, that says what a test wants it to. */

import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server } from 'node:net'
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE } from 'dns-packet'
import type { DnsServer } from '../../src/preflight/dns-servers.ts'

/** One question as it came in. */
export interface DnsAsked {
  readonly over: 'udp' | 'tcp'
  readonly id: number
  readonly name: string
  readonly type: string
  readonly flags: number
  /** The size of answers that EDNS allows; null: it was asked without. */
  readonly ednsBytes: number | null
  /** The port it came from. */
  readonly from: number
}

/** What is said: nothing, or bytes one after the other as they are. */
export type DnsSaid = readonly Buffer[] | Promise<readonly Buffer[]>

/** Said over TCP, it ends the connection, which is otherwise left to the client to end. */
export const hangUp = Buffer.from('hang up')

export interface LoopbackDns extends DnsServer {
  readonly asked: readonly DnsAsked[]
  close(): Promise<void>
}

export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

/** The bytes of an answer to what was asked, with what is different about it. */
export function dnsAnswer(asked: DnsAsked, answers: readonly Answer[], more: Packet = {}): Buffer {
  return encode({
    type: 'response',
    id: asked.id,
    questions: [{ type: 'MX', name: asked.name }],
    answers: [...answers],
    ...more,
    flags: (more.flags ?? 0) | RECURSION_AVAILABLE,
  })
}

export function mxRecord(name: string, preference: number, exchange: string, ttl = 300): Answer {
  return { type: 'MX', name, ttl, data: { preference, exchange } }
}

export function alias(name: string, data: string, ttl = 300): Answer {
  return { type: 'CNAME', name, ttl, data }
}

/** Answers from a table of domains and hosts, `acme.example` with `10 mx.acme.example, …`; all else does not exist. */
export function fromZone(zone: Readonly<Record<string, string>>): (asked: DnsAsked) => readonly Buffer[] {
  return asked => {
    const hosts = zone[asked.name]
    if (hosts === undefined) return [dnsAnswer(asked, [], { flags: AUTHORITATIVE_ANSWER | rcodes.NXDOMAIN })]
    const records = hosts.split(',').map(host => host.trim().split(' '))
    return [
      dnsAnswer(
        asked,
        records.map(([preference, exchange = '']) => mxRecord(asked.name, Number(preference), exchange)),
      ),
    ]
  }
}

export async function startDnsServer(
  say: (asked: DnsAsked, server: LoopbackDns) => DnsSaid,
  { host = '127.0.0.1', withTcp = true } = {},
): Promise<LoopbackDns> {
  const { udp, tcp, port } = await bound(host)
  if (!withTcp) tcp.close()
  const asked: DnsAsked[] = []
  const server: LoopbackDns = {
    host,
    port,
    asked,
    close: async () => {
      udp.close()
      // It does not close before all its connections are.
      await new Promise(resolve => tcp.close(resolve))
    },
  }
  const hear = async (message: Buffer, over: DnsAsked['over'], from: number): Promise<readonly Buffer[]> => {
    const question = readQuestion(message, over, from)
    asked.push(question)
    return say(question, server)
  }
  udp.on('message', async (message, { port: from, address }) => {
    for (const said of await hear(message, 'udp', from)) udp.send(said, from, address)
  })
  tcp.on('connection', socket => {
    socket.on('error', () => undefined)
    socket.on('data', async (data: Buffer) => {
      // The questions of these tests come in one piece.
      for (const said of await hear(data.subarray(2), 'tcp', socket.remotePort ?? 0)) {
        if (said === hangUp) socket.end()
        else socket.write(said)
      }
    })
  })
  return server
}

/** As it goes over TCP. */
export function withLength(message: Buffer, length = message.length): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeUInt16BE(length)
  return Buffer.concat([prefix, message])
}

function readQuestion(message: Buffer, over: DnsAsked['over'], from: number): DnsAsked {
  const { id = 0, flags = 0, questions = [], additionals = [] } = decode(message)
  const [question] = questions
  const option = additionals.find(each => each.type === 'OPT')
  return {
    over,
    id,
    name: question?.name ?? '',
    type: question?.type ?? '',
    flags,
    ednsBytes: option?.udpPayloadSize ?? null,
    from,
  }
}

/** A port that is free for both is not found at the first try every time. */
async function bound(host: string): Promise<{ udp: Socket; tcp: Server; port: number }> {
  for (let left = 20; ; left--) {
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      udp.once('error', reject)
      udp.bind(0, host, resolve)
    })
    const { port } = udp.address()
    const tcp = createServer()
    try {
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject)
        tcp.listen(port, host, resolve)
      })
      return { udp, tcp, port }
    } catch (error) {
      udp.close()
      if (left === 0) throw error
    }
  }
}
