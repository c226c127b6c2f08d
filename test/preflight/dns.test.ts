import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { TRUNCATED_RESPONSE } from 'dns-packet'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import type { AskMx, MxAnswer } from '../../src/model/mx.ts'
import { mxAsker } from '../../src/preflight/dns.ts'
import type { DnsServer } from '../../src/preflight/dns-servers.ts'
import {
  type DnsAsked,
  type DnsSaid,
  dnsAnswer,
  hangUp,
  type LoopbackDns,
  mxRecord,
  rcodes,
  startDnsServer,
  withLength,
} from '../support/dns-server.ts'

/** Time passes when the test says so, which is when a server has heard what it is not going to answer. */
class HandClock implements Clock {
  readonly waits: number[] = []
  readonly #sleepers = new Set<() => void>()

  nowMs(): number {
    return 0
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms)
    return new Promise(resolve => {
      const wake = (): void => {
        this.#sleepers.delete(wake)
        resolve()
      }
      this.#sleepers.add(wake)
      signal?.addEventListener('abort', wake)
    })
  }

  /** All that is waited for now has been waited for. */
  pass(): void {
    for (const wake of [...this.#sleepers]) wake()
  }

  get asleep(): number {
    return this.#sleepers.size
  }
}

const open: { close(): Promise<void> }[] = []
let clock = new HandClock()

afterEach(async () => {
  await Promise.all(open.splice(0).map(each => each.close()))
  expect(clock.asleep, 'a wait is left behind').toBe(0)
  clock = new HandClock()
})

async function dns(
  say: (asked: DnsAsked, server: LoopbackDns) => DnsSaid,
  more: { host?: string; withTcp?: boolean } = {},
): Promise<LoopbackDns> {
  const server = await startDnsServer(say, more)
  open.push(server)
  return server
}

function asker(...servers: DnsServer[]): AskMx {
  return mxAsker(servers, { clock, randomBytes })
}

function ask(...servers: DnsServer[]): Promise<MxAnswer> {
  return asker(...servers)('acme.example', new AbortController().signal)
}

const mx = mxRecord('acme.example', 10, 'mx.acme.example')
const good = (asked: DnsAsked) => [dnsAnswer(asked, [mx])]
const goodOverTcp = (asked: DnsAsked) => [withLength(dnsAnswer(asked, [mx]))]
const truncated = (asked: DnsAsked) => dnsAnswer(asked, [], { flags: TRUNCATED_RESPONSE })
const refused = (asked: DnsAsked) => [dnsAnswer(asked, [], { flags: rcodes.REFUSED })]
const silent = () => {
  clock.pass()
  return []
}
const records = { kind: 'records', records: [{ priority: 10, exchange: 'mx.acme.example' }], ttlMs: 300_000 }

/** How servers were asked, in their order: `udp 1232`, `tcp`, … */
function how({ asked }: LoopbackDns): string {
  return asked.map(({ over, ednsBytes }) => `${over} ${ednsBytes ?? 'plain'}`).join(', ')
}

describe('a question that is answered', () => {
  test('comes with its records and their time', async () => {
    const server = await dns(good)
    expect(await ask(server)).toEqual(records)
    expect(how(server)).toBe('udp 1232')
  })

  // Some containers have no IPv6 at all.
  const hasIPv6 = Object.values(networkInterfaces()).some(each => each?.some(({ address }) => address === '::1'))
  test.skipIf(!hasIPv6)('at a server of IPv6', async () => {
    const server = await dns(good, { host: '::1' })
    expect(await ask(server)).toEqual(records)
  })

  test('that there is no such domain, and nobody else is asked', async () => {
    const [server, other] = [await dns(asked => [dnsAnswer(asked, [], { flags: rcodes.NXDOMAIN })]), await dns(good)]
    expect(await ask(server, other)).toEqual({ kind: 'no such domain' })
    expect(how(other)).toBe('')
  })

  test('that it has no MX records', async () => {
    expect(await ask(await dns(asked => [dnsAnswer(asked, [])]))).toEqual({ kind: 'no records' })
  })

  test('has an id and a port that cannot be told from those before', async () => {
    const server = await dns(good)
    const one = asker(server)
    for (let count = 0; count < 20; count++) await one('acme.example', new AbortController().signal)
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(15)
    expect(new Set(server.asked.map(({ from }) => from)).size).toBeGreaterThan(10)
  })
})

describe('an answer that is too big for UDP', () => {
  test('is fetched over TCP', async () => {
    const many = Array.from({ length: 300 }, (_, index) => mxRecord('acme.example', 10, `mx${index}.acme.example`))
    const server = await dns(asked =>
      asked.over === 'udp' ? [truncated(asked)] : [withLength(dnsAnswer(asked, many))],
    )
    const answer = await ask(server)
    expect(answer.kind === 'records' && answer.records.length).toBe(300)
    expect(how(server)).toBe('udp 1232, tcp 1232')
  })

  test('may come in pieces', async () => {
    const server = await dns(asked => {
      if (asked.over === 'udp') return [truncated(asked)]
      return [...withLength(dnsAnswer(asked, [mx]))].map(byte => Buffer.from([byte]))
    })
    expect(await ask(server)).toEqual(records)
  })

  test.each<[string, (asked: DnsAsked) => DnsSaid]>([
    ['nothing', () => [hangUp]],
    ['half of it', asked => [...goodOverTcp(asked).map(whole => whole.subarray(0, 20)), hangUp]],
    ['more than is read', asked => [withLength(dnsAnswer(asked, [mx]), 65_535)]],
    ['garbage', () => [withLength(Buffer.from('garbage'))]],
    ['an answer to something else', asked => goodOverTcp({ ...asked, id: asked.id ^ 1 })],
    ['that it is too big once more', asked => [withLength(truncated(asked))]],
    ['nothing for as long as one waits', silent],
  ])('where TCP gives %s, another server is asked', async (_, say) => {
    const server = await dns(asked => (asked.over === 'udp' ? [truncated(asked)] : say(asked)))
    const other = await dns(good)
    expect(await ask(server, other)).toEqual(records)
    expect(how(server)).toBe('udp 1232, tcp 1232')
  })

  test('where nobody listens for TCP, another server is asked', async () => {
    const server = await dns(asked => [truncated(asked)], { withTcp: false })
    const other = await dns(good)
    expect(await ask(server, other)).toEqual(records)
  })
})

describe('what is no answer is passed over', () => {
  test.each<[string, (asked: DnsAsked) => Buffer]>([
    ['another id', asked => dnsAnswer({ ...asked, id: asked.id ^ 1 }, [mx])],
    ['another question', asked => dnsAnswer({ ...asked, name: 'other.example' }, [mx])],
    ['garbage', () => Buffer.from('garbage')],
    ['nothing', () => Buffer.alloc(0)],
    ['half of it', asked => dnsAnswer(asked, [mx]).subarray(0, 40)],
    ['more than is read', asked => Buffer.concat([dnsAnswer(asked, [mx]), Buffer.alloc(16 * 1024)])],
  ])('%s', async (_, strange) => {
    const server = await dns(asked => [strange(asked), ...good(asked)])
    expect(await ask(server)).toEqual(records)
    expect(how(server)).toBe('udp 1232')
  })

  test('but not for ever', async () => {
    const server = await dns(asked => [...Array(20).fill(Buffer.from('garbage')), ...good(asked)])
    expect(await ask(server)).toMatchObject({ kind: 'no answer', heard: false })
    expect(how(server)).toBe('udp 1232, udp plain')
  })

  test('and what comes from elsewhere is not even seen', async () => {
    const server = await dns(() => [])
    const other = await dns(good)
    const asking = ask(server)
    const [asked] = await heard(server)
    if (asked === undefined) throw new Error('the server was not asked')
    // The other server knows all that the first one knows, and answers from its own port.
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
    await new Promise(resolve => socket.send(good(asked)[0] ?? '', asked.from, '127.0.0.1', resolve))
    socket.close()
    // On loopback it has arrived by now, and would be read in one of the next turns.
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    clock.pass()
    await heard(server, 2)
    clock.pass()
    expect(await asking).toMatchObject({ kind: 'no answer', heard: false })
    expect(how(other)).toBe('')
  })
})

/** What a server has been asked, once it is so many questions. */
async function heard(server: LoopbackDns, count = 1): Promise<readonly DnsAsked[]> {
  while (server.asked.length < count) await new Promise(resolve => setImmediate(resolve))
  return server.asked
}

describe('servers that do not answer', () => {
  test('are asked in turn, and once more without EDNS and with more patience', async () => {
    const servers = [await dns(silent), await dns(silent), await dns(silent), await dns(good)]
    const [one, two, three] = servers
    expect(await ask(...servers)).toEqual({
      kind: 'no answer',
      heard: false,
      detail: `nothing from 127.0.0.1:${one?.port}, 127.0.0.1:${two?.port}, 127.0.0.1:${three?.port}`,
    })
    expect(servers.map(how)).toEqual([
      'udp 1232, udp plain',
      'udp 1232, udp plain',
      'udp 1232, udp plain',
      // No more than three are asked.
      '',
    ])
    expect(clock.waits).toEqual([2000, 2000, 2000, 3000, 3000, 3000])
  })

  test('at first may do so when asked again', async () => {
    let asked = 0
    const server = await dns(question => {
      asked += 1
      return asked === 1 ? silent() : good(question)
    })
    expect(await ask(server)).toEqual(records)
  })

  test('are heard no more once their time is over', async () => {
    let late: Buffer | undefined
    const server = await dns(asked => {
      if (late === undefined) {
        late = good(asked)[0]
        return silent()
      }
      return [late, ...good(asked)]
    })
    expect(await ask(server)).toEqual(records)
    expect(how(server)).toBe('udp 1232, udp plain')
  })

  test('to EDNS are understood without it', async () => {
    const server = await dns(asked =>
      asked.ednsBytes === null ? good(asked) : [dnsAnswer(asked, [], { flags: rcodes.FORMERR, questions: [] })],
    )
    expect(await ask(server)).toEqual(records)
    expect(how(server)).toBe('udp 1232, udp plain')
  })

  test.each(['SERVFAIL', 'REFUSED', 'NOTIMP'] as const)('but say %s are passed over for the next', async rcode => {
    const server = await dns(asked => [dnsAnswer(asked, [], { flags: rcodes[rcode] })])
    const other = await dns(good)
    expect(await ask(server, other)).toEqual(records)
    expect(await ask(server)).toEqual({ kind: 'no answer', heard: true, detail: `127.0.0.1:${server.port}: ${rcode}` })
  })

  test('are not asked first when another has answered', async () => {
    const [dead, alive] = [await dns(refused), await dns(good)]
    const one = asker(dead, alive)
    for (let count = 0; count < 3; count++) {
      expect(await one('acme.example', new AbortController().signal)).toEqual(records)
    }
    expect([how(dead), how(alive)]).toEqual(['udp 1232', 'udp 1232, udp 1232, udp 1232'])
  })

  test('because nobody listens there are not waited for', async () => {
    const closed = await dns(good)
    await Promise.all(open.splice(0).map(each => each.close()))
    expect(await ask(closed)).toMatchObject({ kind: 'no answer', heard: false })
  })

  test('because they cannot be reached are not waited for', async () => {
    const nowhere = { host: 'fe80::1%no-such-link', port: 53 }
    expect(await ask(nowhere)).toMatchObject({ kind: 'no answer', heard: false })
  })

  test('because there are none', async () => {
    expect(await ask()).toEqual({ kind: 'no answer', heard: false, detail: 'no DNS server is known' })
  })
})

describe('a question that is no longer wanted', () => {
  test('ends at once', async () => {
    const server = await dns(() => [])
    const over = new AbortController()
    const asking = asker(server, server, server)('acme.example', over.signal)
    await heard(server)
    over.abort()
    expect(await asking).toMatchObject({ kind: 'no answer' })
    expect(how(server)).toBe('udp 1232')
  })

  test('ends over TCP too', async () => {
    const over = new AbortController()
    const server = await dns(asked => {
      if (asked.over === 'udp') return [truncated(asked)]
      over.abort()
      return []
    })
    expect(await asker(server)('acme.example', over.signal)).toMatchObject({ kind: 'no answer' })
  })

  test('is not asked', async () => {
    const server = await dns(good)
    expect(await asker(server)('acme.example', AbortSignal.abort())).toMatchObject({ kind: 'no answer' })
    expect(how(server)).toBe('')
  })
})
