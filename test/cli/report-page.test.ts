/** `report --format html`: made from a run at any time, to stdout or to a file. */

import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'

let place: Workplace
let run: string

beforeEach(async () => {
  place = new Workplace({
    'campaign.yml': campaign({ routes: outboxRoute }),
    'body.hbs': body,
    'list.csv': list(3),
  })
  run = summaryOf((await place.run(['send', 'campaign.yml', '--yes', '--json'])).stdout).run
})

afterEach(() => place.remove())

test('to stdout', async () => {
  const { code, stdout, stderr } = await place.run(['report', '--format', 'html'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^<!doctype html>/)
  expect(stdout).toContain('<span class="good">✓</span> Done, 3 of 3 messages accepted')
  expect(stdout).toContain(`<title>test: report of run ${run}</title>`)
})

test('into a pipe, which stays one', async () => {
  execFileSync('mkfifo', [place.path('pipe')])
  const read = readFile(place.path('pipe'), 'utf8')
  const { code } = await place.run(['report', '--format', 'markdown', '--output', 'pipe'])
  expect([code, await read]).toEqual([0, expect.stringMatching(/^## ✓ /)])
  expect(statSync(place.path('pipe')).isFIFO()).toBe(true)
})

test('the results file is named as long as it is of what the run came to', async () => {
  const results = place.path(`.mailblast/${run}/results.csv`)
  expect((await place.run(['report'])).stdout).toContain(`results  .mailblast/${run}/results.csv`)
  utimesSync(results, new Date(0), new Date(0))
  expect((await place.run(['report'])).stdout).not.toContain('results.csv')
})

test('to a file, of which it is said where it is', async () => {
  const { code, stdout, stderr } = await place.run(['report', '--format', 'html', '--output', 'pages/report.html'])
  expect([code, stdout, stderr]).toEqual([0, '', 'the report is in pages/report.html\n'])
  expect(readFileSync(place.path('pages/report.html'), 'utf8')).toContain('</html>')
  const failed = await place.run(['report', '--failed', '--format', 'csv', '--output', 'failed.csv'])
  expect(failed.stdout).toBe('')
  expect(readFileSync(place.path('failed.csv'), 'utf8')).toMatch(/^email,name,city,/)
})

test('a terminal is told where the page is, and is not filled with it', async () => {
  const { finished, afterwards } = place.startInTerminal(['report', '--format', 'html'])
  expect(await afterwards()).toBe(0)
  const { stdout } = await finished
  expect(stdout).toContain(`the report is in .mailblast/${run}/report.html`)
  expect(stdout).not.toContain('<html')
  expect(readFileSync(place.path(`.mailblast/${run}/report.html`), 'utf8')).toContain('</html>')
})

test('what cannot be written is said plainly, and what has no such form', async () => {
  place.write('full', 'a file, not a folder')
  const { code, stderr } = await place.run(['report', '--output', 'full/report.txt'])
  expect([code, stderr]).toEqual([
    2,
    'mailblast: full/report.txt: the report could not be written (EEXIST)\n  mend the folder or make room, or name another file with --output\n',
  ])
  const failed = await place.run(['report', '--failed', '--format', 'html'])
  expect(failed.stderr).toContain('--failed has no form as html\n  leave --failed out, or ask for csv or json')
  expect(failed.code).toBe(2)
})
