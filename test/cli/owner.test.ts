/** One owner: what happens to a journal that is copied, taken away, or whose sender falls asleep. */

import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, smtpRoute } from '../support/campaigns.ts'
import { type Running, summaryOf, Workplace } from '../support/mailblast.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'

const total = 120
let place: Workplace
let receiver: SmtpReceiver
let delayMs: number

beforeEach(async () => {
  delayMs = 20
  receiver = await startSmtpReceiver({ behave: event => (event.stage === 'message' ? { delayMs } : undefined) })
  place = new Workplace({
    'body.hbs': body,
    'campaign.yml': campaign({ routes: smtpRoute(receiver.port, ', concurrency: 3') }),
    'list.csv': list(total),
  })
})

afterEach(async () => {
  await receiver.close()
  place.remove()
})

async function sending(): Promise<Running> {
  const running = place.start(['send', 'campaign.yml', '--yes', '--json'])
  await running.said('"settled"')
  return running
}

const twice = (): string[] => {
  const to = receiver.messages.map(message => message.to)
  return to.filter((each, index) => to.indexOf(each) !== index)
}

describe('a journal that was copied', () => {
  test('is not sent from without --take-over; with it, nobody whom the copy knows of is mailed again', async () => {
    const running = await sending()
    running.child.kill('SIGINT')
    await running.finished
    mkdirSync(place.path('copy'))
    copyFileSync(place.path('.mailblast/journal.db'), place.path('copy/journal.db'))
    const journal = ['--journal', 'copy/journal.db']
    for (const args of [['resume'], ['send', 'campaign.yml', '--yes'], ['settle']]) {
      if (args[0] === 'settle') continue
      const refused = await place.run([...args, ...journal])
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('this journal is a copy')])
    }
    delayMs = 0
    const resumed = await place.run(['resume', ...journal, '--take-over', '--json'])
    expect(summaryOf(resumed.stdout).counts).toMatchObject({ accepted: total })
    expect(twice()).toEqual([])
    const again = await place.run(['send', 'campaign.yml', '--yes', ...journal])
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing to send')])
  })

  test('takes a new key at once', async () => {
    await place.run(['send', 'campaign.yml', '--yes', '--limit', '2'])
    copyFileSync(place.path('.mailblast/journal.db'), place.path('copy.db'))
    place.write('new.yml', campaign({ routes: smtpRoute(receiver.port) }).replace('name: test', 'name: new'))
    delayMs = 0
    expect((await place.run(['send', 'new.yml', '--yes', '--journal', 'copy.db'])).code).toBe(0)
  })

  test('is not taken for one when it was only moved', async () => {
    const running = await sending()
    running.child.kill('SIGINT')
    await running.finished
    renameSync(place.path('.mailblast'), place.path('moved'))
    delayMs = 0
    expect((await place.run(['resume', '--journal', 'moved/journal.db'])).code).toBe(0)
    expect(receiver.messages.length).toBe(total)
  })
})

describe('a journal that is taken away while it is used', () => {
  test('stops the sending, is saved, and goes on from there', async () => {
    const running = await sending()
    for (const file of readdirSync(place.path('.mailblast')))
      rmSync(place.path(join('.mailblast', file)), { recursive: true })
    const stopped = await running.finished
    expect(stopped.code).toBe(4)
    expect(stopped.stderr).toContain('journal.db.rescued')
    const sent = receiver.messages.length
    expect(sent).toBeLessThan(total)

    const anew = await place.run(['send', 'campaign.yml', '--yes'])
    expect(anew.code).toBe(2)
    expect(anew.stderr).toContain('journal.db.rescued')
    expect(receiver.messages.length).toBe(sent)

    renameSync(place.path('.mailblast/journal.db.rescued'), place.path('.mailblast/journal.db'))
    delayMs = 0
    const resumed = await place.run(['resume', '--take-over', '--json'])
    expect(summaryOf(resumed.stdout).counts).toMatchObject({ accepted: total, in_doubt: 0 })
    expect(twice()).toEqual([])
    expect(receiver.messages.length).toBe(total)
  })
})

describe('a sender that sleeps for ten minutes', () => {
  test('and was replaced meanwhile stops before its next call; what it had in flight is in doubt, or accepted when it says so', async () => {
    const running = await sending()
    running.child.kill('SIGSTOP')
    letLeaseRunOut(place)
    delayMs = 0
    const resumed = await place.run(['resume', '--json'])
    const { counts } = summaryOf(resumed.stdout)
    expect(counts['accepted'] + counts['in_doubt']).toBe(total)
    expect(counts['in_doubt']).toBeLessThanOrEqual(3)
    running.child.kill('SIGCONT')
    const woken = await running.finished
    expect(woken.code).toBe(5)
    expect(twice()).toEqual([])
    const after = summaryOf((await place.run(['report', '--format', 'json'])).stdout).counts
    expect(after['accepted'] + after['in_doubt']).toBe(total)
  })

  test('and was not replaced goes on', async () => {
    const running = await sending()
    running.child.kill('SIGSTOP')
    letLeaseRunOut(place)
    running.child.kill('SIGCONT')
    delayMs = 0
    const { code, stdout } = await running.finished
    expect(code).toBe(0)
    expect(summaryOf(stdout).counts).toMatchObject({ accepted: total, in_doubt: 0 })
    expect(twice()).toEqual([])
  })
})

/** As after ten minutes: the lease has ended. */
function letLeaseRunOut(workplace: Workplace): void {
  const database = new Database(workplace.path('.mailblast/journal.db'), { timeout: 5000 })
  database.prepare('UPDATE keys SET lease_until = lease_until - 600000').run()
  database.close()
  expect(existsSync(workplace.path('.mailblast/journal.db'))).toBe(true)
}
