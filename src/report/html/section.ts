/** A part of the page with a heading of its own. */

import type { Findings } from '../findings.ts'
import type { ReportPaths } from '../terminal.ts'
import { type Markup, markup } from './markup.ts'

export interface Section {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly body: Markup
  /** Whether two like this have room side by side where the window is wide. */
  readonly isHalf?: boolean
}

/** All that a page is made of. */
export interface Page {
  readonly findings: Findings
  readonly paths: ReportPaths
  /** In which times are said. */
  readonly zone: string
}

export function sectionMarkup({ id, title, body, isHalf = false }: Section): Markup {
  return markup`<section class="${isHalf ? 'half' : 'whole'}" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${body}
</section>
`
}
