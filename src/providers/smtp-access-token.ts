/**
 * An OAuth 2 access token of a route. It lives for an hour or so and a run for longer, so it is taken again from where it
 * comes from when a server refuses it: by nobody's clock, for how long it is good is not said with it.
 */

export class AccessToken {
  #current: string
  #previous: string | undefined
  #renewing: Promise<string> | undefined
  readonly #fetch: () => Promise<string>

  constructor(first: string, fetch: () => Promise<string>) {
    this.#current = first
    this.#fetch = fetch
  }

  get current(): string {
    return this.#current
  }

  /** Those that a server may still repeat to us. */
  get secrets(): readonly string[] {
    return this.#previous === undefined ? [this.#current] : [this.#current, this.#previous]
  }

  /**
   * A token in place of one that was refused: the same if there is no other. Connections whose token is refused at a time
   * share one that is fetched once. Rejects with what the fetch rejects with.
   */
  async renewed(refused: string): Promise<string> {
    if (this.#current !== refused) return this.#current
    this.#renewing ??= this.#fetch().finally(() => {
      this.#renewing = undefined
    })
    const token = await this.#renewing
    if (token !== this.#current) {
      this.#previous = this.#current
      this.#current = token
    }
    return token
  }
}
