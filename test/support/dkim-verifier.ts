/**
 * Verifies DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, with Node's crypto alone and character by character: it
 * shares no line with what signs, and names what is wrong.
 */

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'

export interface Verdict {
  readonly domain: string
  readonly selector: string
  readonly algorithm: string
  /** The names of `h=`, in lower case. */
  readonly signed: readonly string[]
  readonly verdict: 'pass' | 'body has changed' | 'headers have changed'
}

/** One verdict for each signature, from the top; `keys` by `SELECTOR._domainkey.DOMAIN`. */
export function verifyDkim(message: Buffer, keys: Readonly<Record<string, KeyObject>>): readonly Verdict[] {
  const raw = message.toString('latin1')
  const at = raw.indexOf('\r\n\r\n')
  const fields = raw.slice(0, at).split(/\r\n(?![ \t])/)
  const bodyHash = createHash('sha256')
    .update(bodyOf(raw.slice(at + 4)), 'latin1')
    .digest('base64')
  return fields.filter(isSignature).map(field => {
    const tags = tagsOf(field)
    const domain = tags['d'] ?? ''
    const selector = tags['s'] ?? ''
    const algorithm = tags['a'] ?? ''
    const signed = (tags['h'] ?? '').toLowerCase().split(/\s*:\s*/)
    const about = { domain, selector, algorithm, signed }
    if (tags['v'] !== '1' || tags['c'] !== 'relaxed/relaxed') throw new Error(`not of the kind that is read: ${field}`)
    if (tags['bh'] !== bodyHash) return { ...about, verdict: 'body has changed' }
    const key = keys[`${selector}._domainkey.${domain}`]
    if (key === undefined) throw new Error(`there is no key ${selector} of ${domain}`)
    const text = `${chosen(signed, fields)}${headerOf(field.replace(/(\bb\s*=)[^;]*$/, '$1'))}`
    const isGood =
      algorithm === 'ed25519-sha256'
        ? verify(null, createHash('sha256').update(text, 'latin1').digest(), key, signatureOf(tags))
        : verify('sha256', Buffer.from(text, 'latin1'), key, signatureOf(tags))
    return { ...about, verdict: isGood ? 'pass' : 'headers have changed' }
  })
}

/** The TXT record of a key, as DNS would publish it (RFC 6376, section 3.6.1; RFC 8463, section 4). */
export function dkimRecord(privateKey: KeyObject): string {
  const key = createPublicKey(privateKey)
  if (key.asymmetricKeyType === 'ed25519')
    return `v=DKIM1; k=ed25519; p=${Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')}`
  return `v=DKIM1; k=rsa; p=${key.export({ type: 'spki', format: 'der' }).toString('base64')}`
}

const isSignature = (field: string): boolean => /^dkim-signature[ \t]*:/i.test(field)

function tagsOf(field: string): Record<string, string> {
  const tags = field.slice(field.indexOf(':') + 1).split(';')
  return Object.fromEntries(
    tags.map(tag => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).replace(/\s+/g, '')]),
  )
}

function signatureOf(tags: Record<string, string>): Buffer {
  return Buffer.from(tags['b'] ?? '', 'base64')
}

/** From the bottom up, each field once (RFC 6376, section 5.4.2). */
function chosen(names: readonly string[], fields: readonly string[]): string {
  const left = fields.filter(field => !isSignature(field)).reverse()
  let text = ''
  for (const name of names) {
    const index = left.findIndex(field => field.split(':', 1)[0]?.trim().toLowerCase() === name)
    for (const field of index === -1 ? [] : left.splice(index, 1)) text += `${headerOf(field)}\r\n`
  }
  return text
}

function headerOf(field: string): string {
  const [name = '', ...rest] = field.split(':')
  return `${name.trim().toLowerCase()}:${squeezed(rest.join(':').split('\r\n').join('')).trim()}`
}

function bodyOf(body: string): string {
  const lines = body.split('\r\n').map(line => squeezed(line).replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map(line => `${line}\r\n`).join('')
}

function squeezed(text: string): string {
  let result = ''
  for (const character of text.replaceAll('\t', ' '))
    if (character !== ' ' || !result.endsWith(' ')) result += character
  return result
}
