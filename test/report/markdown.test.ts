import { expect, test } from 'vitest'
import type { Findings } from '../../src/report/findings.ts'
import { findingsJson } from '../../src/report/findings-json.ts'
import { markdownReport } from '../../src/report/markdown.ts'
import { findings, good, hostile, paths, tally } from './samples.ts'

function reportOf(of: Findings): string {
  return [...markdownReport({ findings: of, paths, zone: 'Europe/Berlin' })].join('')
}

test.each([
  ['report', findings],
  ['report-good', good],
] as const)('as it is written: %s', async (name, of) => {
  await expect(reportOf(of)).toMatchFileSnapshot(`../golden/${name}.md`)
})

test.each([hostile, '``` | ** @everyone https://evil.example `', '`x`', 'a\n\n# b | c\r\n| d |'])(
  'words from outside stay in one code span: %j',
  words => {
    const cause = { class: 'hard' as const, text: words }
    const [first] = tally.causes.map(each => ({ ...each, cause, count: 1 }))
    const summary = { ...findings.summary, tally: { ...tally, causes: first === undefined ? [] : [first] } }
    const rows = reportOf({ ...findings, summary })
      .split('\n')
      .filter(line => line.includes('hard: '))
    expect(rows).toHaveLength(1)
    const span = /^\| (`+)( ?)(.*?)\2\1 \| 1 \| `gone@gmail.com` \|$/.exec(rows[0] ?? '')
    expect(span).not.toBe(null)
    // Neither a fence of the same length nor a bare bar is in the span.
    expect(span?.[3]?.match(/`+/g) ?? []).not.toContain(span?.[1])
    expect(span?.[3]).not.toMatch(/(?<!\\)\|/)
  },
)

test('what the JSON report has beyond the summary', async () => {
  await expect(`${JSON.stringify(findingsJson(findings), null, 2)}\n`).toMatchFileSnapshot('../golden/findings.json')
})
