/**
 * Logs in on a connection. A refusal for good (535) is the route's end, whatever the mechanism; only an access token is
 * tried once more, if there is another by then.
 */

import { UserError } from '../model/errors.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { failureOutcome } from './smtp-failure.ts'
import type { Login } from './smtp-login-options.ts'
import { classifyReply, parseReply } from './smtp-reply.ts'
import type { SmtpSession } from './smtp-session.ts'

/** Null if the server lets us in. */
export async function logIn(session: SmtpSession, login: Login, signal: AbortSignal): Promise<Outcome | null> {
  if (!session.allowsAuth) return notOffered('the server offers no AUTH on this connection')
  const { mechanisms } = session.offer
  const wanted = login.by === 'token' ? 'XOAUTH2' : login.mechanism
  // A server that knows only HELO says nothing of mechanisms and may know one for all that.
  if (mechanisms.length > 0) {
    const able = wanted === null ? ['PLAIN', 'LOGIN', 'CRAM-MD5'] : [wanted]
    if (!able.some(mechanism => mechanisms.includes(mechanism)))
      return notOffered(`the server offers AUTH ${mechanisms.join(' ')}, and not ${able.join(', ')}`)
  }
  if (login.by === 'password') return session.authenticate(login, signal)
  return logInByToken(session, login, signal)
}

async function logInByToken(
  session: SmtpSession,
  { user, token }: Extract<Login, { by: 'token' }>,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const first = token.current
  const refusal = await offerToken(session, user, first, signal)
  if (refusal === null || refusal.kind !== 'refused' || refusal.cause.class !== 'auth') return refusal
  let second: string
  try {
    second = await Promise.race([token.renewed(first), ended(signal)])
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    // Where tokens come from may be out of order for a while; another server of ours would take this one no more gladly.
    const text = causeText(`the access token was refused, and there is no other: ${error.message}`)
    return { kind: 'deferred', scope: 'route', cause: { class: 'auth', text } }
  }
  return second === first ? refusal : offerToken(session, user, second, signal)
}

/** Resolves when the call is to end; whatever is offered then is answered by that end. */
function ended(signal: AbortSignal): Promise<string> {
  return new Promise(resolve => {
    if (signal.aborted) resolve('')
    else signal.addEventListener('abort', () => resolve(''), { once: true })
  })
}

/**
 * XOAUTH2 as Google and Microsoft describe it: user and token in one piece. A refusal comes in two parts, 334 with its
 * grounds in JSON, and after an empty line of ours the reply that counts.
 */
async function offerToken(
  session: SmtpSession,
  user: string,
  token: string,
  signal: AbortSignal,
): Promise<Outcome | null> {
  let reply = await session.ask(`AUTH XOAUTH2 ${xoauth2(user, token)}`, signal)
  if (typeof reply === 'string' && /^334([ -]|$)/.test(reply)) reply = await session.ask('', signal)
  if (reply instanceof Error) return failureOutcome(reply, 'login')
  if (/^235([ -]|$)/.test(reply)) return null
  const { code, text } = parseReply(reply)
  if (code !== undefined) return classifyReply({ stage: 'auth', code, text })
  const odd = causeText(`an answer to AUTH that is none: ${reply}`)
  return { kind: 'deferred', scope: 'route', cause: { class: 'transient', code: 'EPROTOCOL', text: odd } }
}

/** What stands for the token on the wire. */
export function xoauth2(user: string, token: string): string {
  return Buffer.from(`user=${user}\x01auth=Bearer ${token}\x01\x01`).toString('base64')
}

function notOffered(what: string): Outcome {
  const text = causeText(`${what}, so there is no way to log in`)
  return { kind: 'refused', scope: 'route', cause: { class: 'config', text } }
}
