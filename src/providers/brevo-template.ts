/**
 * Keeping Brevo's template language out of what was rendered here. Brevo evaluates it in content that a call brings along, too
 * (its page on idempotency has `"htmlContent": "…<p>{{params.greeting}}</p>…"`, and its guide to sending "variables in HTML
 * content, plain text, or as templates"): what looks like a tag would leave nothing, or spoil the mail after it was accepted.
 * In HTML a brace can be written in a way that means the same to every reader and nothing to Brevo. In a text or a subject it
 * cannot, and whatever would have to be changed there is refused, never sent otherwise than it was previewed.
 */

import type { FixedText } from '../model/edition.ts'

/** `{{ variable }}`, `{% tag %}` and `{# comment #}`, as in the language of Django's templates, which Brevo's is like. */
const tagOpening = /\{[{%#]/

/** A brace that opens a tag, or would with what may come after the end of this piece. */
const openingBrace = /\{(?=[{%#]|$)/g

/** Whether a subject or a text holds what Brevo would take for a tag. */
export function holdsTemplateTag(text: string): boolean {
  return tagOpening.test(text)
}

/**
 * The fixed text of an HTML part, with `&#123;` for each brace that opens a tag. In a style sheet, where no entity is read, a
 * space after the brace does the same: `@media print{#logo{…}}` is a comment to Brevo.
 */
export function withoutTags(fixed: FixedText): FixedText {
  let inStyle = false
  return fixed.map(piece =>
    piece
      .split(/(<style\b[^>]*>|<\/style\s*>)/i)
      .map(part => {
        if (/^<style\b/i.test(part)) inStyle = true
        else if (/^<\/style\b/i.test(part)) inStyle = false
        return inStyle ? part.replace(openingBrace, '{ ') : slotWithoutTags(part)
      })
      .join(''),
  )
}

/** The same for a slot of the HTML part. */
export function slotWithoutTags(slot: string): string {
  return slot.includes('{') ? slot.replace(openingBrace, '&#123;') : slot
}
