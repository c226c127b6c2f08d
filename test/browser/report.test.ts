/** The report's page as a browser and a screen reader find it. */

import { describe, expect, test } from 'vitest'
import { htmlReport } from '../../src/report/html/page.ts'
import { findings, good, paths } from '../report/samples.ts'
import { chromium, withPage } from '../support/chromium.ts'

describe.each([
  ['with all that there may be to say', findings],
  ['of a run in which all went well', good],
] as const)('a page %s', (_, of) => {
  const page = [...htmlReport({ findings: of, paths, zone: 'Europe/Berlin' })].join('')

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
