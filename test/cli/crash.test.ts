/** What is left after a process dies, and what `resume` makes of it. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { startSendGridReceiver } from '../support/sendgrid-receiver.ts'
import { startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body })
})

afterEach(() => place.remove())

const total = 1000

/** Everybody on the list, by what the server holds and by what the report says of those in doubt. */
function checkNobodyMissing(delivered: readonly string[], inDoubt: readonly string[]): void {
  const wanted = Array.from({ length: total }, (_, index) => `p${index}@example.org`)
  const accounted = new Set([...delivered, ...inDoubt])
  expect(wanted.filter(each => !accounted.has(each))).toEqual([])
  expect(delivered.length).toBe(new Set(delivered).size)
}

describe('killed with SIGKILL in the middle, and resumed', () => {
  test('over SMTP: nobody is missing, nobody is mailed twice, who was in flight is in doubt', async () => {
    const state = { taken: 0, kill: () => {} }
    const receiver = await startSmtpReceiver({
      behave(event) {
        if (event.stage !== 'message') return undefined
        state.taken += 1
        if (state.taken === 350) state.kill()
        return undefined
      },
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port, ', concurrency: 8') }))
      place.write('list.csv', list(total))
      const running = place.start(['send', 'campaign.yml', '--yes'])
      state.kill = () => running.child.kill('SIGKILL')
      expect((await running.finished).signal).toBe('SIGKILL')

      const before = await place.run(['status', '--json'])
      expect(JSON.parse(before.stdout)).toMatchObject({ state: 'open', owner: null, sending: 0 })
      const named = JSON.parse((await place.run(['report', '--format', 'json'])).stdout)
      expect(named.counts.in_doubt).toBeGreaterThan(0)
      expect(named.in_doubt.length).toBe(named.counts.in_doubt)

      const resumed = await place.run(['resume', '--json'])
      const summary = summaryOf(resumed.stdout)
      const inDoubt = summary.in_doubt.map(each => each.address)
      expect(inDoubt.length).toBeGreaterThan(0)
      expect(inDoubt.length).toBeLessThanOrEqual(8)
      expect(resumed.code).toBe(3)
      expect(summary.counts.accepted + summary.counts.in_doubt).toBe(total)
      checkNobodyMissing(
        receiver.messages.map(message => message.to),
        inDoubt,
      )

      const again = await place.run(['resume'])
      expect(again.code).toBe(2)
      const report = await place.run(['report'])
      expect(report.code).toBe(3)
      for (const each of inDoubt) expect(report.stdout).toContain(each)
    } finally {
      await receiver.close()
    }
  })

  test('in batches over HTTP: the whole open parcels are in doubt, and nobody else', async () => {
    const state = { kill: () => {} }
    const receiver = await startSendGridReceiver({
      apiKey: 'SG.key',
      misbehave({ number }) {
        if (number !== 5) return undefined
        state.kill()
        return { kind: 'drop', take: true }
      },
    })
    try {
      place.write('campaign.yml', campaign({ routes: sendgridRoute(receiver.url, ', batch: 100, concurrency: 1') }))
      place.write('list.csv', list(total))
      const env = { SENDGRID_API_KEY: 'SG.key' }
      const running = place.start(['send', 'campaign.yml', '--yes'], { env })
      state.kill = () => running.child.kill('SIGKILL')
      await running.finished
      const resumed = await place.run(['resume', '--json'], { env })
      const summary = summaryOf(resumed.stdout)
      expect(summary.counts).toMatchObject({ accepted: total - 100, in_doubt: 100, waiting: 0 })
      checkNobodyMissing(
        receiver.deliveries.map(delivery => delivery.to),
        summary.in_doubt.map(each => each.address),
      )
    } finally {
      await receiver.close()
    }
  })

  test('while the list is being read: nothing was sent, nothing can be resumed, and the next send is whole', async () => {
    place.write('campaign.yml', campaign({ routes: outboxRoute }))
    place.write('list.csv', list(60_000))
    const running = place.start(['send', 'campaign.yml'])
    await running.said('reading the list')
    running.child.kill('SIGKILL')
    await running.finished
    expect((await place.run(['resume'])).code).toBe(2)
    place.write('list.csv', list(10))
    const whole = await place.run(['send', 'campaign.yml', '--json'])
    expect(summaryOf(whole.stdout).counts).toMatchObject({ rows: 10, accepted: 10 })
  })
})

