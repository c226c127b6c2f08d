/** How the rows of a screen are shared out, as a table. */

import { expect, test } from 'vitest'
import { pageLayout } from '../../src/dashboard/page-layout.ts'

const much = { routes: 4, sites: 100, reasons: 20, said: 50 }

test('what there is room for', () => {
  const rows = [8, 12, 16, 20, 24, 30, 40, 60, 100].map(height => {
    const { routes, sites, reasons, said } = pageLayout(height, much)
    return `${height} rows: routes ${routes}, sites ${sites}, reasons ${reasons}, said ${said}`
  })
  expect(rows.join('\n')).toMatchInlineSnapshot(`
    "8 rows: routes 0, sites 0, reasons 0, said 0
    12 rows: routes 2, sites 0, reasons 0, said 0
    16 rows: routes 2, sites 4, reasons 0, said 0
    20 rows: routes 3, sites 3, reasons 2, said 0
    24 rows: routes 4, sites 2, reasons 3, said 1
    30 rows: routes 4, sites 6, reasons 3, said 3
    40 rows: routes 4, sites 12, reasons 5, said 5
    60 rows: routes 4, sites 28, reasons 7, said 7
    100 rows: routes 4, sites 58, reasons 12, said 12"
  `)
})

test('never more than fits, whatever there is', () => {
  for (let height = 1; height < 120; height++)
    for (const routes of [0, 1, 5, 40])
      for (const sites of [0, 1, 3, 200])
        for (const reasons of [0, 1, 50]) {
          const given = pageLayout(height, { routes, sites, reasons, said: reasons })
          const used = Object.values(given).reduce((sum, each) => sum + (each > 0 ? each + 2 : 0), 6)
          expect(used).toBeLessThanOrEqual(Math.max(6, height))
        }
})
