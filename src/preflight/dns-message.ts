/**
 * Questions for MX records and the answers to them, as bytes (RFC 1035; EDNS: RFC 6891). The packets are dns-packet's to
 * write and read; what an answer means is decided here. Nothing of an answer is believed before it has been seen to be one
 * to this question.
 */

import { type Answer, type DecodedPacket, decode, encode, RECURSION_DESIRED } from 'dns-packet'
import type { MxAnswer, MxRecord } from '../model/mx.ts'

export interface MxQuestion {
  /** From 0 to 65535, and not to be guessed. */
  readonly id: number
  /** Lower case, punycode. */
  readonly domain: string
}

/** What a server says to a question. */
export type MxReply =
  | Exclude<MxAnswer, { kind: 'no answer' }>
  /** There is more than fits; to be asked again over TCP. */
  | { readonly kind: 'truncated' }
  /** It cannot or will not tell: `SERVFAIL`, `REFUSED`. */
  | { readonly kind: 'failure'; readonly why: string }

/** The largest answer over UDP that is asked for: what passes every network in one piece (DNS flag day 2020). */
const udpPayloadBytes = 1232

/** Names that stand for one another in a row, at most; resolvers follow about as many. */
const aliasesMax = 8

/** The bytes of a question. `edns` allows answers beyond 512 bytes, which very old servers and firewalls do not understand. */
export function mxQuery({ id, domain }: MxQuestion, edns: boolean): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: 'MX', name: domain }],
    additionals: edns ? [options] : [],
  })
}

const options: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: udpPayloadBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

/** Reads what came back; undefined if it is no reply to this question, whatever else it is. */
export function readMxReply(message: Buffer, question: MxQuestion): MxReply | undefined {
  if (message.length < headerBytes || message.readUInt16BE(0) !== question.id) return undefined
  // What was cut off may be cut anywhere, and cannot be read to its end.
  if (isTruncated(message)) return { kind: 'truncated' }
  const packet = decoded(message)
  if (packet === undefined || packet.type !== 'response') return undefined
  const rcode = extendedRcode(packet) ?? packet.rcode
  const failed = rcode !== 'NOERROR' && rcode !== 'NXDOMAIN'
  // A server that cannot read a question may not repeat it.
  if (!repeats(packet, question) && !(failed && packet.questions?.length === 0)) return undefined
  if (failed) return { kind: 'failure', why: rcode }
  if (rcode === 'NXDOMAIN') return { kind: 'no such domain' }
  if (isReferral(packet)) return { kind: 'failure', why: 'it does not look up names for others' }
  return recordsOf(packet.answers ?? [], question.domain)
}

const headerBytes = 12

/** The packet with its response code, which dns-packet's types leave out. */
interface Decoded extends DecodedPacket {
  readonly rcode: string
}

function decoded(message: Buffer): Decoded | undefined {
  try {
    return decode(message) as Decoded
  } catch {
    return undefined
  }
}

/** The bits QR and TC of RFC 1035, section 4.1.1. */
function isTruncated(message: Buffer): boolean {
  return (message.readUInt8(2) & 0x82) === 0x82
}

/** Codes of which the upper bits stand in the OPT record (RFC 6891, section 6.1.3), such as 16: EDNS is too new for it. */
function extendedRcode({ additionals = [], flags = 0 }: Decoded): string | undefined {
  const option = additionals.find(each => each.type === 'OPT')
  return option === undefined || option.extendedRcode === 0
    ? undefined
    : `RCODE_${option.extendedRcode * 16 + (flags & 0x0f)}`
}

function repeats({ questions = [] }: Decoded, { domain }: MxQuestion): boolean {
  const [asked, ...more] = questions
  return asked?.type === 'MX' && asked.class === 'IN' && asked.name.toLowerCase() === domain && more.length === 0
}

/** A server that is asked for what it does not know names others to ask, if it does not do that itself. */
function isReferral({ flag_aa, answers = [], authorities = [] }: Decoded): boolean {
  const has = (type: string): boolean => authorities.some(each => each.type === type)
  return !flag_aa && answers.length === 0 && has('NS') && !has('SOA')
}

/** The MX records of the name, or of the name for which it stands as the answer itself says. */
function recordsOf(answers: readonly Answer[], domain: string): MxReply {
  let name = domain
  let ttlMs = longestTtlMs
  for (let aliases = 0; aliases <= aliasesMax; aliases++) {
    const ofName = answers.filter(each => each.name.toLowerCase() === name)
    const found = ofName.flatMap(each => (each.type === 'MX' && each.class === 'IN' ? each : []))
    if (found.length > 0) {
      const records = found.map(({ data }): MxRecord => ({ priority: data.preference ?? 0, exchange: data.exchange }))
      return { kind: 'records', records, ttlMs: Math.min(ttlMs, ...found.map(ttlMsOf)) }
    }
    const [alias] = ofName.flatMap(each => (each.type === 'CNAME' ? each : []))
    if (alias === undefined) break
    ttlMs = Math.min(ttlMs, ttlMsOf(alias))
    name = alias.data.toLowerCase()
  }
  return { kind: 'no records' }
}

/** A TTL is at most 2^31 - 1 seconds, and anything beyond counts as 0 (RFC 2181, section 8). */
const longestTtlMs = (2 ** 31 - 1) * 1000

function ttlMsOf({ ttl = 0 }: { readonly ttl?: number | undefined }): number {
  return ttl * 1000 > longestTtlMs ? 0 : ttl * 1000
}
