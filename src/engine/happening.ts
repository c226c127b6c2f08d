/**
 * Lets one loop wait for "something happened" without polling. The loop clears it before it looks at the state of things,
 * so that what happens after the look ends the wait at once.
 */
export class Happening {
  #happened = false
  #wake: (() => void) | null = null

  clear(): void {
    this.#happened = false
  }

  tell(): void {
    this.#happened = true
    this.#wake?.()
  }

  /** Resolves when something has happened since it was cleared. */
  async wait(): Promise<void> {
    if (this.#happened) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
  }
}

/** What waits in the event loop has its turn before the loop goes round again. */
export function letOthersRun(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
