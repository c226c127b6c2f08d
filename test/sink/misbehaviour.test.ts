import { describe, expect, test } from 'vitest'
import { chooser, type Occasion } from '../../src/sink/misbehaviour.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'

const answer: Occasion = { provider: 'smtp', transport: 'smtp', phase: 'answer', domains: ['example.org'] }
const rules = (...texts: readonly string[]) => texts.map(text => parseRuleText(text))

/** What is decided at so many occasions, a letter each: `.` behaves, else the first letter of what is done. */
function sequence(
  texts: readonly string[],
  seed: number,
  count = 60,
  occasion: (index: number) => Occasion = () => answer,
) {
  const choose = chooser(rules(...texts), seed)
  return Array.from({ length: count }, (_, index) => choose.decide(occasion(index))?.do[0] ?? '.').join('')
}

describe('chance', () => {
  test('is the same for the same rules and seed', () => {
    expect([1, 2, 1].map(seed => sequence(['do=lose-answer share=20%'], seed))).toMatchInlineSnapshot(`
      [
        "....l......l.........ll...l....l..l.l..l..l.l...........ll.l",
        ".......l............ll.l.l.l..........lll........lllll....l.",
        "....l......l.........ll...l....l..l.l..l..l.l...........ll.l",
      ]
    `)
  })

  test('is each rule’s own: another rule before it shifts nothing', () => {
    const alone = sequence(['do=lose-answer share=20%'], 1)
    const second = sequence(['do=throttle phase=answer share=10%', 'do=lose-answer share=20%'], 1)
    expect([alone, second]).toMatchInlineSnapshot(`
      [
        "....l......l.........ll...l....l..l.l..l..l.l...........ll.l",
        "t...l......l..t......llt..l....l..l.t..l..ltl......t....ll.l",
      ]
    `)
    expect([...second].map((each, at) => (each === 't' ? alone[at] : each)).join('')).toBe(alone)
  })

  test('a larger share meets whom a smaller one met, and more', () => {
    const [few = '', many = ''] = ['5%', '30%'].map(share => sequence([`do=lose-answer share=${share}`], 3, 400))
    expect([...few].every((each, at) => each === '.' || many[at] === each)).toBe(true)
    expect(many.replaceAll('.', '').length).toBeGreaterThan(few.replaceAll('.', '').length)
  })

  test('two rules that are the same draw apart', () => {
    const twice = sequence(['do=lose-answer share=20%', 'do=lose-answer share=20%'], 1, 1000)
    const met = twice.replaceAll('.', '').length
    expect(met).toBeGreaterThan(300)
    expect(met).toBeLessThan(420)
  })

  test.each([
    ['1%', 100],
    ['10%', 1000],
    ['50%', 5000],
  ])('%s of 10,000 is about %i', (share, expected) => {
    for (const seed of [1, 2, 3]) {
      const met = sequence([`do=lose-answer share=${share}`], seed, 10_000).replaceAll('.', '').length
      // Four standard deviations of the binomial distribution.
      const bound = 4 * Math.sqrt(expected * (1 - expected / 10_000))
      expect(Math.abs(met - expected), `seed ${seed}: ${met}`).toBeLessThan(bound)
    }
  })
})

test.each<[string, string]>([
  ['do=lose-answer first=3', 'lll.........'],
  ['do=lose-answer after=3', '...lllllllll'],
  ['do=lose-answer after=3 first=2', '...ll.......'],
  ['do=lose-answer site=yahoo.com first=2', '.l.l........'],
])('counts: %s', (text, expected) => {
  const sites = ['example.org', 'yahoo.com']
  expect(sequence([text], 1, 12, index => ({ ...answer, domains: [sites[index % 2] ?? ''] }))).toBe(expected)
})

test('a rule counts where an earlier one decides', () => {
  expect(sequence(['do=hang first=2', 'do=lose-answer first=3'], 1, 6)).toBe('hhl...')
})

test.each<[string, Partial<Occasion>, boolean]>([
  ['do=refuse', { phase: 'rcpt' }, true],
  ['do=refuse', { phase: 'answer' }, false],
  ['do=refuse', { phase: 'answer', provider: 'sendgrid', transport: 'http' }, true],
  ['do=refuse provider=sendgrid', { phase: 'rcpt' }, false],
  ['do=drop', { phase: 'body' }, true],
  ['do=drop', { phase: 'body', provider: 'sendgrid', transport: 'http', domains: [] }, true],
  ['do=drop site=example.org', { phase: 'body', provider: 'sendgrid', transport: 'http', domains: [] }, false],
  ['do=drop site=example.org', { phase: 'answer', provider: 'sendgrid', transport: 'http' }, true],
  ['do=hang site=example.org', { domains: ['a.example', 'example.org'] }, true],
  ['do=hang site=example.org', { domains: ['mail.example.org'] }, false],
  ['do=hang site=*.example.org', { domains: ['mail.example.org'] }, true],
  ['do=hang site=*.example.org', { domains: ['example.org'] }, false],
  ['do=hang site=*.org', { domains: ['example.org'] }, true],
  ['do=hang site=*', { domains: [] }, true],
  ['do=hang phase=lookup', { phase: 'lookup', provider: 'sendgrid', transport: 'http', domains: [] }, true],
  ['do=refuse-connections', { phase: 'connect' }, false],
])('%s at %o: %s', (text, occasion, expected) => {
  expect(chooser(rules(text), 1).decide({ ...answer, ...occasion }) !== null).toBe(expected)
})
