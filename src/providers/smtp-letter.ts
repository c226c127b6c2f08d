/** A message on its way: what is said of it before its first byte, and its bytes as they leave. */

import { Readable } from 'node:stream'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Address } from '../model/address.ts'
import type { Phase } from './smtp-failure.ts'
import type { SmtpSettings } from './smtp-options.ts'
import { returnPathTo } from './smtp-return-path.ts'

/** The message is fed to the socket in pieces as it takes them, so that one cut off early is known to be. */
const chunkBytes = 16 * 1024

/** A message in its envelope. */
export interface Letter {
  readonly to: Address
  readonly messageId: string
  readonly bytes: Buffer
}

/** The library says of it what the server has offered, and no more. */
export function envelopeOf(
  { to, messageId, bytes }: Letter,
  { returnPath, dsn }: Pick<SmtpSettings, 'returnPath' | 'dsn'>,
): SMTPConnection.Envelope {
  const envid = messageId.replace(/^<(.*)>$/, '$1')
  return {
    from: returnPathTo(returnPath, to),
    to: [to],
    size: bytes.length,
    use8BitMime: !isAscii(to),
    // RFC 3461: an ENVID has 100 characters at most, of which none is to be written as three.
    ...(dsn && /^[\x21-\x2a\x2c-\x3c\x3e-\x7e]{1,100}$/.test(envid) ? { dsn: { ret: 'HDRS', envid } } : {}),
  }
}

/**
 * The message as a stream that tells how far it has been taken. Nobody reads it before the server has answered DATA; its
 * end is told before the final dot is made.
 */
export function bodyOf(bytes: Buffer, tell: (phase: Phase) => void): Readable {
  let offset = 0
  const body = new Readable({
    highWaterMark: 1,
    read() {
      if (offset === 0) tell('body')
      const chunk = bytes.subarray(offset, offset + chunkBytes)
      offset += chunkBytes
      this.push(chunk.length === 0 ? null : chunk)
    },
  })
  return body.once('end', () => tell('ended'))
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}
