/** A page opened in Chromium, where there is one, without a network. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Page, chromium as playwright } from 'playwright-core'

/** Debian's, or the one that `MAILBLAST_CHROMIUM` names; null where there is none. */
export const chromium =
  [process.env['MAILBLAST_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    path => path !== '' && existsSync(path),
  ) ?? null

export interface Opened {
  readonly page: Page
  /** What axe-core finds wrong, one line each; rules of WCAG 2.2 up to AA and best practice. */
  readonly axe: () => Promise<readonly string[]>
}

export interface Shown {
  readonly html: string
  readonly colorScheme: 'light' | 'dark'
  /** In pixels. */
  readonly width: number
}

export async function withPage<Result>(
  { html, colorScheme, width }: Shown,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  if (chromium === null) throw new Error('there is no Chromium')
  const browser = await playwright.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, offline: true })
    const page = await context.newPage()
    await page.setContent(html)
    return await work({ page, axe: () => violations(page) })
  } finally {
    await browser.close()
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}

async function violations(page: Page): Promise<readonly string[]> {
  // The page's own policy allows no script, and this is not one of the page's.
  await page.evaluate(axeSource)
  const found = await page.evaluate<{ readonly violations: readonly Violation[] }>('axe.run()')
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(each => each.html).join(' ')}`)
}
