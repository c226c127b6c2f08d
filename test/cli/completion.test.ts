/** Completion and the manual page: read by the programs that they are for, where those are there. */

import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { Workplace } from '../support/mailblast.ts'

const place = new Workplace({})

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

describe('completion', () => {
  test('bash completes commands, options and the values of those with a fixed set', async () => {
    const script = await printed('completion', 'bash')
    const complete = (...words: string[]): string => {
      const line = `${script}\nCOMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _mailblast; echo "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['--norc', '-c', line], { encoding: 'utf8' }).trim()
    }
    expect(complete('mailblast', 're')).toBe('resume report retry')
    expect(complete('mailblast', 'send', '--t')).toBe('--test-to --take-over')
    expect(complete('mailblast', 'init', '--template', '')).toBe('newsletter notice')
    // What is no option and no command is a file, which bash completes by itself.
    expect(complete('mailblast', 'send', 'cam')).toBe('')
  })

  test.skipIf(!isThere('zsh'))('zsh reads its script (skipped where there is no zsh)', async () => {
    const script = await printed('completion', 'zsh')
    const { status, stdout, stderr } = spawnSync(
      'zsh',
      ['-f', '-c', `autoload -Uz compinit; compinit -D -u; ${script}\nprint $_comps[mailblast]`],
      { encoding: 'utf8' },
    )
    expect([status, stdout.trim(), stderr]).toEqual([0, '_mailblast', ''])
  })

  test.skipIf(!isThere('fish'))('fish completes by its script (skipped where there is no fish)', async () => {
    const script = await printed('completion', 'fish')
    const complete = (line: string) =>
      execFileSync('fish', ['--no-config', '-c', `${script}\ncomplete -C "${line}"`], { encoding: 'utf8' })
    expect(complete('mailblast resu')).toBe('resume\tFinish a run\n')
    expect(complete('mailblast init --template n')).toContain('newsletter')
  })

  test('another shell is a mistake', async () => {
    const { code, stderr } = await place.run(['completion', 'powershell'])
    expect(code).toBe(2)
    expect(stderr).toContain('Allowed choices are bash, zsh, fish')
  })
})

describe('the manual page', () => {
  test('names every command and option of the help', async () => {
    const page = (await printed('manual')).replaceAll('\\-', '-')
    for (const name of ['send', 'resume', 'status', 'watch', 'providers', 'suppress add'])
      expect(page).toContain(`.SS ${name}\n`)
    for (const option of ['--dry-run', '--skip-bad-rows', '--take-over', '--json'])
      expect(page).toContain(`.B ${option}`)
    expect(page).toContain('.TP\n.B 5\nanother process holds this campaign')
  })

  test.skipIf(!isThere('groff'))('groff has no complaint (skipped where there is no groff)', async () => {
    const page = await printed('manual')
    const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8'], { input: page, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

test('help knows the exit codes as a topic', async () => {
  expect(await printed('exit-codes')).toMatchInlineSnapshot(`
    "0  everything was accepted, or there was nothing to do
    1  a bug in mailblast
    2  a mistake in the command or the campaign; nothing was sent
    3  finished, but some failed or are in doubt; or a guard's threshold was crossed
    4  stopped before the end; it can be resumed
    5  another process holds this campaign
    "
  `)
  expect(await printed('help', 'exit-codes')).toContain('5  another process holds this campaign')
})
