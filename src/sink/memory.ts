/**
 * What a sink remembers of mails it has taken, so that it can be asked for them: run, address and time by Message-ID. The
 * ledger itself is not read again.
 */

/** The oldest are forgotten beyond so many, which come to about 300 MB. */
export const rememberedMax = 1_000_000

/** A campaign that is rehearsed again may use its Message-IDs again: of each, so many runs are remembered, the latest. */
const runsMax = 16

/** Message-ID and run together. Each is a field of a header, and its line has no more characters (RFC 5322, 2.1.1). */
const idAndRunMax = 998

export interface TakenMail {
  /** Null where the mail has no mark of a run. */
  readonly run: string | null
  readonly to: string
  readonly call: number
  readonly atMs: number
}

export class TakenMemory {
  readonly #max: number
  /** Each Message-ID's mails, in the order in which they were taken; as one text, which takes the least room. */
  readonly #mails = new Map<string, string>()
  #count = 0

  constructor(max: number = rememberedMax) {
    this.#max = max
  }

  /** A mail takes the place of one with the same Message-ID and run. */
  add(messageId: string, { run, to, call, atMs }: TakenMail): void {
    if (messageId.length + (run?.length ?? 0) > idAndRunMax) return
    const before = this.find(messageId)
    const others = before.filter(mail => mail.run !== run).slice(1 - runsMax)
    this.#mails.delete(messageId)
    this.#mails.set(apart(messageId), written([...others, { run, to, call, atMs }]))
    this.#count += others.length + 1 - before.length
    for (const oldest of this.#mails.keys()) {
      if (this.#count <= this.#max) return
      this.#count -= this.find(oldest).length
      this.#mails.delete(oldest)
    }
  }

  /** The mails with this Message-ID, one of each run. */
  find(messageId: string): readonly TakenMail[] {
    const text = this.#mails.get(messageId)
    return text === undefined ? [] : read(text)
  }

  /**
   * The mails to this address, as `TakenMail.to` has it, the earliest first. All that is remembered is looked through: an
   * index would take as much room again, for a question that is asked only of those in doubt.
   */
  findTo(to: string): readonly (TakenMail & { readonly messageId: string })[] {
    const written = JSON.stringify(to)
    const found: (TakenMail & { readonly messageId: string })[] = []
    for (const [messageId, text] of this.#mails) {
      if (!text.includes(written)) continue
      for (const mail of read(text)) if (mail.to === to) found.push({ ...mail, messageId })
    }
    return found
  }
}

type Row = readonly [run: string | null, to: string, call: number, atMs: number]

function written(mails: readonly TakenMail[]): string {
  return JSON.stringify(mails.map(({ run, to, call, atMs }): Row => [run, to, call, atMs]))
}

function read(text: string): readonly TakenMail[] {
  return (JSON.parse(text) as readonly Row[]).map(([run, to, call, atMs]) => ({ run, to, call, atMs }))
}

/** A copy that holds on to nothing of the larger text it was cut from. */
function apart(text: string): string {
  return Buffer.from(text).toString()
}
