/**
 * The main thing: ten thousand rows with everything that lists hold, sent by each real way; every good row arrives exactly
 * once with its own content, every bad row is in the rejects file, and the sums add up.
 */

import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'
import { startSendGridReceiver } from '../support/sendgrid-receiver.ts'
import { startSmtpReceiver } from '../support/smtp-receiver.ts'

interface Row {
  readonly email: string
  readonly name: string
  readonly city: string
}

const names = [
  'Ada',
  'Grace "Amazing" Hopper',
  'Müller, Jürgen',
  '李雷 🎉',
  'O’Neil & Söhne <x>',
  'line one\nline two',
  '=2+2',
  ' padded ',
]
const total = 10_000

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body })
})

afterEach(() => place.remove())

/** Good rows, and bad ones among them: no address, a bad one, too many cells, an empty name where it is printed. */
function mixedList(): {
  readonly csv: string
  readonly good: readonly Row[]
  readonly bad: number
  readonly duplicates: number
} {
  const good: Row[] = []
  let csv = '\ufeffemail,name,city\r\n'
  let bad = 0
  let duplicates = 0
  for (let index = 0; index < total; index++) {
    if (index % 100 === 99) {
      csv += [
        ',No Address,',
        'not-an-address,Nobody,',
        'a@b@example.org,Two,',
        'p1@example.org,too,many,cells',
        'few@example.org',
      ][Math.floor(index / 100) % 5]
      csv += '\r\n'
      bad += 1
    } else if (index % 100 === 50) {
      csv += `${good[index % good.length]?.email.replace('example', 'EXAMPLE')},Again,\r\n`
      duplicates += 1
    } else {
      const name = names[index % names.length] ?? ''
      const row = {
        email: `p${index}@${index % 3 === 0 ? 'gmail.com' : `d${index % 50}.example.org`}`,
        name: `${name} ${index}`,
        city: index % 4 === 0 ? '' : `City, ${index}`,
      }
      csv += `${row.email},${quoted(row.name)},${quoted(row.city)}\r\n`
      good.push(row)
    }
  }
  return { csv, good, bad, duplicates }
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '=': '&#x3D;',
}

function html({ name, city }: Row): string {
  const escaped = (text: string) => text.replace(/[&<>"'`=]/g, each => escapes[each] ?? each)
  return `<p>Hello ${escaped(name)}</p>\n${city === '' ? '' : `<p>How is ${escaped(city)}?</p>\n`}`
}

function lines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}

describe('ten thousand mixed rows', () => {
  const { csv, good, bad, duplicates } = mixedList()

  function checkAccounts(stdout: string): void {
    const summary = summaryOf(stdout)
    expect(summary.counts).toEqual({
      rows: total,
      accepted: good.length,
      failed: 0,
      skipped: duplicates,
      in_doubt: 0,
      waiting: 0,
      row_problems: bad,
    })
    const rejects = parse(readFileSync(summary.rejects_file ?? '', 'utf8'), {
      columns: true,
      skip_records_with_error: true,
    })
    expect(rejects.length).toBe(bad)
    const results: { state: string }[] = parse(readFileSync(summary.results_file ?? '', 'utf8'), { columns: true })
    expect(results.length).toBe(total)
    expect(results.filter(row => row.state === 'accepted').length).toBe(good.length)
  }

  test('to an SMTP server', async () => {
    const receiver = await startSmtpReceiver()
    try {
      const more = 'sites: { google: { rate: unlimited } }'
      place.write('campaign.yml', campaign({ routes: smtpRoute(receiver.port), subject: 'News for you', more }))
      place.write('list.csv', csv)
      const { code, stdout, stderr } = await place.run(['send', 'campaign.yml', '--yes', '--json'])
      expect(stderr).toBe('')
      expect(code).toBe(0)
      checkAccounts(stdout)
      const received = new Map(receiver.messages.map(message => [message.to, message]))
      expect(receiver.messages.length).toBe(good.length)
      expect([...received.keys()].sort()).toEqual(good.map(row => row.email).sort())
      // To take a mail apart costs more than to send it, so every seventh is: over all names, cities and sites.
      for (const row of good.filter((_, index) => index % 7 === 0)) {
        const mail = await simpleParser(received.get(row.email)?.bytes ?? '')
        if (lines(mail.html === false ? '' : mail.html) !== html(row)) expect(mail.html).toBe(html(row))
      }
    } finally {
      await receiver.close()
    }
  }, 120_000)

  test.each([
    ['in batches', ''],
    ['one by one', ', batch: off'],
  ])(
    'to SendGrid, %s',
    async (_, more) => {
      const receiver = await startSendGridReceiver({ apiKey: 'SG.secret-of-the-test' })
      try {
        place.write('campaign.yml', campaign({ routes: sendgridRoute(receiver.url, more), subject: 'News for you' }))
        place.write('list.csv', csv)
        const { code, stdout, stderr } = await place.run(['send', 'campaign.yml', '--yes', '--json'], {
          env: { SENDGRID_API_KEY: 'SG.secret-of-the-test' },
        })
        expect(stderr).toBe('')
        expect(code).toBe(0)
        expect(stdout).not.toContain('secret-of-the-test')
        checkAccounts(stdout)
        expect(receiver.deliveries.length).toBe(good.length)
        const delivered = new Map(receiver.deliveries.map(delivery => [delivery.to, delivery.html]))
        const wrong = good.filter(row => delivered.get(row.email) !== html(row))
        expect(wrong).toEqual([])
      } finally {
        await receiver.close()
      }
    },
    120_000,
  )
})
