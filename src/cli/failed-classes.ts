/** Which of those who failed a command is about: `--class`. */

import type { Tally } from '../journal/journal.ts'
import { UserError } from '../model/errors.ts'
import { type FailureClass, failureClasses } from '../model/outcome.ts'

/** Reads `soft,block`; null, for all classes, where nothing is given. */
export function parseClasses(text: string | undefined): readonly FailureClass[] | null {
  if (text === undefined) return null
  return text.split(',').map(name => {
    const found = failureClasses.find(each => each === name.trim())
    if (found !== undefined) return found
    throw new UserError(`--class ${name}: there is no such class`, {
      remedy: `the classes are ${failureClasses.join(', ')}`,
    })
  })
}

/** How many failed, of these classes or of all. */
export function countFailed(tally: Tally, classes: readonly FailureClass[] | null): number {
  return tally.classes
    .filter(each => each.state === 'failed' && (classes === null || classes.includes(each.class)))
    .reduce((sum, each) => sum + each.count, 0)
}
