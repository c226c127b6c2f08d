import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MxReply, mxQuery, readMxReply } from '../../src/preflight/dns-message.ts'
import { alias, type DnsAsked, dnsAnswer, mxRecord, rcodes } from '../support/dns-server.ts'

const question = { id: 4711, domain: 'acme.example' }
const asked = { id: question.id, name: question.domain } as DnsAsked

function read(answers: readonly Answer[], more: Packet = {}): MxReply | undefined {
  return readMxReply(dnsAnswer(asked, answers, more), question)
}

/** `10 mx.acme.example for 300 s`, `no records`, … */
function said(reply: MxReply | undefined): string {
  if (reply?.kind === 'failure') return `failure: ${reply.why}`
  if (reply?.kind !== 'records') return reply?.kind ?? 'no reply'
  const hosts = reply.records.map(({ priority, exchange }) => `${priority} ${exchange}`)
  return `${hosts.join(', ')} for ${reply.ttlMs / 1000} s`
}

describe('a question', () => {
  test('is for the MX records of one name, and for somebody else to look up', () => {
    const { type, id, flag_rd, questions, additionals } = decode(mxQuery(question, true))
    expect({ type, id, flag_rd, questions }).toEqual({
      type: 'query',
      id: 4711,
      flag_rd: true,
      questions: [{ type: 'MX', class: 'IN', name: 'acme.example' }],
    })
    expect(additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232, ednsVersion: 0 }])
  })

  test('can be without EDNS', () => {
    expect(decode(mxQuery(question, false)).additionals).toEqual([])
  })
})

describe('what a reply says', () => {
  const mx = mxRecord('acme.example', 10, 'mx.acme.example')
  const soa: Answer = { type: 'SOA', name: 'example', ttl: 300, data: { mname: 'ns.example', rname: 'x.example' } }
  const ns: Answer = { type: 'NS', name: 'example', ttl: 300, data: 'ns.example' }
  const chain = (count: number): Answer[] =>
    Array.from({ length: count }, (_, index) =>
      alias(index === 0 ? 'acme.example' : `a${index}.example`, `a${index + 1}.example`),
    )

  test.each<[string, readonly Answer[], Packet, string]>([
    ['one record', [mx], {}, '10 mx.acme.example for 300 s'],
    [
      'several, with the shortest time',
      [mx, mxRecord('acme.example', 20, 'mx2.acme.example', 60)],
      {},
      '10 mx.acme.example, 20 mx2.acme.example for 60 s',
    ],
    ['a name in other letters', [mxRecord('ACME.Example', 10, 'MX.acme.example')], {}, '10 MX.acme.example for 300 s'],
    ['the null MX', [mxRecord('acme.example', 0, '.')], {}, '0 . for 300 s'],
    [
      'a time beyond all limits counts as none',
      [mxRecord('acme.example', 0, 'mx.example', 2 ** 31)],
      {},
      '0 mx.example for 0 s',
    ],
    ['no time', [mxRecord('acme.example', 0, 'mx.example', 0)], {}, '0 mx.example for 0 s'],

    ['no records', [], { authorities: [soa] }, 'no records'],
    ['no records, without a word more', [], {}, 'no records'],
    ['records of another name', [mxRecord('other.example', 10, 'mx.other.example')], {}, 'no records'],
    ['records of another kind', [{ type: 'A', name: 'acme.example', ttl: 300, data: '192.0.2.1' }], {}, 'no records'],
    ['records of another class', [{ ...mx, class: 'CH' } as Answer], {}, 'no records'],
    ['no such domain', [], { flags: rcodes.NXDOMAIN }, 'no such domain'],

    [
      'an alias',
      [alias('acme.example', 'Other.example', 30), mxRecord('other.example', 5, 'mx.example')],
      {},
      '5 mx.example for 30 s',
    ],
    [
      'aliases in any order',
      [mxRecord('a2.example', 5, 'mx.example'), ...chain(2).reverse()],
      {},
      '5 mx.example for 300 s',
    ],
    [
      'as many aliases as are followed',
      [...chain(8), mxRecord('a8.example', 5, 'mx.example')],
      {},
      '5 mx.example for 300 s',
    ],
    ['one more', [...chain(9), mxRecord('a9.example', 5, 'mx.example')], {}, 'no records'],
    [
      'aliases that go round',
      [alias('acme.example', 'a.example'), alias('a.example', 'acme.example')],
      {},
      'no records',
    ],
    ['an alias of nothing', [alias('acme.example', 'a.example')], {}, 'no records'],

    ['SERVFAIL', [], { flags: rcodes.SERVFAIL }, 'failure: SERVFAIL'],
    ['REFUSED', [], { flags: rcodes.REFUSED }, 'failure: REFUSED'],
    ['FORMERR', [], { flags: rcodes.FORMERR }, 'failure: FORMERR'],
    ['FORMERR of who could not read the question', [], { flags: rcodes.FORMERR, questions: [] }, 'failure: FORMERR'],
    ['BADVERS, half of which is in the OPT record', [], { additionals: [opt(1)] }, 'failure: RCODE_16'],
    ['an OPT record as usual', [mx], { additionals: [opt(0)] }, '10 mx.acme.example for 300 s'],
    ['others to ask', [], { authorities: [ns] }, 'failure: it does not look up names for others'],
    ['nothing, by the name’s own server', [], { authorities: [ns], flags: AUTHORITATIVE_ANSWER }, 'no records'],
    ['that there is more', [mx], { flags: TRUNCATED_RESPONSE }, 'truncated'],

    ['another question', [mx], { questions: [{ type: 'MX', name: 'other.example' }] }, 'no reply'],
    ['another kind of question', [mx], { questions: [{ type: 'A', name: 'acme.example' }] }, 'no reply'],
    ['another class of question', [mx], { questions: [{ type: 'MX', class: 'CH', name: 'acme.example' }] }, 'no reply'],
    ['two questions', [mx], { questions: Array(2).fill({ type: 'MX', name: 'acme.example' }) }, 'no reply'],
    ['no question', [mx], { questions: [] }, 'no reply'],
    ['no question, and no such domain', [], { questions: [], flags: rcodes.NXDOMAIN }, 'no reply'],
    ['another id', [mx], { id: 4712 }, 'no reply'],
    ['the question itself', [mx], { type: 'query' }, 'no reply'],
  ])('%s', (_, answers, more, expected) => {
    expect(said(read(answers, more))).toBe(expected)
  })

  test('is heard although it was cut off in the middle of a record', () => {
    const whole = dnsAnswer(asked, [mx, mx], { flags: TRUNCATED_RESPONSE })
    expect(said(readMxReply(whole.subarray(0, whole.length - 7), question))).toBe('truncated')
  })
})

