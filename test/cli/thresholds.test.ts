/** `--fail-on` and the campaign's `thresholds`: what a finished run is judged by. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver
let isWell: boolean

beforeEach(async () => {
  isWell = true
  receiver = await startSmtpReceiver({
    behave: event => {
      // So that no call takes less than a millisecond.
      if (event.stage === 'message') return { delayMs: 5 }
      const isGone = event.stage === 'rcpt' && event.to === 'p1@example.org' && !isWell
      return isGone ? { reply: '550 5.1.1 No such user' } : undefined
    },
  })
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(4) })
  write('')
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

function write(more: string): void {
  place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port), more }))
}

interface Judged {
  readonly thresholds: readonly object[]
}

test('one that is crossed makes exit 3 of a run in which everybody was accepted', async () => {
  const crossed = [
    'send',
    'campaign.yml',
    '--yes',
    '--fail-on',
    'p50_latency > 1ms of 1',
    '--fail-on',
    'failure_rate > 0%',
  ]
  const { code, stdout } = await place.run(crossed)
  expect(code).toBe(3)
  expect(stdout).toMatch(/^! test \(run \S+\): done, 4 of 4 messages accepted, 1 threshold crossed\n/)
  expect(stdout).toMatch(
    /\nThresholds\n {2}✗ {2}p50_latency > 1ms of 1 {2}\d+ ms over 4 calls\n {2}✓ {2}failure_rate > 0% {7}0% \(0 of 4\)\n/,
  )
  // It was asked for then, and is not the run's own.
  expect((await place.run(['report'])).code).toBe(0)
  const again = await place.run(['report', '--format', 'json', '--fail-on', 'failure_rate > 0%'])
  expect(again.code).toBe(0)
  expect((JSON.parse(again.stdout) as Judged).thresholds).toEqual([
    { threshold: 'failure_rate > 0%', crossed: false, measured: 0, count: 0, of: 4 },
  ])
})

test("the campaign's own are frozen with its run", async () => {
  isWell = false
  write('thresholds: ["failure_rate > 30%", "hard_bounce_rate > 20%"]')
  expect((await place.run(['send', 'campaign.yml', '--yes'])).code).toBe(3)
  write('')
  const { stdout } = await place.run(['report', '--format', 'json'])
  expect((JSON.parse(stdout) as Judged).thresholds).toEqual([
    { threshold: 'failure_rate > 30%', crossed: false, measured: 0.25, count: 1, of: 4 },
    { threshold: 'hard_bounce_rate > 20%', crossed: true, measured: 0.25, count: 1, of: 4 },
  ])
  const markdown = await place.run(['report', '--format', 'markdown'])
  expect(markdown.stdout).toContain('| ✗ | `hard_bounce_rate > 20%` | 25.0% (1 of 4) |')
})

test.each([['send', 'campaign.yml', '--yes'], ['resume', '--all'], ['report']])(
  '%s: what is no threshold is a mistake, and nothing is sent',
  async (...args) => {
    const { code, stderr } = await place.run([...args, '--fail-on', 'failures > 1'])
    expect(code).toBe(2)
    expect(stderr).toContain(
      'mailblast: --fail-on: "failures > 1" is no threshold\n  expected is <rate> > <percent below 100>%',
    )
    expect(receiver.messages).toEqual([])
  },
)
