/**
 * The connections of one SMTP route: those idle are used again, one that fails is replaced by a fresh one. A message is
 * offered a second time in one call only if the connection turned out to be dead before anything of it had left.
 */

import type { Outcome } from '../model/outcome.ts'
import type { SmtpSettings } from './smtp-options.ts'
import { type Letter, openSession, type SmtpSession } from './smtp-session.ts'

/** A connection that was idle for longer may be dead without our knowing (RFC 5321 asks servers for five minutes). */
const reuseWithinMs = 60_000

export class SmtpPool {
  readonly #settings: SmtpSettings
  readonly #most: number
  readonly #nowMs: () => number
  /** The one used last stands last and is taken first, so that those not needed grow old. */
  readonly #idle: { readonly session: SmtpSession; readonly sinceMs: number }[] = []

  /** Keeps at most `most` idle connections; opens as many as there are calls at a time. */
  constructor(settings: SmtpSettings, most: number, nowMs: () => number) {
    this.#settings = settings
    this.#most = most
    this.#nowMs = nowMs
  }

  async deliver(letter: Letter, signal: AbortSignal): Promise<Outcome> {
    const used = await this.#takeIdle(signal)
    if (used !== undefined) {
      const sent = await used.send(letter, signal)
      this.#giveBack(used)
      if (!sent.foundDead) return sent.outcome
    }
    const opened = await openSession(this.#settings, signal)
    if (!opened.ok) return opened.outcome
    const sent = await opened.session.send(letter, signal)
    this.#giveBack(opened.session)
    return sent.outcome
  }

  /** Says goodbye on all idle connections. */
  close(): void {
    for (const { session } of this.#idle.splice(0)) session.quit()
  }

  async #takeIdle(signal: AbortSignal): Promise<SmtpSession | undefined> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const isFresh = this.#nowMs() - idle.sinceMs <= reuseWithinMs
      if (!isFresh) idle.session.quit()
      else if (await idle.session.refresh(signal)) return idle.session
    }
    return undefined
  }

  #giveBack(session: SmtpSession): void {
    if (!session.isOpen) return
    if (session.offered < this.#settings.messagesPerConnection && this.#idle.length < this.#most) {
      this.#idle.push({ session, sinceMs: this.#nowMs() })
    } else {
      session.quit()
    }
  }
}
