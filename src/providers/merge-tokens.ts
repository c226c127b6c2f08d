/**
 * The tokens that stand in a batch's shared text where a provider is to put each recipient's slots. It replaces them as plain
 * text, in whatever order, so the one thing that must never happen is that a token's text occurs anywhere else: a message
 * in which it does cannot be part of a batch.
 */

import { createHash } from 'node:crypto'
import { type FilledMessage, type FixedText, joinText, type SharedContent } from '../model/edition.ts'

export interface Tokens {
  /** What every token holds and the shared text does not. */
  readonly core: string
  /** The tokens of the text part's slots, then those of the HTML part's. */
  readonly text: readonly string[]
  readonly html: readonly string[]
  /** The shared text with the middle of long pieces left out: enough to see what a slot and its neighbours make together. */
  readonly edges: { readonly text: FixedText | null; readonly html: FixedText | null }
}

/**
 * Chooses tokens for this content. `shape` gives the text of one, in its vendor's manner, from the core (letters and digits,
 * ten of them) and its number: short, for vendors count its bytes for every recipient; such that none begins another; with
 * nothing of the core in what it adds; and of characters that survive in a URL, an attribute or a header.
 */
export function chooseTokens(content: SharedContent, shape: (core: string, index: number) => string): Tokens {
  const texts = [...(content.text ?? []), ...(content.html ?? [])]
  const visible = [...texts, content.from.name ?? '', content.replyTo?.name ?? '']
  let core = ''
  for (let round = 0; core === '' || visible.some(text => text.includes(core)); round++) {
    const hash = createHash('sha256').update(String(round))
    for (const text of visible) hash.update('\0').update(text)
    core = `mb${hash.digest('hex').slice(0, 8)}`
  }
  const textGaps = gaps(content.text)
  const tokens = Array.from({ length: textGaps + gaps(content.html) }, (_, index) => shape(core, index))
  return {
    core,
    text: tokens.slice(0, textGaps),
    html: tokens.slice(textGaps),
    edges: { text: edgesOf(content.text, core.length), html: edgesOf(content.html, core.length) },
  }
}

/**
 * Whether a token's text would occur in this message beside the tokens themselves: in a field, or where fields and fixed
 * text meet. The core is looked for, and not the token: it cannot arise where a slot meets a token that is not replaced yet.
 */
export function holdsToken(tokens: Tokens, message: FilledMessage): boolean {
  const { core, edges } = tokens
  if (message.subject.includes(core)) return true
  if (message.headers.some(header => header.value.includes(core) || header.name.includes(core))) return true
  return meets(edges.text, message.text, core) || meets(edges.html, message.html, core)
}

function meets(edges: FixedText | null, slots: readonly string[], core: string): boolean {
  return edges !== null && joinText(edges, slots).includes(core)
}

function gaps(fixed: FixedText | null): number {
  return fixed === null ? 0 : fixed.length - 1
}

function edgesOf(fixed: FixedText | null, length: number): FixedText | null {
  if (fixed === null) return null
  return fixed.map(piece => (piece.length <= 2 * length ? piece : `${piece.slice(0, length)}\0${piece.slice(-length)}`))
}
