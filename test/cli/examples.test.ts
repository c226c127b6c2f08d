/** The examples in the help: every command has some, and each is one that the program understands. */

import { afterAll, expect, test } from 'vitest'
import { examples } from '../../src/cli/examples.ts'
import { Workplace } from '../support/mailblast.ts'

const place = new Workplace({})
afterAll(() => place.remove())

test('every command has examples, and no other', async () => {
  const { stdout } = await place.run(['--help'])
  const there = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)].map(match => match[1]).filter(name => name !== 'help')
  expect([...new Set(there)].filter(name => !name?.startsWith('-')).sort()).toEqual(Object.keys(examples).sort())
})

test.each(Object.entries(examples))('%s: its options are there', async (command, lines) => {
  const { stdout } = await place.run([command, '--help'])
  for (const line of lines) {
    expect(stdout).toContain(`  ${line}\n`)
    expect(line).toContain(`mailblast ${command}`)
    const inner = command === 'suppress' ? (/suppress (\w+)/.exec(line)?.[1] ?? '') : ''
    const help = inner === '' ? stdout : (await place.run([command, inner, '--help'])).stdout
    for (const [, option] of line.matchAll(/ (--[a-z-]+)/g)) expect(help, line).toContain(option)
  }
})
