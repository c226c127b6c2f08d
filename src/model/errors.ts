/**
 * The two things that may be thrown. Whatever a provider, a receiver or a row does wrong is data (an Outcome, a
 * RowProblem) and is never thrown: an exception here means that nothing may go on.
 */

/** Exit codes, the same for every command; each command's help lists them. */
export const exitCode = {
  done: 0,
  bug: 1,
  usage: 2,
  incomplete: 3,
  stopped: 4,
  held: 5,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

/**
 * A mistake that its user can mend: shown without a stack, exit 2 unless said otherwise. The message says what is wrong,
 * `where` in which file, line or field, and `remedy` what to do. None of them may hold a secret.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly where: string | undefined
  readonly remedy: string | undefined
  readonly exitCode: ExitCode

  constructor(message: string, more: { where?: string; remedy?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined)
    this.where = more.where
    this.remedy = more.remedy
    this.exitCode = more.exitCode ?? exitCode.usage
  }
}

/** Something that the code holds to be impossible has happened: a bug of ours, exit 1. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected value: ${JSON.stringify(value)}`)
}
