/**
 * Names between percent signs that Mailgun replaces by itself, wherever they stand in a message, and what is done so that
 * such a name arrives as it was written.
 *
 * Its pages on batch sending, mailing lists and tracking unsubscribes name `%recipient.…%`, `%recipient%`,
 * `%recipient_email%`, `%recipient_name%`, `%recipient_fname%`, `%recipient_lname%`, `%unsubscribe_url%`,
 * `%unsubscribe_email%`, `%tag_unsubscribe_url%` and `%mailing_list_unsubscribe_url%`. They know no way to write one
 * literally, so whatever begins like one of them is treated as one:
 *
 * - A message in which one would stand goes alone, its slots in their places. In a batch nobody could say whether Mailgun
 *   looks again at what it has put in.
 * - In HTML the percent sign is written `&#37;`, which every mail program reads as that sign, and Mailgun as no name.
 * - Text and headers know no such reference. There the percent sign is a recipient variable of its own, whose value is the
 *   percent sign. That holds as long as Mailgun puts recipient variables in not earlier than its own: its pages describe
 *   one replacing and give no order. Quoted-printable (`messages.mime`) would be no help, for Mailgun has to decode a part
 *   to put anything in, and a variable that stands for itself could be given for `%recipient.…%` alone.
 */

import { type FilledMessage, type FixedText, joinText, type SharedContent } from '../model/edition.ts'

/** A percent sign and how a name goes on; `%tag_unsubscribe` is the longest. */
const opening = /%(?=recipient|unsubscribe|tag_unsubscribe|mailing_list)/gi
const openingMax = 16

/** The shared text as far as it matters for what a slot and its neighbours make together. */
export interface NameEdges {
  /** Whether one stands in the shared text itself, and so in every message. */
  readonly inShared: boolean
  readonly text: FixedText | null
  readonly html: FixedText | null
}

export function nameEdges(shared: SharedContent): NameEdges {
  const texts = [...(shared.text ?? []), ...(shared.html ?? []), shared.from.name ?? '', shared.replyTo?.name ?? '']
  return { inShared: texts.some(isNamed), text: edgesOf(shared.text), html: edgesOf(shared.html) }
}

/** Whether a name of Mailgun's would stand in this message. */
export function holdsName(edges: NameEdges, message: FilledMessage): boolean {
  return (
    edges.inShared ||
    isNamed(message.subject) ||
    message.headers.some(({ value }) => isNamed(value)) ||
    (edges.text !== null && isNamed(joinText(edges.text, message.text))) ||
    (edges.html !== null && isNamed(joinText(edges.html, message.html)))
  )
}

export function isNamed(text: string): boolean {
  return text.search(opening) !== -1
}

/** HTML with every such name out of Mailgun's sight. */
export function namelessHtml(html: string): string {
  return html.replace(opening, '&#37;')
}

/** The same for text; `percent` is what Mailgun puts a percent sign in place of. */
export function namelessText(text: string, percent: string): string {
  return text.replace(opening, percent)
}

function edgesOf(fixed: FixedText | null): FixedText | null {
  if (fixed === null) return null
  return fixed.map(piece =>
    piece.length <= 2 * openingMax ? piece : `${piece.slice(0, openingMax)}\0${piece.slice(-openingMax)}`,
  )
}
