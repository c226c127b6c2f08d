/**
 * The README's pictures, of a real run: 20,000 messages by two routes to the sink, whose sites throttle, refuse and lose answers.
 * On demand (`npm run pictures`): it takes four minutes, and wants Chromium. The campaign was sent to fewer a month before, so
 * that there is a run to compare it with.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { withPage } from '../support/chromium.ts'
import { Workplace } from '../support/mailblast.ts'
import { startSink } from '../support/rehearsal.ts'
import { Screen } from '../support/terminal.ts'

const folder = fileURLToPath(new URL('../golden/pictures/', import.meta.url))
const size = { columns: 112, rows: 32 }
const seed = '11'
/** Pixels around a part of the page. */
const margin = 16

/** How the sites of this sink behave. */
const rules = `rules:
  - { site: gmail.com, provider: smtp, phase: rcpt, do: throttle, voice: gmail, after: 900, first: 2 }
  - { site: yahoo.com, provider: smtp, phase: rcpt, do: defer, voice: yahoo, share: 4% }
  - { site: outlook.com, provider: smtp, phase: rcpt, do: refuse, say: blocked, voice: outlook, after: 300, first: 6 }
  - { provider: smtp, phase: rcpt, do: refuse, say: no-such-user, share: 1% }
  - { provider: smtp, phase: rcpt, do: defer, say: mailbox-full, share: 0.7% }
  - { provider: smtp, phase: answer, do: lose-answer, share: 0.02% }
  - { provider: sendgrid, phase: head, do: throttle, retry_after: 12s, after: 130, first: 1 }
  - { provider: smtp, phase: answer, do: slow, delay: 30ms }
`

const domains = [
  ...Array<string>(9).fill('gmail.com'),
  ...Array<string>(5).fill('yahoo.com'),
  ...Array<string>(5).fill('outlook.com'),
  ...Array<string>(3).fill('icloud.com'),
  ...Array<string>(2).fill('gmx.example'),
  'bücher.example',
  'acme.example',
  'universität.example',
  'firma.example',
]

function rows(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, index) => `reader${index + 1}@${domains[(index * 7 + (index % 11)) % domains.length]},Reader ${index + 1}`,
  )
  return `email,name\n${lines.join('\n')}\n`
}

function campaign(key: string, smtp: number, http: string): string {
  return `name: acme-newsletter
key: ${key}
from: Acme News <news@acme.example>
subject: "{{name}}, what is new"
template: body.hbs
recipients: list.csv
routes:
  - { provider: smtp, url: "smtp://127.0.0.1:${smtp}", rate: 220/s, concurrency: 16 }
  - { provider: sendgrid, base_url: "${http}/sendgrid", api_key: "\${SENDGRID_API_KEY}", rate: 4/s, concurrency: 4, batch: 40 }
sites:
  google: { rate: 90/s, concurrency: 12 }
  yahoo: { rate: 45/s }
  microsoft: { rate: 60/s }
retry: { delays: [5s, 10s, 20s] }
thresholds: ["failure_rate > 5%", "p95_latency > 2s"]
`
}

const env = { SENDGRID_API_KEY: 'SG.any' }
const place = new Workplace({ 'rules.yml': rules, 'body.hbs': '<p>Hello {{name}}, here is what is new.</p>\n' })
const { sink, smtpPort, http } = await startSink(place, '--rules', 'rules.yml', '--seed', seed)
try {
  mkdirSync(folder, { recursive: true })
  place.write('list.csv', rows(1500))
  place.write('campaign.yml', campaign('newsletter-2026-10', smtpPort, http))
  await place.run(['send', 'campaign.yml', '--yes'], { env })

  place.write('list.csv', rows(20_000))
  place.write('campaign.yml', campaign('newsletter-2026-11', smtpPort, http))
  const screen = new Screen(place, ['send', 'campaign.yml', '--yes'], { ...size, env: { ...env, TZ: 'UTC' } })
  await screen.shows('waits because it')
  await delay(40_000)
  await picture(terminalPage(screen.html()), 'dashboard.png')
  await screen.ended
  const report = new Screen(place, ['report', 'campaign.yml'], { columns: 100, rows: 64, env: { TZ: 'UTC' } })
  await report.ended
  await picture(terminalPage(report.html()), 'report.png')

  await place.run(['report', 'campaign.yml', '--format', 'html', '--output', 'report.html'])
  const html = readFileSync(place.path('report.html'), 'utf8')
  for (const colorScheme of ['light', 'dark'] as const)
    await withPage({ html, colorScheme, width: 1100 }, async ({ page }) => {
      // Each of them is its heading, below which the section stands.
      const [top, bottom] = [await topOf(page, 'throughput'), await topOf(page, 'routes')]
      const clip = { x: 0, y: top - margin, width: 1100, height: bottom - top - margin }
      writeFileSync(`${folder}page-${colorScheme}.png`, await page.screenshot({ fullPage: true, clip }))
    })
} finally {
  sink.child.kill('SIGTERM')
  await sink.finished
  place.remove()
}

async function topOf(page: Page, section: string): Promise<number> {
  const box = await page.locator(`#${section}`).boundingBox()
  if (box === null) throw new Error(`the page has no section ${section}`)
  return box.y
}

/** What a terminal shows, on a page with the fonts of terminals. */
function terminalPage(screen: string): string {
  const pre = /<pre>[\s\S]*<\/pre>/.exec(screen)?.[0] ?? ''
  return `<!doctype html><style>
    body { margin: 0; background: #10141a }
    pre { display: inline-block; margin: 0; padding: 14px 18px; font: 14px/1.25 'DejaVu Sans Mono', monospace }
    pre > div { background: #10141a !important; color: #d8dee6 !important; font-family: inherit !important; font-size: inherit !important }
  </style>${pre}`
}

async function picture(html: string, name: string): Promise<void> {
  await withPage({ html, colorScheme: 'dark', width: 1300 }, async ({ page }) => {
    writeFileSync(`${folder}${name}`, await page.locator('pre').screenshot())
  })
}
