/**
 * The long drill, by hand: `npm run drill -- --kills 1000 --seed 1`. It kills the real program until so many kills are
 * counted, and prints one line of figures on stdout; on a violation the seed, the campaign's folder, which is kept, and
 * what journal and ledger say, and ends with 1. `--campaign SEED` repeats one campaign; `--lost-answers 20000` loses the
 * answers of some calls instead, and `--pairs 50` starts two processes at once on each of so many campaigns. A seed repeats what is drawn; how far a process comes in a time is up to the machine.
 */

import { parseArgs } from 'node:util'
import { DrillViolation } from './drill-campaign.ts'
import { drillLostAnswers } from './drill-lost-answers.ts'
import { drillPairs } from './drill-pairs.ts'
import { drillCampaign, type Figures } from './drill-run.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    campaign: { type: 'string' },
    'lost-answers': { type: 'string' },
    pairs: { type: 'string' },
  },
})

const startedMs = performance.now()
const seconds = (): string => ((performance.now() - startedMs) / 1000).toFixed(1)
const seed = wholeNumber('seed', values.seed)

try {
  if (values['lost-answers'] !== undefined) await lostAnswers(wholeNumber('lost-answers', values['lost-answers']))
  else if (values.pairs !== undefined) await pairs(wholeNumber('pairs', values.pairs))
  else if (values.campaign !== undefined)
    say(figuresLine([await drillCampaign(wholeNumber('campaign', values.campaign))]))
  else await kills(wholeNumber('kills', values.kills), wholeNumber('lanes', values.lanes))
} catch (error) {
  if (!(error instanceof DrillViolation)) throw error
  tell(`VIOLATION\n${error.message}`)
  process.exitCode = 1
}

/** Campaigns in lanes beside each other, until there have been so many kills. */
async function kills(wanted: number, lanes: number): Promise<void> {
  const done: Figures[] = []
  let next = 0
  let isFailed = false
  const lane = async (): Promise<void> => {
    while (!isFailed && killsOf(done) < wanted) {
      const campaign = seed * 1_000_000 + next++
      try {
        done.push(await drillCampaign(campaign))
      } catch (error) {
        isFailed = true
        tell(`campaign ${campaign} failed; to repeat it: --campaign ${campaign}`)
        throw error
      }
      tell(`${killsOf(done)} of ${wanted} kills, ${done.length} campaigns, ${seconds()} s`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  say(figuresLine(done))
}

function figuresLine(done: readonly Figures[]): string {
  const byKind: Record<string, number> = {}
  for (const { killsByKind } of done)
    for (const [kind, count] of Object.entries(killsByKind)) byKind[kind] = (byKind[kind] ?? 0) + count
  const sum = (figure: (each: Figures) => number) => done.reduce((total, each) => total + figure(each), 0)
  const most = (figure: (each: Figures) => number) => Math.max(0, ...done.map(figure))
  return [
    `seed ${seed}`,
    `${killsOf(done)} kills (${Object.entries(byKind)
      .sort(([, one], [, other]) => other - one)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')})`,
    `${done.length} campaigns`,
    `${sum(each => each.recipients)} recipients`,
    // Any other figure is a violation, and ends the drill before this line.
    'lost 0',
    'mailed twice 0',
    `in doubt ${sum(each => each.inDoubt)} (at most ${most(each => each.inDoubtMaxPerKill)} by one kill, in at most ${most(each => each.openCallsMax)} open calls)`,
    `settled by asking or repeating ${sum(each => each.settledByAsking)}`,
    `${seconds()} s`,
  ].join('; ')
}

function killsOf(done: readonly Figures[]): number {
  return done.reduce(
    (total, { killsByKind }) => total + Object.values(killsByKind).reduce((sum, each) => sum + each, 0),
    0,
  )
}

/** One line each for SMTP, SendGrid alone and SendGrid in batches. */
async function lostAnswers(recipients: number): Promise<void> {
  const ways = [
    { name: 'smtp', share: '1%', way: { provider: 'smtp' } },
    { name: 'sendgrid, single calls', share: '1%', way: { provider: 'sendgrid', batch: 'off' } },
    { name: 'sendgrid, batches of 100', share: '10%', way: { provider: 'sendgrid', batch: 100 } },
  ] as const
  for (const { name, share, way } of ways) {
    const figures = await drillLostAnswers({ way, recipients, share, concurrency: 2, seed })
    const { inDoubt, twice, settledByAsking, resent } = figures
    say(
      `${name}: seed ${seed}; ${recipients} recipients; answers lost of ${share} of the calls; in doubt ${inDoubt}; ` +
        `mailed twice without a word ${twice}; settled by asking ${settledByAsking}; mailed twice on the operator's word ${resent}; ${seconds()} s`,
    )
  }
}

async function pairs(count: number): Promise<void> {
  const { held, tooLate } = await drillPairs(count)
  say(
    `${count} pairs; one sent and the other ended with 5: ${held}; the other found all sent: ${tooLate}; ${seconds()} s`,
  )
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} ${text}: not a whole number`)
  return Number(text)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
