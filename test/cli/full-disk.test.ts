/** Standard output on a disk that is full. */

import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { body, campaign, list, outboxRoute } from '../support/campaigns.ts'
import { plainEnv, program, Workplace } from '../support/mailblast.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(3), 'campaign.yml': campaign({ routes: outboxRoute }) })
})

afterEach(() => place.remove())

function intoFullDisk(...args: readonly string[]): { readonly code: number | null; readonly stderr: string } {
  const full = openSync('/dev/full', 'w')
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: place.folder,
      env: plainEnv,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    return { code: status, stderr }
  } finally {
    closeSync(full)
  }
}

const told = 'mailblast: not everything could be written to standard output (ENOSPC)\n'

test.skipIf(!existsSync('/dev/full'))('what was asked for and is cut off is not taken for all of it', async () => {
  await place.run(['send', 'campaign.yml', '--yes'])
  const asked = [
    ['status', '--json'],
    ['report', '--format', 'csv'],
    ['report', '--format', 'json'],
    ['suppress', 'export'],
    ['schema'],
    ['--help'],
  ]
  for (const args of asked) expect(intoFullDisk(...args), args.join(' ')).toEqual({ code: 2, stderr: told })
})

test.skipIf(!existsSync('/dev/full'))('what was done is done', () => {
  expect(intoFullDisk('suppress', 'add', 'eve@example.org')).toEqual({ code: 0, stderr: told })
})

test.skipIf(!existsSync('/dev/full'))('a send says so, and what was sent decides how it ends', async () => {
  const { code, stderr } = intoFullDisk('send', 'campaign.yml', '--json')
  expect([code, stderr.endsWith(told)]).toEqual([0, true])
  expect((await place.run(['status'])).stdout).toContain('accepted 3 ')
})

test.runIf(!existsSync('/dev/full'))('NO /dev/full HERE: what happens on a full disk was not looked at', () => {})
