/** When messages leave: a start that is set, windows, recipients' own zones, and a few who go first. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { startSmtpReceiver } from '../support/smtp-receiver.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(20) })
})

afterEach(() => place.remove())

/** A campaign that delivers for real, to a server that is asked nothing. */
function toSmtp(more: string): void {
  place.write('campaign.yml', campaign({ routes: smtpRoute(9), more }))
}

const plain = (text: string): string => text.replace(/\d{8}-[a-z0-9]{6}/g, 'RUN').replace(/started .*/, 'started NOW')

describe('a start', () => {
  test('that is beyond the patience of the process is left to resume, with nothing sent', async () => {
    toSmtp('')
    const sent = await place.run(['send', 'campaign.yml', '--yes', '--at', '2099-12-01 09:00 Europe/Berlin'])
    expect(sent.code).toBe(4)
    expect(plain(sent.stdout)).toMatchInlineSnapshot(`
      "… test (run RUN): not finished, 20 recipients still waiting
        stopped: its time has not come yet
        next due: 2099-12-01 08:00:00 UTC

      Every row of the list
        accepted       0
        failed         0
        skipped        0
        in doubt       0
        waiting       20
        row problems   0
        rows          20  = the sum of the above

      What waits
        20  not tried yet  due 2099-12-01 08:00:00 UTC

      By receiving site
                     accepted  failed  in doubt  waiting
        example.org         0       0         0       20

      What to do
        - Go on with the run, with mailblast resume. 20 recipients still wait.

      results  .mailblast/RUN/results.csv
      report   mailblast report RUN
      go on    mailblast resume RUN
      "
    `)
    const status = await place.run(['status'])
    expect(plain(status.stdout)).toMatchInlineSnapshot(`
      "RUN  test  stopped: its time has not come yet; next due 2099-12-01 08:00:00 UTC
        20 rows: accepted 0 · failed 0 · in doubt 0 · waiting 20 · skipped 0 · row problems 0
        key test · started NOW
      "
    `)
    const cron = await place.run(['resume', '--all'])
    expect([cron.code, cron.stdout, plain(cron.stderr)]).toMatchInlineSnapshot(`
      [
        0,
        "",
        "run RUN (test): next due 2099-12-01 08:00:00 UTC
      ",
      ]
    `)
  })

  test('is waited for if it comes soon', async () => {
    place.write('campaign.yml', campaign({ routes: outboxRoute }))
    const at = new Date(Date.now() + 2000).toISOString().slice(0, 19)
    const sent = await place.run(['send', 'campaign.yml', '--yes', '--json', '--at', `${at}Z`])
    expect(sent.code).toBe(0)
    expect(summaryOf(sent.stdout).counts.accepted).toBe(20)
    const settled = JSON.parse(sent.stdout.split('\n').find(line => line.includes('"settled"')) ?? '{}')
    expect(settled.at >= at).toBe(true)
  })

  test.each([
    ['2020-01-01 09:00', 'has passed'],
    ['tomorrow', '--at'],
    ['2026-12-01 09:00 Mars/Base', 'no such time zone'],
    ['2026-12-01 09:00 recipient', 'zone_column'],
  ])('%j is none', async (at, says) => {
    toSmtp('')
    const { code, stderr } = await place.run(['send', 'campaign.yml', '--yes', '--at', at])
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
    expect((await place.run(['status'])).stdout).toBe('')
  })
})

test('a campaign that may not be sent any more is refused before the list is read', async () => {
  toSmtp('schedule: { not_after: 2020-01-01 00:00 }')
  place.write('list.csv', '')
  const { code, stderr } = await place.run(['send', 'campaign.yml', '--yes'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('schedule.not_after has passed')])
})

describe('recipients in zones of their own', () => {
  const hours = (zone: string): string => {
    const hour = Number(
      new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(new Date()),
    )
    // Three hours around now, for those in this zone: nobody else is within them who is further away than that.
    return [(hour + 23) % 24, (hour + 2) % 24].map(each => `${String(each).padStart(2, '0')}:00`).join('-')
  }

  test('get it while their own clocks are within the window; those without one go by the schedule’s zone', async () => {
    const receiver = await startSmtpReceiver({})
    try {
      const schedule = `schedule: { zone: Asia/Tokyo, zone_column: tz, windows: ['${hours('Asia/Tokyo')}'] }`
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port), more: schedule }))
      place.write(
        'list.csv',
        [
          'email,name,city,tz',
          'ada@example.org,Ada,,Asia/Tokyo',
          'bob@example.org,Bob,,',
          'cleo@example.org,Cleo,,america/new_york',
          'dan@example.org,Dan,,Atlantis',
          '',
        ].join('\n'),
      )
      const sent = await place.run(['send', 'campaign.yml', '--yes', '--json', '--wait', '1s'])
      expect(sent.code).toBe(4)
      expect(receiver.messages.map(message => message.to).sort()).toEqual(['ada@example.org', 'bob@example.org'])
      const summary = summaryOf(sent.stdout)
      expect(summary.counts).toMatchObject({ rows: 4, accepted: 2, waiting: 1, row_problems: 1 })
    } finally {
      await receiver.close()
    }
  })

  test('need the column that is named', async () => {
    toSmtp('schedule: { zone_column: town, windows: ["00:00-12:00"] }')
    const { code, stderr } = await place.run(['send', 'campaign.yml', '--yes'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no column `town`')])
  })
})

describe('canaries', () => {
  const guarded = 'guard: { stop_when: ["hard_bounce_rate > 10% of 1"] }\ncanary: { share: 20%, hold: 1s }'

  test('go first, and the others follow when that has gone well', async () => {
    const receiver = await startSmtpReceiver({})
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port), more: guarded }))
      const { code, stdout } = await place.run(['send', 'campaign.yml', '--yes', '--json'])
      expect(code).toBe(0)
      const lines = stdout.split('\n').filter(line => line.includes('"settled"') || line.includes('"canary"'))
      const held = lines.findIndex(line => line.includes('"holding"'))
      expect(held).toBe(4)
      expect(lines[held + 1]).toContain('"over"')
      expect(receiver.messages.length).toBe(20)
    } finally {
      await receiver.close()
    }
  })

  test('that bounce keep the others from being mailed', async () => {
    const receiver = await startSmtpReceiver({
      behave: event => (event.stage === 'rcpt' ? { reply: '550 5.1.1 No such user here' } : undefined),
    })
    try {
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port), more: guarded.replace('of 1', 'of 4') }))
      const { code, stdout } = await place.run(['send', 'campaign.yml', '--yes', '--json'])
      expect(code).toBe(3)
      expect(summaryOf(stdout).counts).toMatchObject({ failed: 4, waiting: 16 })
    } finally {
      await receiver.close()
    }
  })
})
