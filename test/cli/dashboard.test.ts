/** The dashboard in a real terminal: what a user finds there while it runs, and after it. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'
import { type Around, Screen } from '../support/terminal.ts'

let place: Workplace
const screens: Screen[] = []

beforeEach(() => {
  const routes = `${outboxRoute}\n    rate: 20/s burst 1`
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(2000), 'campaign.yml': campaign({ routes }) })
})

afterEach(async () => {
  for (const screen of screens.splice(0)) {
    screen.close()
    await screen.ended
  }
  place.remove()
})

function send(around: Around = {}, env: Readonly<Record<string, string>> = {}): Screen {
  const screen = new Screen(place, ['send', 'campaign.yml', '--yes'], { columns: 100, rows: 30, env }, around)
  screens.push(screen)
  return screen
}

const around = { before: 'echo what was there before; stty -g > before', after: 'stty -g > after; diff before after' }

const whole = { second: false, cursor: true, first: 'what was there before' }

/** How the terminal was left, and the first line that can be scrolled back to. */
function left(screen: Screen): typeof whole {
  const first = screen.everything().split('\n', 1)[0] ?? ''
  return { second: screen.isSecondScreen, cursor: screen.isCursorShown, first }
}

test('at the end the terminal is as it was, with the report below what was there', async () => {
  place.write('list.csv', list(120))
  const screen = send(around)
  await screen.shows('waits because')
  expect([screen.isSecondScreen, screen.isCursorShown]).toEqual([true, false])
  expect(await screen.ended).toBe(0)
  expect(left(screen)).toEqual(whole)
  expect(screen.everything()).toContain('Every row of the list')
})

test('Ctrl-C finishes what is in flight, and leaves the terminal as it was, with the report', async () => {
  const screen = send(around)
  await screen.shows('waits because')
  screen.press('\u0003')
  expect(await screen.ended).toBe(4)
  expect(left(screen)).toEqual(whole)
  expect(screen.everything()).toMatch(/stopping: interrupted[\s\S]*Every row of the list[\s\S]*go on +mailblast resume/)
  // Who waits could go at once, so nothing is said of when.
  expect((await place.run(['status'])).stdout).toMatch(/test {2}stopped: stopped by the operator\n/)
})

test('a crash leaves the terminal as it was, and says what happened', async () => {
  place.write(
    'crash.mjs',
    "import { watch } from 'node:fs'\nwatch('crash', () => { throw new Error('what nobody thought of') }).unref()",
  )
  place.write('crash/not-yet', '')
  const screen = send(around, { NODE_OPTIONS: `--import ${place.path('crash.mjs')}` })
  await screen.shows('waits because')
  place.write('crash/now', '')
  await screen.ended
  expect(left(screen)).toEqual(whole)
  expect(screen.everything()).toContain('what nobody thought of')
})

test('what a key did is said; the window may change its size meanwhile', async () => {
  const screen = send()
  await screen.shows('waits because')
  screen.press('p')
  await screen.shows('paused')
  screen.resize({ columns: 70, rows: 20 })
  await screen.shows(/^[█░ ]+ \d+ %$/m)
  const widest = Math.max(
    ...screen
      .text()
      .split('\n')
      .map(line => line.length),
  )
  expect([widest > 60, widest <= 70]).toEqual([true, true])
  screen.press('p')
  await screen.shows('goes on')
  screen.press('?')
  await screen.shows('this page; esc: back to the first')
  screen.press('?')
  await screen.shows('waits because')
  screen.press('q')
  expect(await screen.ended).toBe(4)
  expect(screen.everything()).toContain('waiting')
})

test('a run of another process is watched, and left as it is', async () => {
  const sending = place.start(['send', 'campaign.yml', '--yes'])
  await sending.said('2,000')
  const screen = new Screen(place, ['watch'], { columns: 100, rows: 30 }, around)
  screens.push(screen)
  await screen.shows(/^outbox +up +20\/s +\d +\d+ m?s +\d+ m?s +is held to its rate$/m)
  await screen.shows(/^example.org +\d +\d+ +0$/m)
  screen.press('q')
  expect(await screen.ended).toBe(0)
  expect(left(screen)).toEqual(whole)
  expect(screen.everything()).toContain('being sent by process')
  sending.child.kill('SIGINT')
  expect((await sending.finished).code).toBe(4)
})
