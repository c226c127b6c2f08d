/** The page as it is written, and as a browser and a screen reader find it. */

import { HtmlValidate } from 'html-validate'
import { describe, expect, test } from 'vitest'
import type { Findings } from '../../../src/report/findings.ts'
import { htmlReport } from '../../../src/report/html/page.ts'
import { chromium, withPage } from '../../support/chromium.ts'
import { findings, good, hostile, paths } from '../samples.ts'

function pageOf(of: Findings): string {
  return [...htmlReport({ findings: of, paths, zone: 'Europe/Berlin' })].join('')
}

const kinds = [
  ['with all that there may be to say', 'report', findings],
  ['of a run in which all went well', 'report-good', good],
] as const

describe.each(kinds)('a page %s', (_, name, of) => {
  const page = pageOf(of)

  test('as it is written', async () => {
    await expect(page).toMatchFileSnapshot(`../../golden/${name}.html`)
  })

  test('is valid HTML', async () => {
    const { results } = await new HtmlValidate({
      extends: ['html-validate:standard', 'html-validate:a11y'],
      rules: { 'long-title': 'off' },
    }).validateString(page)
    expect(results.flatMap(({ messages }) => messages.map(each => `${each.ruleId}: ${each.message}`))).toEqual([])
  })

  test('needs nothing from elsewhere and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(|@import|https?:/)
    expect(page).not.toMatch(/\son\w+=/)
  })

  test.runIf(chromium !== null).each([
    ['light', 1280],
    ['light', 390],
    ['dark', 1280],
    ['dark', 390],
  ] as const)('axe finds nothing to mend: %s, %i pixels wide', async (colorScheme, width) => {
    const found = await withPage({ html: page, colorScheme, width }, async ({ axe }) => axe())
    expect(found).toEqual([])
  })

  test.runIf(chromium !== null)('nothing sticks out of a narrow window', async () => {
    const wide = await withPage({ html: page, colorScheme: 'light', width: 390 }, async ({ page: open }) =>
      open.evaluate<number>('document.documentElement.scrollWidth'),
    )
    expect(wide).toBe(390)
  })
})

test.skipIf(chromium !== null)(
  'NO CHROMIUM HERE: the page was not looked at in a browser, and axe was not asked',
  () => {},
)

test('words from outside stay words', () => {
  const page = pageOf(findings)
  expect(hostile).toContain('<script>')
  expect(page).not.toContain('<script')
  expect(page).not.toMatch(/[\u001b\u0007]/)
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
})
