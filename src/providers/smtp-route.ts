/** An open SMTP route: makes each message's bytes and hands them over, one transaction per recipient. */

import { prepareMime } from '../content/mime.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import type { ReadText } from './ca-file.ts'
import { signed } from './dkim.ts'
import { readDkimKeys } from './dkim-options.ts'
import { redactor } from './http-secret.ts'
import type { Profile, Provider, RouteOpening } from './provider.ts'
import { checkServers } from './smtp-check.ts'
import { xoauth2 } from './smtp-login.ts'
import { readSmtpSettings, type SmtpSettings } from './smtp-options.ts'
import { SmtpPool } from './smtp-pool.ts'

export async function openSmtpRoute(profile: Profile, opening: RouteOpening, readText: ReadText): Promise<Provider> {
  const settings = await readSmtpSettings(opening, readText)
  const keys = await readDkimKeys(opening)
  const pool = new SmtpPool(settings, opening.route.concurrency, opening.nowMs)
  const mime = prepareMime(opening.content)
  // Made anew for each text, for access tokens come and go.
  const redact = (text: string) => redactor(secretsOf(settings))(text)

  async function handOver(message: FilledMessage, signal: AbortSignal): Promise<Outcome> {
    const { to, messageId } = message
    const atMs = opening.nowMs()
    const unsigned = mime(message, atMs)
    const bytes = keys.length === 0 ? unsigned : await signed(unsigned, keys, atMs)
    const outcome = await pool.deliver({ to, messageId, bytes }, signal)
    if (outcome.kind === 'accepted') return outcome
    return { ...outcome, cause: { ...outcome.cause, text: redact(outcome.cause.text) } }
  }

  return {
    profile,
    fits: () => 1,
    async send(parcel, signal) {
      const [message] = parcel
      if (message === undefined || parcel.length > 1)
        throw new InvariantError(`a parcel of ${parcel.length} messages for a route that takes one`)
      return [await handOver(message, signal)]
    },
    async check(signal) {
      const found = await checkServers(settings, { signal, nowMs: opening.nowMs })
      return found.map(each => ({ ...each, words: causeText(redact(each.words)) }))
    },
    async close() {
      pool.close()
    },
  }
}

/**
 * A server may repeat what it was sent: the password by itself (AUTH LOGIN) or in one piece with the user (AUTH PLAIN), or
 * the token with its user (AUTH XOAUTH2).
 */
function secretsOf({ login }: SmtpSettings): readonly string[] {
  if (login === null) return []
  if (login.by === 'password') return [login.password, `\0${login.user}\0${login.password}`]
  return login.token.secrets.flatMap(token => [token, xoauth2(login.user, token)])
}
