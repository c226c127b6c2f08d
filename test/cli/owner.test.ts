/** One owner: what happens to a journal that is copied, taken away, or whose sender falls asleep. */

import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
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
/** Messages that are kept waiting for their answer for long. */
let inHand: number

beforeEach(async () => {
  delayMs = 20
  inHand = 0
  receiver = await startSmtpReceiver({
    behave(event) {
      if (event.stage !== 'message') return undefined
      if (delayMs > 1000) inHand += 1
      return { delayMs }
    },
  })
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
    for (const args of [['resume'], ['send', 'campaign.yml', '--yes']]) {
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

    for (const args of [['send', 'campaign.yml', '--yes'], ['resume'], ['resume', '--all'], ['status']]) {
      const anew = await place.run(args)
      expect([args[0], anew.code, anew.stderr]).toEqual([args[0], 2, expect.stringContaining('journal.db.rescued')])
    }
    expect(receiver.messages.length).toBe(sent)

    renameSync(place.path('.mailblast/journal.db.rescued'), place.path('.mailblast/journal.db'))
    delayMs = 0
    const resumed = await place.run(['resume', '--take-over', '--json'])
    expect(summaryOf(resumed.stdout).counts).toMatchObject({ accepted: total, in_doubt: 0 })
    expect(twice()).toEqual([])
    expect(receiver.messages.length).toBe(total)
  })
})

describe('a sender that died where it cannot be seen', () => {
  test('leaves people in flight: status says so, exit 3, and settle names them once its lease is over', async () => {
    const running = await sending()
    delayMs = 20_000
    await expect.poll(() => inHand).toBe(3)
    running.child.kill('SIGKILL')
    await running.finished
    change("UPDATE keys SET space = 'another container'")
    expect((await place.run(['settle'])).stdout).toContain('nobody is in doubt')
    expect((await place.run(['resume'])).stderr).toContain('or say --take-over')
    change('UPDATE keys SET lease_until = 1')
    const status = await place.run(['status'])
    expect([status.code, status.stdout]).toEqual([3, expect.stringMatching(/interrupted, 3 in flight/)])
    const named = await place.run(['status', '--in-doubt'])
    expect([named.code, named.stdout]).toEqual([3, expect.stringContaining('to be named by settle or resume')])
    const settled = await place.run(['settle', '--as', 'accepted'])
    expect([settled.code, settled.stdout]).toEqual([0, expect.stringMatching(/3 recipients settled as accepted/)])
  })

  test('is taken over at the word of the operator; whoever was in flight is in doubt, also when the rest is cancelled', async () => {
    const running = await sending()
    delayMs = 20_000
    await expect.poll(() => inHand).toBe(3)
    running.child.kill('SIGKILL')
    await running.finished
    change("UPDATE keys SET space = 'another container'")
    const run = JSON.parse((await place.run(['status', '--json'])).stdout).run
    const cancelled = await place.run(['cancel', run, '--take-over'])
    expect([cancelled.code, cancelled.stdout]).toEqual([
      3,
      expect.stringMatching(/in doubt may have been mailed: .*settle/),
    ])
  })
})

describe('a sender that sleeps for ten minutes', () => {
  test('and was replaced meanwhile stops before its next call; what it had in flight is in doubt, or accepted when it says so', async () => {
    const running = await sending()
    await suspend(running)
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
    await suspend(running)
    running.child.kill('SIGCONT')
    delayMs = 0
    const { code, stdout } = await running.finished
    expect(code).toBe(0)
    expect(summaryOf(stdout).counts).toMatchObject({ accepted: total, in_doubt: 0 })
    expect(twice()).toEqual([])
  })
})

/** As after ten minutes of sleep: the process does nothing, and its lease has ended. */
async function suspend(running: Running): Promise<void> {
  for (;;) {
    running.child.kill('SIGSTOP')
    try {
      change('UPDATE keys SET lease_until = lease_until - 600000')
      return
    } catch (error) {
      // It was stopped in the middle of a write, which nobody can pass.
      if (!/locked/.test(String(error))) throw error
      running.child.kill('SIGCONT')
      await running.said('"settled"')
    }
  }
}

function change(sql: string): void {
  const database = new Database(place.path('.mailblast/journal.db'), { timeout: 200 })
  try {
    database.prepare(sql).run()
  } finally {
    database.close()
  }
}