describe('interrupted', () => {
  test('Ctrl-C once: what is in flight is finished, the rest waits, exit 4; resume finishes, exit 0', async () => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'message' ? { delayMs: 5 } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      place.write('list.csv', list(total))
      const running = place.start(['send', 'campaign.yml', '--yes', '--json'])
      await running.said('"settled"')
      running.child.kill('SIGINT')
      const stopped = await running.finished
      expect(stopped.code).toBe(4)
      const { counts } = summaryOf(stopped.stdout)
      expect(counts.accepted).toBe(receiver.messages.length)
      expect(counts).toMatchObject({ failed: 0, in_doubt: 0, waiting: total - counts.accepted })
      const resumed = await place.run(['resume', '--json'])
      expect(resumed.code).toBe(0)
      expect(summaryOf(resumed.stdout).counts).toMatchObject({ accepted: total, in_doubt: 0 })
      checkNobodyMissing(
        receiver.messages.map(message => message.to),
        [],
      )
    } finally {
      await receiver.close()
    }
  })

  test('SIGTERM twice: open calls end at once, and their recipients are in doubt', async () => {
    const meeting = { messages: 0, all: () => {} }
    const allThere = new Promise<void>(resolve => {
      meeting.all = resolve
    })
    const receiver = await startSmtpReceiver({
      behave(event) {
        if (event.stage !== 'message') return undefined
        meeting.messages += 1
        if (meeting.messages === 4) meeting.all()
        return meeting.messages === 1 ? undefined : { delayMs: 20_000 }
      },
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port, ', concurrency: 3') }))
      place.write('list.csv', list(20))
      const running = place.start(['send', 'campaign.yml', '--yes'])
      await allThere
      running.child.kill('SIGTERM')
      await running.said('3 calls in flight will be finished')
      running.child.kill('SIGTERM')
      const { code, stdout } = await running.finished
      expect(code).toBe(4)
      expect(stdout).toMatch(/in doubt +3\n/)
      expect(stdout).toMatch(/waiting +16\n/)
    } finally {
      await receiver.close()
    }
  })
})

describe('nobody listens any more', () => {
  test.each([
    ['standard output', 'stdout'],
    ['standard error', 'stderr'],
  ] as const)('%s is closed: the sending goes on to its end', async (_, name) => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'message' ? { delayMs: 2 } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      place.write('list.csv', list(500))
      const running = place.start(['send', 'campaign.yml', '--yes', ...(name === 'stdout' ? ['--json'] : [])])
      await running.said(name === 'stdout' ? '"settled"' : 'messages to send')
      running.child[name]?.destroy()
      expect((await running.finished).code).toBe(0)
      expect(receiver.messages.length).toBe(500)
    } finally {
      await receiver.close()
    }
  })

  test('the terminal is closed: what is in flight is finished, as at the first Ctrl-C', async () => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'message' ? { delayMs: 5 } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      place.write('list.csv', list(total))
      const running = place.startInTerminal(['send', 'campaign.yml', '--yes', '--json'])
      await running.said('"settled"')
      running.child.kill('SIGKILL')
      expect(await running.afterwards()).toBe(4)
      const { stdout } = await place.run(['report', '--format', 'json'])
      expect(summaryOf(stdout).counts).toMatchObject({ accepted: receiver.messages.length, in_doubt: 0 })
    } finally {
      await receiver.close()
    }
  })
})

test('what was frozen at the start is sent, whatever becomes of the files', async () => {
  const receiver = await startSmtpReceiver({
    behave: event => (event.stage === 'message' ? { delayMs: 10 } : undefined),
  })
  try {
    place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
    place.write('list.csv', list(500))
    const running = place.start(['send', 'campaign.yml', '--yes', '--json'])
    await running.said('"settled"')
    running.child.kill('SIGINT')
    await running.finished
    place.write('body.hbs', '<p>Something else entirely</p>')
    place.write('list.csv', list(5, 90_000))
    place.write('campaign.yml', 'name: [')
    const resumed = await place.run(['resume', '--json'])
    expect(resumed.code).toBe(0)
    expect(receiver.messages.length).toBe(500)
    expect(receiver.messages.some(message => message.bytes.includes('Something else'))).toBe(false)
  } finally {
    await receiver.close()
  }
})
