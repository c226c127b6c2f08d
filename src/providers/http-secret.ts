/**
 * Secrets on their way into a request, and out of what comes back. A provider may echo a key in its error; no text that
 * leaves this room holds one.
 */

import { UserError } from '../model/errors.ts'
import type { Secret } from '../model/secret.ts'

/** A secret as the value of a header. Throws UserError, not repeating it, if it holds what no key holds; `where` names the route. */
export function headerSecret(secret: Secret, option: string, where: string): string {
  const value = secret.reveal()
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw new UserError(
    value === '' ? `${option} is empty` : `${option} holds a space, a line break or a character that no key has`,
    { where, remedy: `Check where ${option} is taken from.` },
  )
}

/** Takes secrets out of a text, also in the forms in which a request carries them. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // A very short value would blot out half of every text and is no secret worth the name.
  const forms = [...new Set(secrets.filter(secret => secret.length >= 4).flatMap(formsOf))]
  forms.sort((a, b) => b.length - a.length)
  return text => {
    let clean = text
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '[secret]')
    return clean
  }
}

/** The secrets of a route, which come to be known one after the other, and a redactor of all that are known by then. */
export class KnownSecrets {
  readonly #secrets = new Set<string>()
  #redact = redactor([])

  readonly redact = (text: string): string => this.#redact(text)

  readonly keep = (secret: string): void => {
    if (this.#secrets.has(secret)) return
    this.#secrets.add(secret)
    this.#redact = redactor([...this.#secrets])
  }
}

/** As it is, in a URL, in JSON, and in HTTP Basic authorization (RFC 7617), whose user name some vendors fix as `api`. */
function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(`api:${secret}`).toString('base64'),
  ]
}
