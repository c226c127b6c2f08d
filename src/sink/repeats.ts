/** The idempotency keys with which calls were taken, so that a repeated call is told from a first one, for as long as its vendor would. */

/** The oldest are forgotten beyond so many. */
const keysMax = 1_000_000

export class TakenKeys {
  readonly #untilMs = new Map<string, number>()

  /** Whether a call with this key was taken, and the vendor would still know it. */
  has(key: string, nowMs: number): boolean {
    return (this.#untilMs.get(key) ?? -Infinity) > nowMs
  }

  add(key: string, untilMs: number): void {
    this.#untilMs.delete(key)
    this.#untilMs.set(key, untilMs)
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= keysMax) return
      this.#untilMs.delete(oldest)
    }
  }
}
