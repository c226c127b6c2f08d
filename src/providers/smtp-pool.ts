/**
 * The connections of one SMTP route: those idle are used again, one that fails is replaced by a fresh one, to whichever
 * of the route's servers does best. A message is offered again in the same call only where nothing of it had left: the
 * connection turned out to be dead, or its server can do nothing for us now.
 */

import { InvariantError } from '../model/errors.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { chooseHost, hostFailed, hostServed, newHosts, outage } from './smtp-hosts.ts'
import type { Letter } from './smtp-letter.ts'
import type { SmtpServer, SmtpSettings } from './smtp-options.ts'
import { isServersTrouble, type Negative } from './smtp-reply.ts'
import { openSession, type Sent, SmtpSession } from './smtp-session.ts'
import { serverText } from './smtp-url.ts'

/** A connection that was idle for longer may be dead without our knowing (RFC 5321 asks servers for five minutes). */
const reuseWithinMs = 60_000

interface Connection {
  readonly session: SmtpSession
  /** The place of its server in the list. */
  readonly place: number
}

export class SmtpPool {
  readonly #settings: SmtpSettings
  readonly #most: number
  readonly #nowMs: () => number
  #hosts
  /** Those in use, being opened or idle; some may have been closed by the server meanwhile. */
  readonly #connections = new Set<Connection>()
  /** The one used last stands last and is taken first, so that those not needed grow old. */
  readonly #idle: { readonly connection: Connection; readonly sinceMs: number }[] = []

  /** Keeps at most `most` idle connections; opens as many as there are calls at a time. */
  constructor(settings: SmtpSettings, most: number, nowMs: () => number) {
    this.#settings = settings
    this.#most = most
    this.#nowMs = nowMs
    this.#hosts = newHosts(settings.servers.length)
  }

  async deliver(letter: Letter, signal: AbortSignal): Promise<Outcome> {
    const tried = new Set<number>()
    let failure: Negative | undefined
    /** The server of a message that may still go elsewhere rests. */
    const passOver = (place: number, outcome: Negative) => {
      tried.add(place)
      failure = this.#rest(place, outcome)
    }
    const used = await this.#takeIdle(signal)
    if (used !== undefined) {
      const sent = await this.#offer(used, letter, signal)
      if (sent.fate === 'done') return sent.outcome
      // An idle connection that has died says nothing of its server.
      if (sent.fate === 'unable') passOver(used.place, sent.outcome)
    }
    for (;;) {
      const place = chooseHost(this.#hosts, { nowMs: this.#nowMs(), tried, open: this.#openByPlace() })
      if (place === null) return this.#outage(failure)
      const sent = await this.#offerAt(place, letter, signal)
      if (sent.fate === 'done') return sent.outcome
      passOver(place, sent.outcome)
    }
  }

  /** Says goodbye on all idle connections. */
  close(): void {
    for (const { connection } of this.#idle.splice(0)) connection.session.quit()
  }

  async #offerAt(place: number, letter: Letter, signal: AbortSignal): Promise<Sent> {
    const connection = { session: new SmtpSession(this.#settings, this.#serverAt(place)), place }
    this.#connections.add(connection)
    const startedMs = this.#nowMs()
    const outcome = await openSession(connection.session, this.#settings.login, signal)
    if (outcome !== null) {
      this.#connections.delete(connection)
      return isServersTrouble(outcome) ? { fate: 'unable', outcome } : { fate: 'done', outcome }
    }
    const setupMs = this.#nowMs() - startedMs
    const sent = await this.#offer(connection, letter, signal)
    if (sent.fate === 'done') this.#hosts = hostServed(this.#hosts, place, setupMs, this.#nowMs())
    return sent
  }

  async #offer(connection: Connection, letter: Letter, signal: AbortSignal): Promise<Sent> {
    const sent = await connection.session.send(letter, signal)
    this.#giveBack(connection)
    return sent
  }

  /** Its outcome in the words that name it. */
  #rest(place: number, outcome: Negative): Negative {
    const text = causeText(`${serverText(this.#serverAt(place))}: ${outcome.cause.text}`)
    const failure = this.#hosts.length === 1 ? outcome : { ...outcome, cause: { ...outcome.cause, text } }
    this.#hosts = hostFailed(this.#hosts, place, failure, this.#nowMs())
    return failure
  }

  #outage(last: Negative | undefined): Negative {
    if (last === undefined) throw new InvariantError('an SMTP route has no server')
    return outage(this.#hosts, last)
  }

  #serverAt(place: number): SmtpServer {
    const server = this.#settings.servers[place]
    if (server === undefined) throw new InvariantError(`an SMTP route has no server ${place}`)
    return server
  }

  #openByPlace(): readonly number[] {
    const open = this.#settings.servers.map(() => 0)
    for (const connection of this.#connections) {
      if (connection.session.isOpen) open[connection.place] = (open[connection.place] ?? 0) + 1
      else this.#connections.delete(connection)
    }
    return open
  }

  async #takeIdle(signal: AbortSignal): Promise<Connection | undefined> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const isFresh = this.#nowMs() - idle.sinceMs <= reuseWithinMs
      if (!isFresh || this.#isPassedOver(idle.connection.place)) idle.connection.session.quit()
      else if (await idle.connection.session.refresh(signal)) return idle.connection
    }
    return undefined
  }

  /** A server that rests gets nothing on its old connections either, if there is another one. */
  #isPassedOver(place: number): boolean {
    return this.#hosts.length > 1 && (this.#hosts[place]?.restsUntilMs ?? 0) > this.#nowMs()
  }

  #giveBack(connection: Connection): void {
    const { session } = connection
    if (!session.isOpen) return
    if (session.offered < this.#settings.messagesPerConnection && this.#idle.length < this.#most) {
      this.#idle.push({ connection, sinceMs: this.#nowMs() })
    } else {
      session.quit()
    }
  }
}
