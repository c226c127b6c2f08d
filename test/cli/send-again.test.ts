/** One key, one copy: whatever is run again, nobody is mailed twice. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute, rows, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'campaign.yml': campaign({ routes: outboxRoute }), 'list.csv': list(200) })
})

afterEach(() => place.remove())

async function send(...args: string[]) {
  const { code, stdout } = await place.run(['send', 'campaign.yml', '--json', ...args])
  return { code, counts: summaryOf(stdout).counts }
}

describe('sending again under the same key', () => {
  test('sends nothing and succeeds; after 100 rows are appended it sends 100', async () => {
    expect(await send()).toMatchObject({ code: 0, counts: { rows: 200, accepted: 200 } })
    expect(await send()).toMatchObject({ code: 0, counts: { rows: 200, accepted: 0, skipped: 200 } })
    place.write('list.csv', list(200) + rows(100, 200))
    expect(await send()).toMatchObject({ code: 0, counts: { rows: 300, accepted: 100, skipped: 200 } })
    const { stdout } = await place.run(['send', 'campaign.yml'])
    expect(stdout).toBe('✓ test: nothing to send. 300 rows: 300 already had it\n')
  })

  test('changed content is said so and needs --again, which still mails nobody twice', async () => {
    await send('--limit', '10')
    place.write('body.hbs', '<p>Changed, {{name}}</p>')
    const refused = await place.run(['send', 'campaign.yml'])
    expect(refused.code).toBe(2)
    expect(refused.stderr.replace(/run \S+/, 'run RUN')).toMatchInlineSnapshot(`
      "mailblast: the content has changed since run RUN was sent under the key "test"; nothing was sent
        --again sends the changed content to those who have not had the other; to mail everybody, give the campaign a new key
      "
    `)
    expect(await send('--again')).toMatchObject({ code: 0, counts: { accepted: 190, skipped: 10 } })
  })

  test('another key is another matter', async () => {
    await send()
    place.write('campaign.yml', `key: second\n${campaign({ routes: outboxRoute })}`)
    expect(await send()).toMatchObject({ counts: { accepted: 200 } })
  })

  test('--limit sends to the first, and the next send to the rest', async () => {
    expect(await send('--limit', '70')).toMatchObject({ counts: { rows: 200, accepted: 70, skipped: 130 } })
    expect(await send('--limit', '70')).toMatchObject({ counts: { accepted: 70, skipped: 130 } })
    expect(await send()).toMatchObject({ counts: { accepted: 60, skipped: 140 } })
  })

  test('an unfinished run is taken over by the next send, and its people are mailed once', async () => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'message' ? { delayMs: 20 } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      const running = place.start(['send', 'campaign.yml', '--yes', '--json'])
      await running.said('"settled"')
      running.child.kill('SIGINT')
      const first = summaryOf((await running.finished).stdout)
      const second = await send('--yes')
      expect(second).toMatchObject({
        code: 0,
        counts: { accepted: 200 - first.counts.accepted, skipped: first.counts.accepted },
      })
      expect(new Set(receiver.messages.map(message => message.to)).size).toBe(200)
      expect(receiver.messages.length).toBe(200)
      const old = await place.run(['report', first.run, '--format', 'json'])
      expect(JSON.parse(old.stdout)).toMatchObject({ state: 'superseded', counts: { waiting: 0 } })
    } finally {
      await receiver.close()
    }
  })
})

describe('two at once', () => {
  test('one sends, the other exits 5, and nobody is mailed twice', async () => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'message' ? { delayMs: 50 } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      const both = await Promise.all([
        place.run(['send', 'campaign.yml', '--yes']),
        place.run(['send', 'campaign.yml', '--yes']),
      ])
      expect(both.map(each => each.code).sort()).toEqual([0, 5])
      const held = both.find(each => each.code === 5)?.stderr ?? ''
      expect(held.replace(/process \d+ on \S+/, 'process PID on HOST')).toMatchInlineSnapshot(`
        "mailblast: process PID on HOST is sending under the key "test" already
          wait for it to end, or stop it; mailblast status shows how far it is
        "
      `)
      expect(receiver.messages.length).toBe(200)
      expect(new Set(receiver.messages.map(message => message.to)).size).toBe(200)
    } finally {
      await receiver.close()
    }
  })
})

test('many that make the same journal at the same instant do not trip over each other', async () => {
  place.write('list.csv', list(5))
  for (let round = 0; round < 4; round++) {
    const names = ['a', 'b', 'c']
    for (const name of names) {
      place.write(`round${round}/${name}.yml`, `key: ${name}\n${campaign({ routes: outboxRoute })}`)
      place.write(`round${round}/body.hbs`, body)
      place.write(`round${round}/list.csv`, list(5))
    }
    const runs = await Promise.all(names.map(name => place.run(['send', `round${round}/${name}.yml`])))
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0])
  }
})

describe('what is not a send leaves no trace', () => {
  test('--dry-run', async () => {
    const dry = await place.run(['send', 'campaign.yml', '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.stderr).toContain('200 messages to send')
    expect((await place.run(['status'])).stdout).toBe('no runs yet\n')
    expect(await send()).toMatchObject({ counts: { accepted: 200 } })
  })

  test('--test-to', async () => {
    const receiver = await startSmtpReceiver()
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port) }))
      const tested = await place.run(['send', 'campaign.yml', '--test-to', 'me@acme.example', '--limit', '2'])
      expect(tested.stdout).toMatchInlineSnapshot(`
        "✓ line 2 (p0@example.org)
        ✓ line 3 (p1@example.org)
        2 test messages to me@acme.example by smtp; nothing was recorded as sent
        "
      `)
      expect(tested.code).toBe(0)
      expect(receiver.messages.map(message => message.to)).toEqual(['me@acme.example', 'me@acme.example'])
      expect(receiver.messages.map(message => /Hello Name \d/.exec(message.bytes.toString())?.[0])).toEqual([
        'Hello Name 0',
        'Hello Name 1',
      ])
      expect(await send('--yes=200')).toMatchObject({ counts: { accepted: 200 } })
    } finally {
      await receiver.close()
    }
  })
})

describe('consent', () => {
  test('a real send without a terminal needs --yes', async () => {
    place.write('campaign.yml', campaign({ routes: smtpRoute(9) }))
    const { code, stderr } = await place.run(['send', 'campaign.yml'])
    expect(code).toBe(2)
    expect(stderr.split('\n').slice(-3).join('\n')).toMatchInlineSnapshot(`
      "mailblast: 200 messages to send, and nobody to ask; nothing was sent
        say --yes, or --yes=200 to send only if that is the number
      "
    `)
  })

  test('--yes=COUNT refuses another number', async () => {
    place.write('campaign.yml', campaign({ routes: smtpRoute(9) }))
    const { code, stderr } = await place.run(['send', '--yes=199', 'campaign.yml'])
    expect(code).toBe(2)
    expect(stderr.split('\n').slice(-3).join('\n')).toMatchInlineSnapshot(`
      "mailblast: --yes=199, but there are 200 messages to send; nothing was sent
        look at the plan above; if it is right, say so with the right number
      "
    `)
  })

  test('guard.max_recipients refuses a list that is too long', async () => {
    place.write('campaign.yml', campaign({ routes: outboxRoute, more: 'guard: { max_recipients: 199 }' }))
    const { code, stderr } = await place.run(['send', 'campaign.yml'])
    expect(code).toBe(2)
    expect(stderr).toContain('200 messages to send, but guard.max_recipients is 199')
  })
})
