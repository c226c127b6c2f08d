/**
 * Signs messages with DKIM (RFC 6376; Ed25519 by RFC 8463), relaxed/relaxed. A signature by a key of 2,048 bits takes half a
 * millisecond of a processor, so `crypto.sign` makes it on Node's threads while this one goes on: with a callback, the
 * event loop is busy for a sixth of that. nodemailer's signer has RSA alone, on this thread, and streams of its own.
 */

import { createHash, type KeyObject, sign, subtle } from 'node:crypto'
import { promisify } from 'node:util'
import { relaxedBody, relaxedHeader } from './dkim-canonical.ts'

export interface DkimKey {
  /** The domain that answers for the message, in lower case and punycode. */
  readonly domain: string
  /** The key's name: its public half is the TXT record `SELECTOR._domainkey.DOMAIN`. */
  readonly selector: string
  /** RSA or Ed25519. */
  readonly privateKey: KeyObject
}

/**
 * What is signed of a message that has it. RFC 8058, section 4, demands List-Unsubscribe and List-Unsubscribe-Post.
 * From is named once more than it is there, so that nobody can add one (RFC 6376, section 8.15).
 */
const signedHeaders = [
  'From',
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'Reply-To',
  'MIME-Version',
  'Content-Type',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
]

/** The message with a signature by each key before it; `atMs` is when it is signed. */
export async function signed(message: Buffer, keys: readonly DkimKey[], atMs: number): Promise<Buffer> {
  const headEnd = message.indexOf('\r\n\r\n')
  const fields = fieldsOf(message.toString('latin1', 0, headEnd))
  const bodyHash = await hashOf(relaxedBody(message.subarray(headEnd + 4)))
  const signatures = await Promise.all(keys.map(key => signature(key, fields, bodyHash, atMs)))
  return Buffer.concat([Buffer.from(signatures.join(''), 'latin1'), message])
}

type Field = { readonly name: string; readonly text: string }

/** As bytes, one a character: an address may be in UTF-8, and is signed as it leaves. */
function fieldsOf(head: string): readonly Field[] {
  return head.split(/\r\n(?![ \t])/).map(text => ({ name: text.slice(0, text.indexOf(':')).toLowerCase(), text }))
}

/** Hashed elsewhere from this size on, for it would hold up everything else for milliseconds. */
const largeBytes = 256 * 1024

async function hashOf(pieces: readonly Buffer[]): Promise<string> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (size >= largeBytes) return Buffer.from(await subtle.digest('SHA-256', Buffer.concat(pieces))).toString('base64')
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('base64')
}

async function signature(
  { domain, selector, privateKey }: DkimKey,
  fields: readonly Field[],
  bodyHash: string,
  atMs: number,
): Promise<string> {
  const isEd25519 = privateKey.asymmetricKeyType === 'ed25519'
  const names = signedHeaders.filter(name => fields.some(field => field.name === name.toLowerCase()))
  const unfinished = [
    `DKIM-Signature: v=1; a=${isEd25519 ? 'ed25519' : 'rsa'}-sha256; c=relaxed/relaxed;`,
    ` d=${domain}; s=${selector};`,
    ` t=${Math.floor(atMs / 1000)}; h=${inLines(names)};`,
    ` bh=${bodyHash};`,
    ' b=',
  ].join('\r\n')
  const value = await signatureOf(`${signedText(names, fields)}${relaxedHeader(unfinished)}`, privateKey, isEd25519)
  return `${unfinished}${value.replace(/.{72}(?=.)/g, '$&\r\n ')}\r\n`
}

/** White space may stand beside the colons (RFC 6376, section 3.5, `h=`). */
function inLines(names: readonly string[]): string {
  return names.map((name, index) => (index > 0 && index % 4 === 0 ? `\r\n  ${name}` : name)).join(':')
}

/** Of a name that is given more often than there are fields, the first ones count, from below, and the rest are nothing. */
function signedText(names: readonly string[], fields: readonly Field[]): string {
  const left = [...fields]
  let text = ''
  for (const name of names) {
    const at = left.findLastIndex(field => field.name === name.toLowerCase())
    const [field] = at === -1 ? [] : left.splice(at, 1)
    if (field !== undefined) text += `${relaxedHeader(field.text)}\r\n`
  }
  return text
}

const signElsewhere: (algorithm: string | undefined, data: Buffer, key: KeyObject) => Promise<Buffer> = promisify(sign)

/** RFC 8463, section 3: Ed25519 signs the SHA-256 of what RSA would sign. */
async function signatureOf(text: string, key: KeyObject, isEd25519: boolean): Promise<string> {
  const data = Buffer.from(text, 'latin1')
  const value = isEd25519
    ? await signElsewhere(undefined, createHash('sha256').update(data).digest(), key)
    : await signElsewhere('sha256', data, key)
  return value.toString('base64')
}
