/**
 * How long commands take that scripts and people ask again and again, as ratios to a Node that does nothing, started in turn
 * with them. Run on demand (`npm run bench:start`).
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { body, campaign, outboxRoute, rows } from '../support/campaigns.ts'

const program = fileURLToPath(new URL('../../bin/mailblast.js', import.meta.url))
const rounds = 31

const measured = [
  { args: ['--version'], wanted: 2 },
  { args: ['status'], wanted: 4 },
]

const folder = mkdtempSync(join(tmpdir(), 'mailblast-bench-'))
try {
  writeFileSync(join(folder, 'body.hbs'), body)
  writeFileSync(join(folder, 'campaign.yml'), campaign({ routes: outboxRoute }))
  writeFileSync(join(folder, 'list.csv'), `email,name,city\n${rows(1000)}`)
  tookMs([program, 'send', 'campaign.yml', '--yes'])
  for (const { args, wanted } of measured) {
    // What was compiled is kept from the first start on.
    tookMs([program, ...args])
    const pairs = Array.from({ length: rounds }, () => {
      const nothingMs = tookMs(['-e', '0'])
      return { nothingMs, commandMs: tookMs([program, ...args]) }
    })
    const ratio = median(pairs.map(({ nothingMs, commandMs }) => commandMs / nothingMs))
    const ms = (each: (pair: (typeof pairs)[number]) => number): string => median(pairs.map(each)).toFixed(0)
    process.stdout.write(
      `mailblast ${args.join(' ')}: ${ms(each => each.commandMs)} ms, node -e 0: ${ms(each => each.nothingMs)} ms, ` +
        `ratio ${ratio.toFixed(2)} (at most ${wanted} is wanted)\n`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function tookMs(args: readonly string[]): number {
  const startedMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env: { ...process.env, CI: 'true' } })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - startedMs
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN
}
