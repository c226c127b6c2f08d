/**
 * What a sink remembers of mails it has taken, so that it can be asked for them: address and time by Message-ID. The ledger
 * itself is not read again.
 */

/** The oldest are forgotten beyond so many, which come to about 250 MB. */
export const rememberedMax = 1_000_000

export interface TakenMail {
  readonly to: string
  readonly call: number
  readonly atMs: number
}

export class TakenMemory {
  readonly #max: number
  /** In the order in which they were taken; as one text each, which takes the least room. */
  readonly #mails = new Map<string, string>()

  constructor(max: number = rememberedMax) {
    this.#max = max
  }

  add(messageId: string, { to, call, atMs }: TakenMail): void {
    this.#mails.delete(messageId)
    this.#mails.set(apart(messageId), apart(`${call} ${atMs} ${to}`))
    if (this.#mails.size <= this.#max) return
    const oldest = this.#mails.keys().next()
    if (oldest.done !== true) this.#mails.delete(oldest.value)
  }

  find(messageId: string): TakenMail | undefined {
    const match = /^(\d+) (\d+) (.*)$/s.exec(this.#mails.get(messageId) ?? '')
    if (match === null) return undefined
    return { call: Number(match[1]), atMs: Number(match[2]), to: match[3] ?? '' }
  }
}

/** A copy that holds on to nothing of the larger texts it was cut from or put together of. */
function apart(text: string): string {
  return Buffer.from(text).toString()
}
