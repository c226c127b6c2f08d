/**
 * HTML and SVG in which nothing from outside can become markup: whatever is put into the template is escaped, unless it was
 * made by the template itself. Attributes must be written with double quotes.
 */

import { terminalSafe } from '../../model/words.ts'

export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | string | number | null | readonly Part[]

export function markup(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    fixed.map((text, index) => `${index === 0 ? '' : written(parts[index - 1] ?? null)}${text}`).join(''),
  )
}

function written(part: Part): string {
  if (part === null) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(written).join('')
  return escaped(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters and such as turn the direction of writing go too. */
function escaped(text: string): string {
  return terminalSafe(text, textMax).replace(/[&<>"']/g, character => entities[character] ?? '')
}

const textMax = 1000
