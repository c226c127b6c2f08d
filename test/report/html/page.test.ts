/** The page as it is written; `test/browser` has it as a browser and a screen reader find it. */

import { HtmlValidate } from 'html-validate'
import { describe, expect, test } from 'vitest'
import type { Findings } from '../../../src/report/findings.ts'
import { htmlReport } from '../../../src/report/html/page.ts'
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
})

test('words from outside stay words', () => {
  const page = pageOf(findings)
  expect(hostile).toContain('<script>')
  expect(page).not.toContain('<script')
  expect(page).not.toMatch(/[\u001b\u0007]/)
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
})

test('runs in which nobody failed are not shown as an empty chart', () => {
  const counts = { ...good.summary.tally.counts, failed: 0 }
  const earlier = [{ run: good.summary.overview.run, counts }]
  expect(pageOf({ ...good, earlier })).toContain('Nobody failed, in this run or in those before it.')
  expect(
    pageOf({ ...good, earlier: [{ ...earlier[0], run: good.summary.overview.run, counts: { ...counts, failed: 5 } }] }),
  ).toContain('id="trend-chart')
})
