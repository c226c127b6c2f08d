/** Holds every line of `--json` that any test makes the program say to what `mailblast schema --notices` says of it. */

import { deepEqual } from 'node:assert/strict'
import { lineSchemas } from '../../src/dashboard/line-schema.ts'

/** Takes what was written to stdout; looks at whole lines that are objects with a type, and at no others. */
export function checkLines(stdout: string): void {
  for (const line of stdout.split('\n').slice(0, -1)) {
    if (line.startsWith('{"type":')) checkLine(JSON.parse(line) as { readonly type: string })
  }
}

/** A field that its schema does not have is as wrong as one that it lacks. */
function checkLine(line: { readonly type: string }): void {
  const schema = lineSchemas[line.type]
  if (schema === undefined) throw new Error(`the schema of --json has no type ${line.type}`)
  deepEqual(
    schema.parse(line),
    line,
    `a line of type ${line.type} has what its schema has not: ${JSON.stringify(line)}`,
  )
}
