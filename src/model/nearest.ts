/** "Did you mean": the known name nearest to one that is unknown. It only ever suggests; it never corrects. */

import { distance } from 'fastest-levenshtein'

/** As many names are listed where none is near. */
const listedMax = 20
/** A name from outside that is longer than this is no slip of a known one. */
const lengthMax = 100

/**
 * The known name that is most like this one; undefined where none is near. A third of the letters may differ, but two in
 * any name of four letters or more, for that is what two swapped letters count as.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > lengthMax) return undefined
  let best: string | undefined
  let bestDistance = Math.max(name.length < 4 ? 1 : 2, Math.floor(name.length / 3)) + 1
  for (const each of known) {
    const between = distance(plain(name), plain(each))
    if (between < bestDistance) {
      best = each
      bestDistance = between
    }
  }
  return best
}

/** A question after the name that was meant, or else what there is; `none` is said where there is nothing at all. */
export function suggestion(name: string, known: Iterable<string>, none = ''): string {
  const names = [...known]
  const near = nearest(name, names)
  if (near !== undefined) return `did you mean \`${near}\`?`
  if (names.length === 0) return none
  const more = names.length > listedMax ? ` and ${names.length - listedMax} more` : ''
  return `there are: ${names
    .slice(0, listedMax)
    .map(each => `\`${each}\``)
    .join(', ')}${more}`
}

/** `First Name`, `first_name` and `first-name` are one name to whoever wrote them. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '')
}
