/** Notices when nothing has been sent for a while, so that the reason is said without anybody's asking; and not too often. */

/** The first word comes after so long; each further one after twice as long, and at the latest after this. */
const firstMs = 60_000
const longestMs = 15 * 60_000

export class Stall {
  /** Since when nothing has been sent. */
  sinceMs: number
  #tellAtMs: number
  #pauseMs = firstMs

  constructor(nowMs: number) {
    this.sinceMs = nowMs
    this.#tellAtMs = nowMs + firstMs
  }

  /** Something was sent. */
  progress(nowMs: number): void {
    this.sinceMs = nowMs
    this.#tellAtMs = nowMs + firstMs
    this.#pauseMs = firstMs
  }

  /** Since when nothing has been sent, if that is to be said now. */
  toTell(nowMs: number): number | undefined {
    if (nowMs < this.#tellAtMs) return undefined
    this.#pauseMs = Math.min(longestMs, this.#pauseMs * 2)
    this.#tellAtMs = nowMs + this.#pauseMs
    return this.sinceMs
  }
}
