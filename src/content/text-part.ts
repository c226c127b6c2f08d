/**
 * The text part of a campaign that has only HTML. Where every slot can be read as text on its own, the HTML is read once
 * with a word in place of each slot, and per message only the slots are; otherwise each message is read as a whole.
 * Either way nothing that a slot holds is lost.
 */

import { type FixedText, joinText } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import { isMustache, isPath, type Program, pathOf } from './ast.ts'
import { findWords, htmlToText, type Sighting } from './html-text.ts'
import { printCall } from './rewrite.ts'
import type { Filled, Skeleton } from './skeleton.ts'
import { type SlotShape, shapeOf } from './slot-shape.ts'
import { edges, type FlowSlot, fillFlow, type Piece } from './text-flow.ts'

export interface TextPart {
  readonly way: 'by slot' | 'whole'
  readonly fixed: FixedText
  /** From the slots of the HTML part to the slots of the text part, or why what they hold cannot be read. */
  fill(html: readonly string[]): Filled
}

/** `partials` are those of the environment that compiled the HTML. Throws UserError for HTML nested too deeply. */
export function textFromHtml(html: Skeleton, partials: ReadonlyMap<string, Program>): TextPart {
  try {
    return bySlot(html, partials) ?? whole(html)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new UserError('the elements of the HTML part are nested too deeply to be read as text', {
      remedy: 'nest fewer elements, or give the campaign a text template',
    })
  }
}

function whole({ fixed }: Skeleton): TextPart {
  return { way: 'whole', fixed: ['', ''], fill: slots => reading(() => [htmlToText(joinText(fixed, slots))]) }
}

function bySlot({ fixed, slots }: Skeleton, partials: ReadonlyMap<string, Program>): TextPart | undefined {
  const words = new Words(fixed, slots)
  const html = joinText(fixed, words.bySlot)
  const sightings = findWords(html, words.pattern)
  const shapes = slots.map(slot => shapeOf(slot, partials))
  const text = htmlToText(html)
  const found = [...text.matchAll(words.pattern)]
  for (const [index, shape] of shapes.entries()) {
    const word = words.bySlot[index]
    const seen = sightings.filter(each => each.word === word)
    const inText = seen.filter(each => each.place === 'text').length
    const inLinks = seen.filter(each => each.place === 'link').length
    const count = found.filter(([each]) => each === word).length
    // A link's address is left out where it is the same as the link's words; nothing else may be missing.
    const isComplete = count >= Math.max(inText, Math.min(1, inLinks)) && count <= inText + inLinks
    if (!isComplete || !canStandAlone(shape, seen)) return undefined
  }
  const { pieces, flow } = flowOf(text, found, word => {
    const from = words.bySlot.indexOf(word)
    const inLink = sightings.some(each => each.word === word && each.place === 'link')
    return { from, read: readerFor(shapes[from] ?? 'open', inLink) }
  })
  return { way: 'by slot', fixed: pieces, fill: values => reading(() => fillFlow(pieces, flow, values)) }
}

/** html-to-text goes down element by element; a field that holds some thousand open tags is too deep for it. */
function reading(slots: () => readonly string[]): Filled {
  try {
    return { ok: true, slots: slots() }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ok: false, detail: 'its HTML is nested too deeply to be read as text' }
  }
}

/** Elements in which each line, or each item, is set in its own way, or in which white space counts. */
const settingElements: ReadonlySet<string> = new Set(['a', 'pre', 'li', 'ul', 'ol', 'dl', 'blockquote'])
const tableParts: ReadonlySet<string> = new Set(['table', 'thead', 'tbody', 'tfoot', 'tr'])

function canStandAlone(shape: SlotShape, sightings: readonly Sighting[]): boolean {
  const mayHoldTags = shape === 'raw' || shape === 'markup'
  if (shape === 'open') return false
  if (sightings.length === 0) return !mayHoldTags
  return sightings.every(({ place, elements }) => {
    const [element = ''] = elements
    if (place === 'tag' || elements.includes('pre')) return false
    if (place !== 'text') return shape !== 'markup' && element !== 'ol'
    return !mayHoldTags || (!elements.some(each => settingElements.has(each)) && !tableParts.has(element))
  })
}

