/** What can be done to a run from another terminal while it is being sent, and what its sender then does. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { type Running, summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

const total = 300

let place: Workplace
let receiver: SmtpReceiver
/** How long the server takes for a message. */
let delayMs: number

beforeEach(async () => {
  delayMs = 50
  receiver = await startSmtpReceiver({
    behave: event => (event.stage === 'message' && delayMs > 0 ? { delayMs } : undefined),
  })
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(total) })
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

async function sending(more = '', options: readonly string[] = []): Promise<Running> {
  place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port, more) }))
  const running = place.start(['send', 'campaign.yml', '--yes', '--json', ...options])
  await running.said('"settled"')
  return running
}

/** Every row is where it should be, and nobody was mailed twice. */
function everybodyOnce(stdout: string): void {
  expect(summaryOf(stdout).counts).toMatchObject({ accepted: total, waiting: 0, in_doubt: 0 })
  expect(new Set(receiver.messages.map(message => message.to)).size).toBe(receiver.messages.length)
}

/** Nothing is in flight any more; each look takes longer than a call. */
async function quiet(): Promise<void> {
  for (let looks = 0; looks < 50; looks++) {
    const { stdout } = await place.run(['status', '--json'])
    if (JSON.parse(stdout).sending === 0) return
  }
  throw new Error('something is in flight still')
}

describe('pause', () => {
  test('keeps the sender from further calls, says how many may still leave, and resume lets it go on', async () => {
    const running = await sending()
    const paused = await place.run(['pause', '--why', 'a typo in the subject'])
    expect(paused.code).toBe(0)
    expect(paused.stdout.replace(/\d{8}-\w+/g, 'RUN').replace(/process \d+ on \S+/, 'process N on HOST')).toMatch(
      /^run RUN is paused: process N on HOST (waits, and nothing is in flight|makes no further call; \d messages? in open calls may still leave)\n {2}to go on: mailblast resume RUN\n$/,
    )
    await quiet()
    const sent = receiver.messages.length
    const status = await place.run(['status'])
    expect(status.stdout).toMatch(/paused by the operator: a typo in the subject; held by process/)
    expect(status.stdout).toContain('  the run is paused\n')
    expect(receiver.messages.length).toBe(sent)
    delayMs = 0
    const resumed = await place.run(['resume'])
    expect([resumed.code, resumed.stdout]).toEqual([0, expect.stringMatching(/goes on: process \d+ on .* sends it\n$/)])
    const { code, stdout } = await running.finished
    expect(code).toBe(0)
    everybodyOnce(stdout)
    expect(stdout).toContain('"what":"paused"')
    expect(stdout).toContain('"what":"goes on"')
  })

  test('outlives the patience of the sender, and the sender itself', async () => {
    const running = await sending('', ['--wait', '1s'])
    await place.run(['pause'])
    const { code, stdout } = await running.finished
    expect(code).toBe(4)
    expect(summaryOf(stdout).outcome).toBe('unfinished')
    expect((await place.run(['status'])).stdout).toContain('paused by the operator')
    const cron = await place.run(['resume', '--all'])
    expect([cron.code, cron.stderr]).toEqual([0, expect.stringContaining('paused by the operator')])
    delayMs = 0
    const resumed = await place.run(['resume', '--json'])
    expect(resumed.code).toBe(0)
    everybodyOnce(resumed.stdout)
  })
})

test('cancel: the sender finishes its open calls, gives up on the others, and nobody is in doubt', async () => {
  const running = await sending()
  const cancelled = await place.run(['cancel', 'campaign.yml'])
  expect(cancelled.code).toBe(0)
  expect(cancelled.stdout).toMatch(/^run \S+ is cancelled: \d+ recipients will not be mailed\n$/)
  const { code, stdout } = await running.finished
  expect(code).toBe(3)
  const { counts, outcome } = summaryOf(stdout)
  expect(outcome).toBe('cancelled')
  expect(counts).toMatchObject({ waiting: 0, in_doubt: 0, accepted: receiver.messages.length })
  expect(counts.accepted + counts.skipped).toBe(total)
})

describe('another pace', () => {
  test('by the command, for a route that was too slow', async () => {
    const running = await sending(', rate: 2/s')
    delayMs = 0
    const said = await place.run(['rate', 'campaign.yml', 'smtp=unlimited', 'example.org=1000/s,50000/h burst 1000'])
    expect(said.code).toBe(0)
    expect(
      said.stdout.replace(/\d{8}-\w+/, 'RUN').replace(/process \d+ on \S+/, 'process N on HOST'),
    ).toMatchInlineSnapshot(`
      "  smtp: unlimited
        example.org: 1,000/s, 50,000/h burst 1,000
      run RUN goes so within seconds: process N on HOST sends it
      "
    `)
    const { code, stdout } = await running.finished
    expect(code).toBe(0)
    everybodyOnce(stdout)
    expect(stdout).toContain('"what":"other paces"')
  })

  test('by SIGHUP, as the campaign file has it by then; a mistake in it changes nothing', async () => {
    const running = await sending(', rate: 2/s')
    delayMs = 0
    place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port, ', rate: quick') }))
    running.child.kill('SIGHUP')
    await running.said('read again, and left as it was: ')
    place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
    running.child.kill('SIGHUP')
    const { code, stdout } = await running.finished
    expect(code).toBe(0)
    everybodyOnce(stdout)
  })

  test.each([
    { changes: ['smpt=2/s'], says: 'smpt is neither a route of the run nor a site; did you mean `smtp`?' },
    { changes: ['smtp=2'], says: 'smtp=2: 2 is not a rate' },
    { changes: ['smtp'], says: 'smtp: not of the form name=rate' },
  ])('$changes: $says', async ({ changes, says }) => {
    const running = await sending(', rate: 2/s')
    const { code, stderr } = await place.run(['rate', 'campaign.yml', ...changes])
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
    running.child.kill('SIGKILL')
    await running.finished
  })
})

test('a guard pauses the run, so that cron does not go on with it by itself', async () => {
  await receiver.close()
  receiver = await startSmtpReceiver({
    behave: event => (event.stage === 'rcpt' ? { reply: '550 5.1.1 No such user here' } : undefined),
  })
  place.write(
    'campaign.yml',
    campaign({ routes: smtpRoute(receiver.port), more: 'guard: { stop_when: ["hard_bounce_rate > 5% of 20"] }' }),
  )
  const stopped = await place.run(['send', 'campaign.yml', '--yes', '--json'])
  expect(stopped.code).toBe(3)
  const { counts } = summaryOf(stopped.stdout)
  expect(counts.failed).toBeGreaterThanOrEqual(20)
  expect(counts.waiting).toBeGreaterThan(200)
  const cron = await place.run(['resume', '--all'])
  expect([cron.code, cron.stderr]).toEqual([
    3,
    expect.stringMatching(
      /paused by the guard: hard_bounce_rate > 5% of 20 was crossed: 100.0% of 2\d; resume it by name/,
    ),
  ])
  const again = await place.run(['resume', '--json'])
  expect(again.code).toBe(3)
  expect(summaryOf(again.stdout).counts.failed).toBeGreaterThan(counts.failed)
})
