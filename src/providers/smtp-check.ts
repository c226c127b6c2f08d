/**
 * What `mailblast providers test` finds out about a server: whether it is there, how TLS stands, whether it lets us in and
 * takes our sender, and what it offers. No recipient is named and no message is begun: the sender is said in MAIL and
 * taken back by RSET.
 */

import { TLSSocket } from 'node:tls'
import type { Outcome } from '../model/outcome.ts'
import type { Check } from './provider.ts'
import { isTlsTrouble } from './smtp-failure.ts'
import { logIn } from './smtp-login.ts'
import type { SmtpServer, SmtpSettings } from './smtp-options.ts'
import { classifyReply, parseReply } from './smtp-reply.ts'
import { returnPathTo } from './smtp-return-path.ts'
import { SmtpSession } from './smtp-session.ts'
import { serverText } from './smtp-url.ts'

/** Each step may take so long, whatever patience the route has with a message. */
const stepMaxMs = 30_000
/** Authorities renew certificates a month before they end; one that is so near its end was forgotten. */
const renewWithinDays = 14

interface Facts {
  readonly signal: AbortSignal
  readonly nowMs: () => number
}

/** Never rejects; what cannot be asked any more after a failure is left out. */
export async function checkServers(given: SmtpSettings, facts: Facts): Promise<readonly Check[]> {
  const settings = { ...given, idleMs: Math.min(given.idleMs, stepMaxMs) }
  const found = await Promise.all(settings.servers.map(server => checkServer(settings, server, facts)))
  if (settings.servers.length === 1) return found.flat()
  return found.flatMap((checks, index) => {
    const server = settings.servers[index]
    return checks.map(each => ({ ...each, words: server === undefined ? each.words : named(server, each.words) }))
  })
}

/** The server's own rows name it already. */
function named(server: SmtpServer, words: string): string {
  const name = serverText(server)
  return words.startsWith(name) ? words : `${name}: ${words}`
}

async function checkServer(
  settings: SmtpSettings,
  server: SmtpServer,
  { signal, nowMs }: Facts,
): Promise<readonly Check[]> {
  const session = new SmtpSession(settings, server)
  try {
    const failure = await session.connect(signal)
    if (failure !== null) return [connectFailure(server, failure)]
    const found = [serverCheck(server, session), tlsCheck(settings, session, nowMs())]
    if (settings.login !== null) {
      const refusal = await logIn(session, settings.login, signal)
      found.push(loginCheck(settings.login.user, refusal))
      if (refusal !== null) return found
    }
    return [...found, await senderCheck(settings, session, signal), sizeCheck(session), offerCheck(session)]
  } finally {
    session.quit()
  }
}

function connectFailure(server: SmtpServer, failure: Outcome): Check {
  const words = `${serverText(server)}: ${wordsOf(failure)}`
  const isTls = failure.kind !== 'accepted' && isTlsTrouble(failure.cause)
  return { what: isTls ? 'TLS' : 'server', verdict: 'bad', words }
}

function serverCheck(server: SmtpServer, { socket }: SmtpSession): Check {
  const address = socket?.remoteAddress
  const at = address === undefined || address === server.host ? '' : ` at ${address}`
  return { what: 'server', verdict: 'good', words: `${serverText(server)} answers${at}` }
}

function tlsCheck({ tls }: SmtpSettings, { socket }: SmtpSession, nowMs: number): Check {
  const what = 'TLS'
  if (!(socket instanceof TLSSocket))
    return { what, verdict: 'unknown', words: `nothing is encrypted, which tls: ${tls} allows` }
  const version = socket.getProtocol() ?? 'TLS'
  const ends = Date.parse(socket.getPeerCertificate().valid_to)
  const days = Math.floor((ends - nowMs) / 86_400_000)
  if (!socket.authorized)
    return { what, verdict: 'unknown', words: `${version}; the certificate is not verified, which tls: ${tls} allows` }
  const left = `${version}; the certificate is verified and good for ${days} ${days === 1 ? 'day' : 'days'}`
  return { what, verdict: 'good', words: days <= renewWithinDays ? `${left}: see that it is renewed` : left }
}

function loginCheck(user: string, refusal: Outcome | null): Check {
  const what = 'login'
  if (refusal === null) return { what, verdict: 'good', words: `${user} is let in` }
  return { what, verdict: refusal.kind === 'refused' ? 'bad' : 'unknown', words: `${user}: ${wordsOf(refusal)}` }
}

async function senderCheck(settings: SmtpSettings, session: SmtpSession, signal: AbortSignal): Promise<Check> {
  const what = 'sender'
  // Of the form that messages have; to whom does not matter.
  const returnPath = returnPathTo(settings.returnPath, settings.returnPath.fixed)
  // Only in quotes, where the library refuses them as well.
  if (/[<>]/.test(returnPath)) return { what, verdict: 'bad', words: `${returnPath} cannot stand in an envelope` }
  const answer = await session.ask(`MAIL FROM:<${returnPath}>`, signal)
  if (answer instanceof Error) return { what, verdict: 'unknown', words: answer.message }
  if (/^2\d\d[ -]/.test(answer)) {
    await session.ask('RSET', signal)
    return { what, verdict: 'good', words: `${returnPath} may be the sender` }
  }
  const { code, text } = parseReply(answer)
  if (code === undefined) return { what, verdict: 'unknown', words: `an answer that is none to MAIL: ${answer}` }
  const outcome = classifyReply({ stage: 'mail', code, text })
  return { what, verdict: outcome.kind === 'refused' ? 'bad' : 'unknown', words: `${returnPath}: ${wordsOf(outcome)}` }
}

function sizeCheck({ offer }: SmtpSession): Check {
  const { sizeMaxBytes } = offer
  return sizeMaxBytes === null
    ? { what: 'size', verdict: 'unknown', words: 'it does not say how large a message may be' }
    : { what: 'size', verdict: 'good', words: `it takes messages of up to ${sizeMaxBytes.toLocaleString('en')} bytes` }
}

/** None of them is needed; each says what it is like without. */
const extensions = [
  ['PIPELINING', 'each message costs two round trips more'],
  ['8BITMIME', 'mail is ASCII, as all of ours is'],
  ['SMTPUTF8', 'addresses beyond ASCII are refused'],
] as const

function offerCheck({ offer }: SmtpSession): Check {
  const has = extensions.filter(([keyword]) => offer.keywords.includes(keyword)).map(([keyword]) => keyword)
  const lacks = extensions
    .filter(([keyword]) => !offer.keywords.includes(keyword))
    .map(([keyword, without]) => `without ${keyword} ${without}`)
  const offered = has.length === 0 ? 'it offers no extension of use' : `it offers ${has.join(', ')}`
  return { what: 'extensions', verdict: 'good', words: [offered, ...lacks].join('; ') }
}

function wordsOf(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return 'accepted'
  const { code, status, text } = outcome.cause
  return [code, status, text].filter(part => part !== undefined).join(' ')
}
