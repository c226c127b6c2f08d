/**
 * One connection to an SMTP server, from EHLO and AUTH to QUIT, carrying one message at a time. It repeats nothing, and
 * it knows of every message how much of it has left, because that alone tells what a lost connection means.
 */

import type { Socket } from 'node:net'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { causeText, type FailureClass, type Outcome } from '../model/outcome.ts'
import { connectionOptions } from './smtp-connection-options.ts'
import { failureOutcome, type Phase, type SmtpError } from './smtp-failure.ts'
import { bodyOf, envelopeOf, isAscii, type Letter } from './smtp-letter.ts'
import { logIn } from './smtp-login.ts'
import type { Login } from './smtp-login-options.ts'
import { nothingOffered, type Offer, readOffer } from './smtp-offer.ts'
import type { SmtpServer, SmtpSettings } from './smtp-options.ts'
import { abortedCode, isServersTrouble, type Negative } from './smtp-reply.ts'

/**
 * What became of a message on one connection, and if another may carry it in the same call, for nothing of it had left:
 * - `done`: no other may
 * - `dead`: the connection was found dead
 * - `unable`: its server can do nothing for us now
 */
export type Sent =
  | { readonly fate: 'done'; readonly outcome: Outcome }
  | { readonly fate: 'dead' | 'unable'; readonly outcome: Negative }

/** Under which name the library knows `ask`. */
const askMethod = 'ASK'
/** Connects and logs in; null if all went well. What fails is the outcome of the message that was to be sent. */
export async function openSession(
  session: SmtpSession,
  login: Login | null,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const outcome = (await session.connect(signal)) ?? (login && (await logIn(session, login, signal)))
  if (outcome !== null) session.close()
  return outcome
}

export class SmtpSession {
  /** Messages offered to the server. */
  offered = 0
  readonly #connection: SMTPConnection
  readonly #settings: Pick<SmtpSettings, 'returnPath' | 'dsn'>
  #offer = nothingOffered
  #needsReset = false
  /** The answer to `ask`. */
  #reply = ''
  /** Ends the operation under way because the connection is gone. */
  #broken: ((error: SmtpError) => void) | undefined

  constructor(settings: SmtpSettings, server: SmtpServer) {
    this.#settings = settings
    // The library's door for unusual ways to log in is its only public one to say a command and hear the answer.
    const customAuth: SMTPConnection.CustomAuthenticationHandlers = {
      [askMethod]: ({ auth, sendCommand, resolve }) =>
        sendCommand(String(auth.user), (_, { response }) => {
          this.#reply = response
          resolve()
        }),
    }
    this.#connection = new SMTPConnection({ ...connectionOptions(settings, server), customAuth })
    this.#connection.on('error', error => this.#broken?.(error))
    // Where the end has a cause, it is told to the operation itself, right after this.
    this.#connection.on('end', () => queueMicrotask(() => this.#broken?.(connectionEnd())))
  }

  /** False as soon as the end of the connection is known; true does not mean that the server is still there. */
  get isOpen(): boolean {
    return !this.#connection.destroyed
  }

  /** What the server offers, once it is connected. */
  get offer(): Offer {
    return this.#offer
  }

  /** The socket to the server; undefined before there is one. */
  get socket(): Socket | undefined {
    return this.#connection._socket || undefined
  }

  /** Up to the answer to EHLO, TLS included; null if all went well. To be called once. */
  connect(signal: AbortSignal): Promise<Outcome | null> {
    return this.#operate<Outcome | null>(
      signal,
      done =>
        this.#connection.connect(error => {
          this.#offer = readOffer(this.#connection.lastServerResponse || '')
          done(error === undefined ? null : failureOutcome(error, 'connect'))
        }),
      error => failureOutcome(error, 'connect'),
    )
  }

  /** Whether it says that one can log in here. */
  get allowsAuth(): boolean {
    return this.#connection.allowsAuth
  }

  /** Null if the server lets us in. */
  authenticate(
    { user, password, mechanism }: Extract<Login, { by: 'password' }>,
    signal: AbortSignal,
  ): Promise<Outcome | null> {
    return this.#operate<Outcome | null>(
      signal,
      done =>
        this.#connection.login({ user, pass: password, method: mechanism ?? false }, error =>
          done(error === null ? null : failureOutcome(error, 'login')),
        ),
      error => failureOutcome(error, 'login'),
    )
  }

  /** Says one command, and gives the whole reply to it. The session is of no more use if that was an error. */
  ask(command: string, signal: AbortSignal): Promise<string | SmtpError> {
    return this.#operate<string | SmtpError>(
      signal,
      done =>
        this.#connection.login({ method: askMethod, user: command }, error =>
          done(error === null ? this.#reply : error),
        ),
      error => error,
    )
  }

  /** Makes it ready for the next message; false if the connection is of no use any more, and then it is closed. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    if (!this.isOpen || !this.#needsReset) return this.isOpen
    const isReset = await this.#operate<boolean>(
      signal,
      done => this.#connection.reset(error => done(error === null)),
      () => false,
    )
    this.#needsReset = !isReset
    if (!isReset) this.close()
    return isReset
  }

  /** Offers a message. Afterwards the session is either open and fit for another, or closed. */
  async send(letter: Letter, signal: AbortSignal): Promise<Sent> {
    if (!isAscii(letter.to) && !this.#offer.keywords.includes('SMTPUTF8')) return { fate: 'done', outcome: needsUtf8 }
    const { sizeMaxBytes } = this.#offer
    if (sizeMaxBytes !== null && letter.bytes.length > sizeMaxBytes) return tooLarge(letter, sizeMaxBytes)
    this.offered++
    let phase: Phase = 'envelope'
    const body = bodyOf(letter.bytes, now => {
      phase = now
    })
    const envelope = envelopeOf(letter, this.#settings)
    const answer = await this.#operate<SMTPConnection.SentMessageInfo | SmtpError>(
      signal,
      done => this.#connection.send(envelope, body, (error, info) => done(error ?? info)),
      error => error,
    )
    body.destroy()
    const { isIntact, ...sent } = answer instanceof Error ? failed(answer, phase) : answered(answer, phase, letter)
    this.#needsReset = sent.outcome.kind !== 'accepted'
    if (!isIntact) this.close()
    return sent
  }

  /** Says goodbye, and does not wait for an answer that would change nothing (as Postfix, `smtp_skip_quit_response`). */
  quit(): void {
    if (this.isOpen && this.#connection.stage === 'connected') this.#connection.quit()
    this.close()
  }

  /** Cuts the connection at once. */
  close(): void {
    this.#connection.close()
  }

  /** Runs one operation: it ends with its own answer, with the connection, or at the signal, which cuts the connection. */
  #operate<Result>(
    signal: AbortSignal,
    start: (done: (result: Result) => void) => void,
    broken: (error: SmtpError) => Result,
  ): Promise<Result> {
    if (signal.aborted) return Promise.resolve(broken(abortion()))
    return new Promise(resolve => {
      const done = (result: Result) => {
        signal.removeEventListener('abort', abort)
        this.#broken = undefined
        resolve(result)
      }
      const abort = () => {
        done(broken(abortion()))
        this.close()
      }
      this.#broken = error => done(broken(error))
      signal.addEventListener('abort', abort, { once: true })
      start(done)
    })
  }
}