/** One word for each slot, and the same word for slots that print the same field; none of them occurs in the template. */
class Words {
  readonly bySlot: readonly string[]
  readonly pattern: RegExp

  constructor(fixed: FixedText, slots: readonly Program[]) {
    const template = fixed.join('').toLowerCase()
    let stem = 'slot'
    while (template.includes(stem)) stem += 'q'
    const first = new Map<string, string>()
    this.bySlot = slots.map((slot, index) => {
      const key = fieldPrinted(slot) ?? `slot ${index}`
      const word = first.get(key) ?? `${stem}${index}x`
      first.set(key, word)
      return word
    })
    this.pattern = new RegExp(`${stem}\\d+x`, 'g')
  }
}

/** What a slot prints, if that is a field and nothing else; two slots that print one field hold the same. */
function fieldPrinted({ body: [statement] }: Program): string | undefined {
  if (statement === undefined || !isMustache(statement) || !statement.escaped) return undefined
  const [field] = statement.params
  if (pathOf(statement.path).original !== printCall || field === undefined || !isPath(field)) return undefined
  return JSON.stringify([field.data, field.depth, field.parts])
}

/** The text cut at its words; the white space around a word goes to its slot, which may have to do without it. */
function flowOf(
  text: string,
  found: readonly RegExpExecArray[],
  slotFor: (word: string) => Pick<FlowSlot, 'from' | 'read'>,
): { pieces: readonly string[]; flow: readonly FlowSlot[] } {
  const pieces: string[] = []
  const flow: FlowSlot[] = []
  let after = 0
  for (const [index, { 0: word, index: at }] of found.entries()) {
    const next = found[index + 1]?.index ?? text.length
    const before = edges(text.slice(after, at))
    const behind = edges(text.slice(at + word.length, next))
    pieces.push(index === 0 ? before.lead + before.core : before.core)
    flow.push({ ...slotFor(word), before: before.core === '' && index > 0 ? '' : before.trail, after: behind.lead })
    after = at + word.length
  }
  const last = edges(text.slice(after))
  pieces.push(found.length === 0 ? text : last.core + last.trail)
  return { pieces, flow }
}

function readerFor(shape: SlotShape, inLink: boolean): (value: string) => Piece {
  if (shape === 'escaped') return value => edges(collapsed(unescaped(value)))
  return inLink ? readLink : readMarkup
}

/** The characters that Handlebars escapes. */
const escapedCharacters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#x27;': "'",
  '&#x60;': '`',
  '&#x3D;': '=',
}

function unescaped(value: string): string {
  if (!value.includes('&')) return value
  return value.replace(/&(?:amp|lt|gt|quot|#x27|#x60|#x3D);/g, entity => escapedCharacters[entity] ?? entity)
}

/** As HTML reads it; the characters are those that html-to-text takes for white space. */
function collapsed(value: string): string {
  return value.replace(/[ \t\r\n\f\u200b]+/g, ' ')
}

/** Read between two words, so that the line breaks and spaces around it show. */
const fence = 'slotfence'

function readMarkup(value: string): Piece {
  if (!/[<&]/.test(value)) return edges(collapsed(value))
  const text = htmlToText(`${fence}${value}${fence}`)
  if (text.length >= 2 * fence.length && text.startsWith(fence) && text.endsWith(fence))
    return edges(text.slice(fence.length, -fence.length))
  return edges(htmlToText(value))
}

/** An attribute's value is decoded in another way than text is, so it is read as one. */
function readLink(value: string): Piece {
  if (!value.includes('&')) return edges(collapsed(value))
  return edges(htmlToText(`<a href="x:${value.replaceAll('"', '&quot;')}"></a>`).slice('x:'.length))
}