function opt(extended: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: extended,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
}

describe('whatever comes, it is read or passed over', () => {
  const whole = dnsAnswer(asked, [alias('acme.example', 'a.example'), mxRecord('a.example', 10, 'mx.acme.example')])

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a header', whole.subarray(0, 11)],
    ['half of it', whole.subarray(0, whole.length / 2)],
    ['a name that goes round', loop()],
    ['a text', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s', (_, message) => {
    expect(readMxReply(message, question)).toBeUndefined()
  })

  test('bytes changed at random, and bytes at random', () => {
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 })
    const changed = changes.map(each => {
      const message = Buffer.from(whole)
      for (const [at, byte] of each) message.writeUInt8(byte, at)
      return message
    })
    const noise = fc.uint8Array({ maxLength: 600 }).map(bytes => Buffer.concat([whole.subarray(0, 2), bytes]))
    const kinds = new Set<string | undefined>()
    fc.assert(
      fc.property(fc.oneof(changed, noise), message => {
        kinds.add(readMxReply(message, question)?.kind)
      }),
      { numRuns: 5000 },
    )
    expect([...kinds]).toEqual(expect.arrayContaining([undefined, 'records', 'truncated']))
  })

  /** The answer's name points at itself. */
  function loop(): Buffer {
    const message = encode({ type: 'response', id: question.id, questions: [{ type: 'MX', name: 'acme.example' }] })
    message.writeUInt16BE(1, 6)
    const pointer = Buffer.alloc(12)
    pointer.writeUInt16BE(0xc000 + message.length, 0)
    return Buffer.concat([message, pointer])
  }
})
