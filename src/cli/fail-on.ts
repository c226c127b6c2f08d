/** `--fail-on`: what a run is judged by besides its campaign's thresholds, in the same language. */

import { finalThreshold } from '../intake/fields.ts'
import type { Threshold } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'

/** Throws UserError for a text that is no threshold. */
export function parseFailOn(texts: readonly string[] = []): readonly Threshold[] {
  return texts.map(text => {
    const read = finalThreshold.safeParse(text)
    if (read.success) return read.data
    throw new UserError(`${JSON.stringify(text)} is no threshold`, {
      where: '--fail-on',
      remedy: read.error.issues.map(issue => issue.message).join('\n'),
    })
  })
}
