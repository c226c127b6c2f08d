/**
 * What one site that accepts nothing and one that takes two seconds for each message cost all other sites, and whether memory
 * stays flat, with 200,000 domains of five recipients each. Run on demand (`npm run bench:lanes`), on Linux, for it reads
 * /proc; domains, recipients of each and recipients at each of the bad sites may be given. The yardsticks are the same
 * delivery without the two sites, and one with a hundredth of the domains, in the same run.
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figures, Scenario } from './lanes-child.ts'

const child = fileURLToPath(new URL('lanes-child.ts', import.meta.url))
const [domains = 200_000, perDomain = 5, atBadSites = 10_000] = process.argv.slice(2).map(Number)

const few = await measure('few domains', {
  domains: Math.ceil(domains / 100),
  perDomain: perDomain * 10,
  atBadSites: 0,
})
const plain = await measure('all domains', { domains, perDomain, atBadSites: 0 })
const bad = await measure('with a dead and a slow site', { domains, perDomain, atBadSites })

const cost = 1 - perSecond(bad) / perSecond(plain)
say(`the two sites cost the others ${(cost * 100).toFixed(2)} % (less than 2 % is wanted)`)
say(`memory ${(bad.peakMiB / few.peakMiB).toFixed(2)} times that of few domains (at most 1.3 is wanted)`)

async function measure(
  title: string,
  { domains: sites, perDomain: each, atBadSites: others }: Scenario,
): Promise<Figures> {
  const sender = spawn(process.execPath, [child, String(sites), String(each), String(others)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  sender.stdout.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const code = await new Promise(resolve => sender.on('close', resolve))
  if (code !== 0) throw new Error(`${title}: it ended with ${code}`)
  const figures = JSON.parse(text) as Figures
  say(
    [
      title.padEnd(30),
      `${figures.others.toLocaleString('en-US')} messages`.padStart(20),
      `${perSecond(figures).toFixed(0)}/s`.padStart(10),
      `peak ${figures.peakMiB.toFixed(0)} MiB`.padStart(16),
      `at each quarter ${figures.quartersMiB.map(each => each.toFixed(0)).join(' ')}`.padStart(34),
      others > 0 ? `, slow site ${figures.slowAccepted}` : '',
    ].join(''),
  )
  return figures
}

function perSecond({ others, seconds }: Figures): number {
  return others / seconds
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
