/**
 * Secrets as the campaign file names them, and as they are held in memory. The file never contains a secret, only where
 * to find it; the reference may be stored and shown, the value may not.
 */

/** Where a secret is to be found. `text` holds `${NAME}` for what the environment gives, in the middle if need be. */
export type SecretReference =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'command'; readonly command: string }

/** A secret's value. Printing, logging or serialising it gives `[secret]`; only `reveal` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
