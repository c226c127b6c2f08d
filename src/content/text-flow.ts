/**
 * Puts pieces of text together as a page does: white space between two pieces is as wide as the wider of what either
 * asks for, and there is none where nothing is. So an empty slot leaves no hole, and a paragraph in a slot gets its room.
 */

/** A text with the white space before and behind it. An empty core has all of its white space in `lead`. */
export interface Piece {
  readonly lead: string
  readonly core: string
  readonly trail: string
}

export interface FlowSlot {
  /** The number of the value that is put here. */
  readonly from: number
  readonly read: (value: string) => Piece
  /** The white space around it. */
  readonly before: string
  readonly after: string
}

/** The indentation of a text that begins on a line of its own belongs to it. */
export function edges(text: string): Piece {
  const space = /^[ \t\n]*/.exec(text)?.[0] ?? ''
  if (space.length === text.length) return { lead: space, core: '', trail: '' }
  const lead = space.includes('\n') ? space.slice(0, space.lastIndexOf('\n') + 1) : space
  let end = text.length
  while (' \t\n'.includes(text.charAt(end - 1))) end -= 1
  return { lead, core: text.slice(lead.length, end), trail: text.slice(end) }
}

/**
 * The texts of the slots between the fixed pieces, white space included. There is one piece more than there are slots,
 * and none of them has white space beside a slot.
 */
export function fillFlow(
  pieces: readonly string[],
  slots: readonly FlowSlot[],
  values: readonly string[],
): readonly string[] {
  let hasText = pieces[0] !== ''
  let room = ''
  return slots.map(({ from, read, before, after }, index) => {
    const { lead, core, trail } = read(values[from] ?? '')
    room = wider(wider(room, before), lead)
    let text = ''
    if (core !== '') {
      text = hasText ? room + core : core
      room = trail
      hasText = true
    }
    room = wider(room, after)
    if (pieces[index + 1] === '') return text
    text += hasText ? room : ''
    room = ''
    hasText = true
    return text
  })
}

/** More lines are wider than more spaces. */
function wider(one: string, other: string): string {
  const more = lineBreaks(other) - lineBreaks(one)
  return more > 0 || (more === 0 && other.length > one.length) ? other : one
}

function lineBreaks(text: string): number {
  return text.split('\n').length - 1
}
