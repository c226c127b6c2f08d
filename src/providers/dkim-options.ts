/**
 * The `dkim:` option of a route: whose keys sign its messages. What is wrong with a key is said before anything leaves, and
 * never with anything of the key in it.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { getDomain } from 'tldts'
import { z } from 'zod'
import { domainOf, parseDomain } from '../model/address.ts'
import type { Json } from '../model/edition.ts'
import { InvariantError, UserError } from '../model/errors.ts'
import type { DkimKey } from './dkim.ts'
import type { RouteOpening } from './provider.ts'
import { holdingSecrets, requiredSecret, secretKeys } from './secret-option.ts'

const keyOptions = z.strictObject({
  domain: z
    .string()
    .refine(text => parseDomain(text) !== undefined, { error: 'is not a domain' })
    .describe('Domain that answers for the mail: that of the From address, or one that it belongs to'),
  selector: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i, {
      error: 'is not a selector',
    })
    .describe('Name of the key: its public half is the TXT record SELECTOR._domainkey.DOMAIN'),
  ...secretKeys('private_key', { description: 'RSA or Ed25519 key as PEM' }),
})

/** How many keys may sign: one of each kind, and those of an old and a new selector. */
const keysMax = 4

export const dkimOptions = {
  dkim: holdingSecrets(
    z
      .union([keyOptions, z.array(keyOptions).min(1, { error: 'is empty' }).max(keysMax)], {
        error: 'expected is a mapping with domain, selector and private_key, or a list of such',
      })
      .optional()
      .describe('Signs every message with DKIM, by one key or by each of a list'),
    keyOptions,
  ),
}

/** The keys of a route, none if it does not sign. Throws UserError for keys of no use and domains that are not the sender's. */
export async function readDkimKeys({ route, content, secret }: RouteOpening): Promise<readonly DkimKey[]> {
  const where = `route ${route.name}`
  const { dkim } = route.options
  const given = dkim === undefined ? [] : Array.isArray(dkim) ? (dkim as readonly Json[]) : [dkim]
  const keys: DkimKey[] = []
  for (const each of given) {
    const { domain, selector } = namesSchema.parse(each)
    const pem = (await secret(requiredSecret(each as Readonly<Record<string, Json>>, 'private_key'))).reveal()
    const place = `${where}: dkim, selector ${selector}`
    keys.push({ domain: asciiDomain(domain), selector: selector.toLowerCase(), privateKey: readKey(pem, place) })
  }
  checkAligned(keys, domainOf(content.from.address), where)
  return keys
}

const namesSchema = z.object({ domain: z.string(), selector: z.string() })

function asciiDomain(text: string): string {
  const domain = parseDomain(text)
  if (domain === undefined) throw new InvariantError('a domain that is none has passed the check of the campaign file')
  return domain
}

/** RFC 8301, section 3.2: receivers must not take signatures by shorter ones. */
const rsaMinBits = 1024

function readKey(text: string, where: string): KeyObject {
  const key = parsedKey(text, where)
  if (key.asymmetricKeyType === 'ed25519') return key
  if (key.asymmetricKeyType !== 'rsa')
    throw new UserError(`the private key is of the kind ${key.asymmetricKeyType}, which DKIM does not know`, {
      where,
      remedy: makeKey,
    })
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits >= rsaMinBits) return key
  throw new UserError(`the private key has ${bits} bits, and receivers take none below ${rsaMinBits}`, {
    where,
    remedy: makeKey,
  })
}

const makeKey = 'Make one by `openssl genrsa -out news.pem 2048`, and publish its public half.'

/** In an environment variable line breaks are often written as `\n`. */
function parsedKey(text: string, where: string): KeyObject {
  try {
    return createPrivateKey(text.replaceAll('\\n', '\n'))
  } catch (error) {
    const isLocked = /passphrase|ENCRYPTED/.test(`${error instanceof Error ? error.message : ''}${text}`)
    // The cause is left out: it may repeat what it could not read.
    throw new UserError(
      isLocked ? 'the private key is locked by a passphrase' : 'the private key cannot be read: it is no key as PEM',
      {
        where,
        remedy: isLocked
          ? 'Give a key without one: `openssl pkey -in locked.pem -out news.pem`.'
          : 'It begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----.',
      },
    )
  }
}

/**
 * RFC 7489, section 3.1.1: for DMARC a signature counts if its domain and that of the From address have one organisation.
 * One that counts is enough; a list may hold another, of whoever carries the mail.
 */
function checkAligned(keys: readonly DkimKey[], from: string, where: string): void {
  const organisation = (domain: string) => getDomain(domain) ?? domain
  if (keys.length === 0 || keys.some(({ domain }) => organisation(domain) === organisation(from))) return
  const domains = [...new Set(keys.map(({ domain }) => domain))].join(' and ')
  throw new UserError(`dkim signs for ${domains}, and the mail is from ${from}: receivers would not count that`, {
    where,
    remedy: `Sign for ${organisation(from)}, with a key that its DNS publishes.`,
  })
}
