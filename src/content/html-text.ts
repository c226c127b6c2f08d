/**
 * HTML read as text, by html-to-text, with the settings of this house: no line is wrapped, links are kept beside their
 * words, pictures are left out, nothing is put in capitals, and nothing outside of `<body>` is lost.
 */

import { compile, type DomNode, type FormatCallback, type HtmlToTextOptions } from 'html-to-text'

const cell: FormatCallback = (element, walk, builder) => {
  builder.addInline(' ')
  walk(element.children, builder)
  builder.addInline(' ')
}

const line = { leadingLineBreaks: 1, trailingLineBreaks: 1 }

const options: HtmlToTextOptions = {
  wordwrap: false,
  baseElements: { selectors: [] },
  formatters: { cell },
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'title', format: 'skip' },
    { selector: 'a', format: 'anchor', options: { hideLinkHrefIfSameAsText: true } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({
      selector,
      format: 'heading',
      options: { uppercase: false },
    })),
    ...['tr', 'dt', 'dd', 'figure', 'figcaption', 'address', 'center'].map(selector => ({
      selector,
      format: 'block',
      options: line,
    })),
    { selector: 'td', format: 'cell' },
    { selector: 'th', format: 'cell' },
  ],
}

/** Longer text would be cut by the library, and a warning printed; templates and fields are bounded well below it. */
const converted = compile(options)

/** Throws RangeError for elements nested some thousand deep. */
export function htmlToText(html: string): string {
  return converted(html)
}

/** Where a word of the HTML was found: in the text of an element, in a link's address, or in another attribute. */
export interface Sighting {
  readonly word: string
  readonly place: 'text' | 'link' | 'attribute' | 'tag'
  /** The element's name and those around it, from the innermost on. */
  readonly elements: readonly string[]
}

/**
 * Finds words in what is read as text. A word that stands in a comment, a style or a title is not found at all. Throws
 * RangeError as `htmlToText` does.
 */
export function findWords(html: string, words: RegExp): readonly Sighting[] {
  const found: Sighting[] = []
  const note = (text: string, place: Sighting['place'], element: DomNode): void => {
    for (const [word] of text.matchAll(words)) found.push({ word, place, elements: namesAround(element) })
  }
  const look: FormatCallback = (element, walk, builder) => {
    const attributes: Readonly<Record<string, string>> = element.attribs ?? {}
    note(element.name ?? '', 'tag', element)
    for (const [name, value] of Object.entries(attributes)) {
      note(name, 'tag', element)
      note(value, element.name === 'a' && name === 'href' ? 'link' : 'attribute', element)
    }
    for (const child of element.children) if (child.type === 'text') note(child.data ?? '', 'text', element)
    walk(element.children, builder)
  }
  const formatters = Object.fromEntries(formats.map(format => [format, look]))
  // One element around all of it, so that every text has an element.
  compile({ ...options, formatters })(`<div>${html}</div>`)
  return found
}

/** Every format of html-to-text that is in use, but `skip`. */
const formats = [
  'anchor',
  'block',
  'blockquote',
  'cell',
  'heading',
  'horizontalLine',
  'inline',
  'lineBreak',
  'orderedList',
  'paragraph',
  'pre',
  'table',
  'unorderedList',
  'wbr',
]

function namesAround(element: DomNode): string[] {
  const names: string[] = []
  for (let at: DomNode | undefined = element; at !== undefined && at !== null; at = at.parent) names.push(at.name ?? '')
  return names
}