/** Intact: the server and we agree on where we are in the conversation. */
type Told = Sent & { readonly isIntact: boolean }

function answered(info: SMTPConnection.SentMessageInfo, phase: Phase, letter: Letter): Told {
  // An acceptance is one only if it is a whole reply and came after the end of the message.
  if (phase !== 'ended' || !/^2\d\d([ -]|$)/m.test(info.response)) {
    const odd: SmtpError = new Error(`unexpected answer: ${info.response}`)
    odd.code = 'EPROTOCOL'
    return { fate: 'done', outcome: failureOutcome(odd, 'ended'), isIntact: false }
  }
  const providerId = causeText(info.serverMessageId ?? queueId(info.response) ?? letter.messageId)
  return { fate: 'done', outcome: { kind: 'accepted', providerId }, isIntact: true }
}

function failed(error: SmtpError, phase: Phase): Told {
  const outcome = failureOutcome(error, phase)
  const isAnswer = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  const isUnderstood = error.response === undefined || /^[45]\d\d/.test(error.response)
  // OpenSMTPD takes a hundred messages on a connection, and says 452 4.5.3 to every MAIL after that.
  const isUsedUp = error.command === 'MAIL FROM' && /^452[ -]4\.5\.3\b/.test(error.response ?? '')
  const isClosing = error.responseCode === 421 || isUsedUp
  // A server that closes an idle connection may say 421 just when MAIL is on its way, and that answers MAIL.
  const isFarewell =
    isUsedUp ||
    (isClosing && error.command === 'MAIL FROM' && outcome.kind === 'deferred' && outcome.cause.class === 'transient')
  const isIntact = isAnswer && isUnderstood && !isClosing && phase !== 'body' && outcome.kind !== 'in-doubt'
  if (phase !== 'envelope' || !isServersTrouble(outcome)) return { fate: 'done', outcome, isIntact }
  if (!isAnswer || isFarewell) return { fate: 'dead', outcome, isIntact }
  return { fate: outcome.kind === 'deferred' ? 'unable' : 'done', outcome, isIntact }
}

/**
 * Under which name the server keeps it: `queued as 4XyZ` (Postfix), `OK id=1rT-0001` (Exim), `Ok 0100…` (Amazon SES),
 * `4f9a Message accepted for delivery` (OpenSMTPD, sendmail).
 */
function queueId(response: string): string | undefined {
  const named = /\b(?:queued as|id=|Ok (?=[0-9a-f-]{30}))\s*([\w.-]{4,100})/i.exec(response)?.[1]
  return named ?? /\b([\w.-]{4,100}) Message accepted for delivery/i.exec(response)?.[1]
}

function connectionEnd(): SmtpError {
  return Object.assign(new Error('the server closed the connection'), { code: 'ECONNECTION' })
}

function abortion(): SmtpError {
  return Object.assign(new Error('the call was ended before the server answered'), { code: abortedCode })
}

const needsUtf8: Outcome = {
  kind: 'refused',
  scope: 'message',
  cause: {
    class: 'config',
    text: 'the address has a character beyond ASCII before the @, and the server does not offer SMTPUTF8',
  },
}

/**
 * The size counts neither the final dot nor doubled ones (RFC 1870, section 5). What goes to everybody and is too large by
 * itself is nobody's own fault: then the server is of no use to the route.
 */
function tooLarge({ bytes, sharedBytes }: Letter, mostBytes: number): Sent {
  const limit = `the server takes ${mostBytes.toLocaleString('en')} at most`
  const refused = (scope: 'message' | 'route', failureClass: FailureClass, what: string, count: number): Negative => ({
    kind: 'refused',
    scope,
    cause: { class: failureClass, text: `${what} ${count.toLocaleString('en')} bytes, and ${limit}` },
  })
  return sharedBytes > mostBytes
    ? { fate: 'unable', outcome: refused('route', 'config', 'what goes to everybody has', sharedBytes) }
    : { fate: 'done', outcome: refused('message', 'content', 'the message has', bytes.length) }
}
