/** What the dashboard looks like, as frames in `test/golden`: at several sizes, on every page, at the beginning and the end. */

import { renderToString } from 'ink'
import { createElement } from 'react'
import { describe, expect, test } from 'vitest'
import { Dashboard } from '../../../src/dashboard/ink/dashboard.tsx'
import { colourless, ThemeProvider } from '../../../src/dashboard/ink/theme.tsx'
import { observed } from '../../../src/dashboard/observed.ts'
import { firstScreen, type Screen } from '../../../src/dashboard/screen.ts'
import { noView, type ViewState, viewed } from '../../../src/dashboard/view-state.ts'
import { findings } from '../../report/samples.ts'
import { dashboardRun } from '../../support/dashboard-run.ts'

const half = viewed(noView, dashboardRun(90))

/** Another process's run, by two looks at the journal. */
const seen =
  [2300, 100].reduce<ViewState | null>((before, waiting, index) => {
    const { overview, tally } = findings.summary
    const counts = { ...tally.counts, waiting, accepted: tally.counts.accepted + tally.counts.waiting - waiting }
    const look = { run: overview.run, counts, tally, calls: findings.course, standing: half.standing }
    return observed(before, { ...look, atMs: half.atMs + index * 20_000 })
  }, null) ?? noView

function frame(view: ViewState, columns: number, rows: number, screen: Partial<Screen> = {}, isOwn = true): string {
  const dashboard = createElement(Dashboard, { view, screen: { ...firstScreen, ...screen }, columns, rows, isOwn })
  const drawn = renderToString(createElement(ThemeProvider, { value: colourless }, dashboard), { columns })
  return `${drawn
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')}\n`
}

describe('no line is wider than the terminal, and no frame is higher', () => {
  test.each([
    [40, 8],
    [60, 15],
    [80, 24],
    [120, 40],
    [200, 60],
  ])('%i×%i', async (columns, rows) => {
    const drawn = frame(half, columns, rows)
    await expect(drawn).toMatchFileSnapshot(`../../golden/dashboard-${columns}x${rows}.txt`)
    const lines = drawn.split('\n')
    expect(lines.length).toBeLessThanOrEqual(rows)
  })
})

describe('pages, at 80×24', () => {
  test.each<[string, ViewState, Partial<Screen>, boolean]>([
    ['site', half, { page: 'site', marked: 1 }, true],
    ['failures', half, { page: 'failures' }, true],
    ['help', half, { page: 'help' }, true],
    ['told', half, { told: 'asked to pause: what is in flight is finished; p: go on' }, true],
    ['watched', seen, {}, false],
    ['before-the-first-answer', viewed(noView, dashboardRun(0)), {}, true],
  ])('%s', async (name, view, screen, isOwn) => {
    await expect(frame(view, 80, 24, screen, isOwn)).toMatchFileSnapshot(`../../golden/dashboard-${name}.txt`)
  })
})
