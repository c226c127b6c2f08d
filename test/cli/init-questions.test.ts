/** The questions of `init`, asked over a terminal of the test's own. */

import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { processContext } from '../../src/cli/context.ts'
import { askForCampaign } from '../../src/cli/init-questions.ts'

/** Answers each question in turn; without an answer left, whoever is asked leaves. */
async function ask(answers: readonly string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const waiting = [...answers]
  let said = ''
  output.on('data', (chunk: Buffer) => {
    said += chunk
    if (!/[\]?] $/.test(said)) return
    const next = waiting.shift()
    if (next === undefined) input.end()
    else input.write(`${next}\n`)
  })
  const context = processContext()
  const stderr = {
    ...context.stderr,
    write: (text: string) => output.write(text),
    stream: output as unknown as NodeJS.WriteStream,
  }
  const found = await askForCampaign({ ...context, stdin: input as unknown as NodeJS.ReadStream, stderr })
  return { found, said }
}

describe('answers', () => {
  test.each<[string, readonly string[], object | null]>([
    ['none but enter', ['', '', ''], { template: 'newsletter' }],
    [
      'all three',
      ['notice', 'v2 is out', 'Acme <news@acme.example>'],
      { template: 'notice', name: 'v2 is out', from: 'Acme <news@acme.example>' },
    ],
    [
      'one of no use, and then another',
      ['letter', 'NEWSLETTER', '', 'not an address', 'a@acme.example'],
      { template: 'newsletter', from: 'a@acme.example' },
    ],
    ['of no use again and again', ['a', 'b', 'c', 'd', 'e'], null],
    ['and leaving', ['', 'name'], null],
  ])('%s', async (_, answers, expected) => {
    expect((await ask(answers)).found).toEqual(expected)
  })

  test('what is of no use is said', async () => {
    const { said } = await ask(['letter', '', '', 'a@b@c', ''])
    expect(said).toContain('  newsletter or notice\n')
    expect(said).toContain('expected is one address')
  })
})
