import { expect, test } from 'vitest'
import type { FailedMessage } from '../../src/journal/journal.ts'
import { type Failed, failedJson, failedText } from '../../src/report/failed.ts'
import { address } from '../support/delivery-bench.ts'

const run: Failed['run'] = {
  id: '20261122-k3f9mp',
  key: 'newsletter-2026-11',
  campaignName: 'november\u001b[31m',
  state: 'finished',
}

const ada: FailedMessage = {
  address: address('ada@example.org'),
  line: 2,
  fields: { email: 'ada@example.org', name: 'Ada' },
  route: 'smtp',
  attempts: 1,
  cause: { class: 'hard', code: '550', status: '5.1.1', text: `no such \u001b]0;owned\u0007 user ${'x'.repeat(200)}` },
}
const many = Array.from({ length: 1203 }, (_, index): FailedMessage => {
  return { ...ada, address: address(`p${index}@example.org`), line: index + 2, cause: { class: 'soft', text: 'full' } }
})

function failed(people: readonly FailedMessage[], more: Partial<Failed> = {}): Failed {
  return { run, classes: null, count: people.length, people, ...more }
}

const textOf = (of: Failed): string => [...failedText(of, 'mailblast report RUN --failed --format csv')].join('')

test('no escape sequence comes from outside, and words are cut', () => {
  const { code: _, ...uncoded } = ada.cause
  const text = textOf(failed([ada, { ...ada, line: 12_000, cause: { ...uncoded, class: 'block' } }]))
  expect(text).not.toContain('\u001b')
  expect(text.replaceAll(/x+…/g, 'xxx…')).toMatchInlineSnapshot(`
    "20261122-k3f9mp  november [31m  2 recipients failed
      ada@example.org  line 2      hard   550 5.1.1  no such  ]0;owned  user xxx…
      ada@example.org  line 12000  block  5.1.1      no such  ]0;owned  user xxx…
      As a list that can be sent again: mailblast report RUN --failed --format csv
    "
  `)
})

test('the first hundred are named, and how to get all', () => {
  const lines = textOf(failed(many)).split('\n')
  expect(lines.length).toBe(104)
  expect([lines[0], lines[1], ...lines.slice(-4)].join('\n')).toMatchInlineSnapshot(`
    "20261122-k3f9mp  november [31m  1,203 recipients failed
      p0@example.org   line 2    soft    full
      p99@example.org  line 101  soft    full
      and 1,103 more
      As a list that can be sent again: mailblast report RUN --failed --format csv
    "
  `)
  expect(textOf(failed(many.slice(0, 100)))).not.toContain('more')
})

test('nobody', () => {
  expect(textOf(failed([]))).toMatchInlineSnapshot(`
    "20261122-k3f9mp  november [31m  nobody has failed
    "
  `)
  expect(textOf(failed([], { classes: ['soft', 'expired'] }))).toMatchInlineSnapshot(`
    "20261122-k3f9mp  november [31m  nobody has failed with class soft, expired
    "
  `)
})

test('as JSON everybody is named, in pieces', () => {
  const pieces = [...failedJson(failed(many))]
  expect(pieces.length).toBeGreaterThan(many.length)
  const { failed: people, ...fields } = JSON.parse(pieces.join(''))
  expect(people).toEqual(many)
  expect(fields).toEqual({
    type: 'failed',
    version: 1,
    run: run.id,
    campaign: run.campaignName,
    key: run.key,
    state: 'finished',
    classes: null,
    count: many.length,
  })
  expect(JSON.parse([...failedJson(failed([], { classes: ['soft'] }))].join(''))).toMatchObject({
    classes: ['soft'],
    count: 0,
    failed: [],
  })
})
