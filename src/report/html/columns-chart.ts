/** A chart of stacked columns as inline SVG. Colours are classes, so that the page's style says them for light and dark. */

import { scaleLinear } from 'd3-scale'
import { type Markup, markup } from './markup.ts'

export interface ColumnsChart {
  /** Unique on the page. */
  readonly id: string
  /** What the chart shows, for those who cannot see it. */
  readonly title: string
  readonly columns: readonly Column[]
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** Whether values are whole, so that there is no tick between 0 and 1. */
  readonly whole: boolean
  readonly valueText: (value: number) => string
}

/** Places and widths are parts of the chart's width, from 0 to 1. */
export interface Column {
  readonly left: number
  readonly width: number
  /** What is said of it where the pointer rests. */
  readonly tip: string
  /** From the bottom up; the kind is a class of the page's style. */
  readonly parts: readonly { readonly kind: Kind; readonly value: number }[]
}

export type Kind = 'accepted' | 'failed' | 'in-doubt' | 'waiting' | 'plain'

const width = 440
const height = 200
const margin = { left: 48, right: 14, top: 10, bottom: 26 }
const plot = { width: width - margin.left - margin.right, bottom: height - margin.bottom }
const thinnest = 1.5
const widest = 48

export function columnsChart({ id, title, columns, ticks, whole, valueText }: ColumnsChart): Markup {
  const highest = Math.max(...columns.map(({ parts }) => sum(parts)), whole ? 1 : Number.MIN_VALUE)
  const y = scaleLinear().domain([0, highest]).nice(4).range([plot.bottom, margin.top])
  const levels = y.ticks(4).filter(level => !whole || Number.isInteger(level))
  const x = (part: number): number => round(margin.left + part * plot.width)
  return markup`<svg class="chart" role="img" aria-labelledby="${id}" viewBox="0 0 ${width} ${height}">
<title id="${id}">${title}</title>
${levels.map(level => {
  const at = round(y(level))
  return markup`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/>
<text class="level" x="${margin.left - 6}" y="${at + 4}">${valueText(level)}</text>
`
})}${columns.map(column => bars(column, x, y))}${ticks.map(
  ({ at, text }) => markup`<text class="tick" x="${x(at)}" y="${height - 8}">${text}</text>
`,
)}</svg>`
}

function bars({ left, width: part, tip, parts }: Column, x: (part: number) => number, y: (value: number) => number) {
  const whole = part * plot.width
  const breadth = round(Math.min(widest, Math.max(thinnest, whole)))
  const start = round(x(left) + Math.max(0, whole - breadth) / 2)
  let below = 0
  const rects = parts.flatMap(({ kind, value }) => {
    if (value <= 0) return []
    const [bottom, top] = [y(below), y(below + value)]
    below += value
    // What is there at all can be seen.
    const high = Math.max(1, round(bottom - top))
    return [
      markup`<rect class="${kind}" x="${start}" y="${round(bottom - high)}" width="${breadth}" height="${high}"/>`,
    ]
  })
  return rects.length === 0
    ? markup``
    : markup`<g><title>${tip}</title>${rects}</g>
`
}

function sum(parts: Column['parts']): number {
  return parts.reduce((total, { value }) => total + value, 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
