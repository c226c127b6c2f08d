/** A bar in a table's cell, beside the figures that it shows, so that nobody needs it to read the table. */

import type { Kind } from './columns-chart.ts'
import { type Markup, markup } from './markup.ts'

const length = 100

/** `of` is as long as the cell. */
export function bar(parts: readonly { readonly kind: Kind; readonly value: number }[], of: number): Markup {
  let at = 0
  const rects = parts.flatMap(({ kind, value }) => {
    if (value <= 0 || of <= 0) return []
    const long = (value / of) * length
    const rect = markup`<rect class="${kind}" x="${round(at)}" y="0" width="${round(Math.max(0.5, long))}" height="8"/>`
    at += long
    return [rect]
  })
  return markup`<svg class="bar" viewBox="0 0 ${length} 8" preserveAspectRatio="none" aria-hidden="true">${rects}</svg>`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
