/** Those who failed in a run and nobody else, for people and for programs. */

import type { FailedMessage } from '../journal/journal.ts'
import { jsonVersion } from '../model/json-version.ts'
import type { FailureClass } from '../model/outcome.ts'
import type { Run } from '../model/run.ts'
import { count, plural, terminalSafe } from '../model/words.ts'
import { objectWithList } from './json-list.ts'
import { tableBlocks } from './table.ts'

export interface Failed {
  readonly run: Pick<Run, 'id' | 'campaignName' | 'key' | 'state'>
  /** Only failures of these classes are among them; null: of all. */
  readonly classes: readonly FailureClass[] | null
  readonly count: number
  /** In the order of lines; read from the journal as it is gone through. */
  readonly people: Iterable<FailedMessage>
}

/** How many are named where people read; the rest is in the list. */
const namedMax = 100

/** `listCommand` is what to type to get all of them as a list. */
export function* failedText(failed: Failed, listCommand: string): Generator<string> {
  const { run, classes, people } = failed
  const which = classes === null ? '' : ` with class ${classes.join(', ')}`
  const name = `${run.id}  ${terminalSafe(run.campaignName)}`
  if (failed.count === 0) {
    yield `${name}  nobody has failed${which}\n`
    return
  }
  yield `${name}  ${plural(failed.count, 'recipient')} failed${which}\n`
  let named = 0
  for (const lines of tableBlocks(people, namedMax, failedCells)) {
    named += lines.length
    yield `${lines.join('\n')}\n`
  }
  if (failed.count > named) yield `  and ${count(failed.count - named)} more\n`
  yield `  As a list that can be sent again: ${listCommand}\n`
}

function failedCells({ address, line, cause }: FailedMessage): string[] {
  const codes = [cause.code, cause.status].filter(Boolean).join(' ')
  return [terminalSafe(address), `line ${line}`, cause.class, terminalSafe(codes), terminalSafe(cause.text, 160)]
}

export function failedJson({ run, classes, count: failed, people }: Failed): Iterable<string> {
  const fields = {
    type: 'failed',
    version: jsonVersion,
    run: run.id,
    campaign: run.campaignName,
    key: run.key,
    state: run.state,
    classes,
    count: failed,
  }
  return objectWithList(fields, { name: 'failed', items: people, asJson: personJson }, 'indented')
}

function personJson({ address, line, route, attempts, cause, fields }: FailedMessage): object {
  return { address, line, route, attempts, cause, fields }
}
