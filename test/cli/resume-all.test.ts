/** `resume --all`, as cron runs it. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace
let receiver: SmtpReceiver
let mood: 'answers' | 'slow' | 'mailbox full' | 'loses one answer'

beforeEach(async () => {
  mood = 'answers'
  receiver = await startSmtpReceiver({
    behave(event) {
      if (event.stage === 'rcpt' && mood === 'mailbox full') return { reply: '452 4.2.2 Mailbox full' }
      if (event.stage !== 'message') return undefined
      if (mood === 'loses one answer') {
        mood = 'answers'
        return { drop: true }
      }
      return mood === 'slow' ? { delayMs: 20 } : undefined
    },
  })
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(200) })
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

const named = (name: string, routes: string, more = ''): string =>
  campaign({ routes, more }).replace('name: test', `name: ${name}`)

async function interrupted(file: string): Promise<void> {
  mood = 'slow'
  const running = place.start(['send', file, '--yes', '--json'])
  await running.said('"settled"')
  running.child.kill('SIGINT')
  expect((await running.finished).code).toBe(4)
  mood = 'answers'
}

test('no journal yet: nothing to do, exit 0; a journal that is named must be there', async () => {
  const none = await place.run(['resume', '--all'])
  expect([none.code, none.stderr]).toEqual([0, 'there is no journal at .mailblast/journal.db: nothing to resume\n'])
  expect((await place.run(['resume', '--all', '--journal', 'elsewhere.db'])).code).toBe(2)
})

test('every unfinished run goes on, the oldest first; then there is nothing to do, exit 0', async () => {
  place.write('one.yml', named('one', smtpRoute(receiver.port)))
  place.write('two.yml', named('two', smtpRoute(receiver.port)))
  place.write('three.yml', named('three', outboxRoute))
  await interrupted('one.yml')
  await interrupted('two.yml')
  await place.run(['send', 'three.yml'])
  const resumed = await place.run(['resume', '--all', '--json'])
  expect(resumed.code).toBe(0)
  const summaries = resumed.stdout.split('\n').filter(line => line.startsWith('{"type":"summary"'))
  expect(summaries.map(line => JSON.parse(line).campaign)).toEqual(['one', 'two'])
  for (const each of summaries) expect(summaryOf(each).counts).toMatchObject({ accepted: 200, waiting: 0 })
  expect(receiver.messages.length).toBe(400)
  const again = await place.run(['resume', '--all'])
  expect([again.code, again.stderr]).toEqual([0, 'no run is unfinished: nothing to resume\n'])
})

test('a run whose retries are due later is left, and said so, exit 0', async () => {
  place.write('one.yml', named('one', smtpRoute(receiver.port), 'retry: { delays: [2h] }'))
  place.write('list.csv', list(2))
  mood = 'mailbox full'
  expect((await place.run(['send', 'one.yml', '--yes'])).code).toBe(4)
  const resumed = await place.run(['resume', '--all'])
  expect(resumed.code).toBe(0)
  expect(resumed.stderr).toMatch(/^run \S+ \(one\): next due \d{4}-/)
})

test('one run’s mistake does not hold up the next, and its exit code is not forgotten', async () => {
  place.write('one.yml', named('one', `${smtpRoute(receiver.port)}\n${sendgridRoute('http://127.0.0.1:1')}`))
  place.write('two.yml', named('two', smtpRoute(receiver.port)))
  mood = 'slow'
  const running = place.start(['send', 'one.yml', '--yes', '--json'], { env: { SENDGRID_API_KEY: 'SG.key' } })
  await running.said('"settled"')
  running.child.kill('SIGINT')
  await running.finished
  await interrupted('two.yml')
  const resumed = await place.run(['resume', '--all'])
  expect(resumed.code).toBe(2)
  expect(resumed.stderr).toContain('SENDGRID_API_KEY')
  expect(resumed.stdout).toContain('✓ two (run ')
})

test('a route that rests for a moment, as after a lost answer, is waited for', async () => {
  place.write('one.yml', named('one', smtpRoute(receiver.port)))
  await interrupted('one.yml')
  mood = 'loses one answer'
  const resumed = await place.run(['resume', '--all', '--json'])
  expect(resumed.code).toBe(3)
  expect(summaryOf(resumed.stdout).counts).toMatchObject({ accepted: 199, in_doubt: 1, waiting: 0 })
})

test('a run that another process is sending is left to it, exit 0', async () => {
  place.write('one.yml', named('one', smtpRoute(receiver.port)))
  mood = 'slow'
  const running = place.start(['send', 'one.yml', '--yes', '--json'])
  await running.said('"settled"')
  const resumed = await place.run(['resume', '--all'])
  expect(resumed.code).toBe(0)
  expect(resumed.stderr).toContain('is sending under the key "one" already')
  mood = 'answers'
  expect((await running.finished).code).toBe(0)
  expect(receiver.messages.length).toBe(200)
})

test('--all and a run are not said together', async () => {
  expect((await place.run(['resume', 'one', '--all'])).code).toBe(2)
})
