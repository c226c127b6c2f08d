/**
 * What a run sends, in its three shapes: the Edition is frozen in the journal when the run starts, its fixed text is
 * shared by every message, and a FilledMessage is what one recipient gets.
 */

import type { Address, Mailbox } from './address.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The frozen content of a run: sources and settings as they were when it started. Serialisable as JSON. */
export interface Edition {
  readonly from: Mailbox
  readonly replyTo: Mailbox | null
  /** Handlebars source of the subject line. */
  readonly subject: string
  /** Handlebars source of the HTML part, layout and body apart; null when the campaign has only text. */
  readonly html: TemplateSource | null
  /** Handlebars source of the text part; null when it is made from the HTML part. */
  readonly text: TemplateSource | null
  /** Partials by name. */
  readonly partials: Readonly<Record<string, string>>
  /** Headers beyond the usual ones: name and Handlebars source of the value. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly attachments: readonly EditionAttachment[]
  /** Merge fields that are the same for everybody; a recipient's own field of the same name wins. */
  readonly data: Readonly<Record<string, Json>>
  readonly list: UnsubscribeSettings | null
  /** What a printed field that is empty does: it is an error of its row, or allowed. */
  readonly empty: 'error' | 'allow'
}

export interface TemplateSource {
  /** The file's name as the campaign gives it, for messages. */
  readonly file: string
  readonly source: string
  /** The layout around it: a template in which `{{{body}}}` stands for this one. */
  readonly layout: { readonly file: string; readonly source: string } | null
}

/**
 * A file that goes with every message is frozen with the run (`shared`: its bytes are in the journal under their
 * hash). A file that differs per recipient stays where it is (`per-recipient`): its hash is frozen with the message.
 */
export type EditionAttachment =
  | {
      readonly kind: 'shared'
      readonly fileName: string
      readonly contentType: string
      readonly sha256: string
      /** As `Attachment` has it. */
      readonly contentId?: string
    }
  | { readonly kind: 'per-recipient'; readonly path: string; readonly folder: string }

/** The campaign's `list:`; the URL and the address are Handlebars sources. */
export interface UnsubscribeSettings {
  readonly unsubscribeUrl: string | null
  readonly unsubscribeMailto: string | null
  readonly postalAddress: string | null
}

/** An attachment with its bytes. */
export interface Attachment {
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Buffer
  /** Of an image that the HTML shows as `cid:` and this: its Content-ID, without brackets. Others have none. */
  readonly contentId?: string
}

/**
 * A template's fixed text, cut where its slots are: with n slots there are n + 1 pieces, and the message is
 * `fixed[0] + slot[0] + fixed[1] + … + fixed[n]`.
 */
export type FixedText = readonly string[]

/** What all messages of a run share; providers encode it once. */
export interface SharedContent {
  readonly from: Mailbox
  readonly replyTo: Mailbox | null
  readonly html: FixedText | null
  readonly text: FixedText | null
  readonly attachments: readonly Attachment[]
}

/** What one recipient gets: her slots filled, everything else by reference to the shared content. */
export interface FilledMessage {
  /** The message's number in the journal; 0 where none is kept (preview, test sends). */
  readonly id: number
  readonly to: Address
  /** With its angle brackets; the same for the same key and address, whenever it is made. */
  readonly messageId: string
  /**
   * The run it belongs to; null where there is none (preview, test sends). With the Message-ID it marks the message at the
   * provider wherever there is a place for it, so that whatever is seen there can be traced to its row.
   */
  readonly run: string | null
  readonly subject: string
  /** The slots of the HTML part, already escaped; as many as its fixed text has gaps. Empty without such a part. */
  readonly html: readonly string[]
  readonly text: readonly string[]
  /** Headers beyond the usual ones, List-Unsubscribe among them; no value holds a line break. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** The attachments that are this recipient's own. */
  readonly attachments: readonly Attachment[]
}

/** A message's part in one piece: fixed text and slots in turn. */
export function joinText(fixed: FixedText, slots: readonly string[]): string {
  let text = fixed[0] ?? ''
  for (let index = 0; index < slots.length; index++) text += `${slots[index]}${fixed[index + 1] ?? ''}`
  return text
}
