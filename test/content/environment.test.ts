import Handlebars from 'handlebars'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEnvironment, type TemplateContext } from '../../src/content/environment.ts'
import { compileSkeleton, joinFilled } from '../../src/content/skeleton.ts'

const fields: TemplateContext = {
  first_name: 'Ada',
  none: '',
  blank: ' \t\u00a0',
  nothing: null,
  zero: 0,
  no: false,
  list: [],
  company: { name: 'Acme' },
  items: [{ name: 'Tea', note: 'hot' }, { name: 'Cake' }],
  block: 'loop',
  missing_partial: 'nowhere',
}

const partials = { loop: '{{> (lookup . "block")}}', greeting: 'Dear {{first_name}}' }

function fill(source: string, empty: 'error' | 'allow' = 'error', context = fields): string {
  const environment = createEnvironment({ partials, noEscape: true, empty })
  const filled = joinFilled(compileSkeleton(source, { file: 'a.hbs', environment }), context)
  return filled.ok ? filled.text : `PROBLEM: ${filled.detail}`
}

const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map(name => vi.spyOn(globalThis.console, name))
afterEach(() => {
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})

describe('a printed field that holds nothing is a problem of its row', () => {
  test.each([
    ['{{first_name}}', 'Ada'],
    ['{{none}}', 'PROBLEM: {{none}} is empty (a.hbs:1:1)'],
    ['Dear\n  {{{none}}}', 'PROBLEM: {{none}} is empty (a.hbs:2:3)'],
    ['{{blank}}', 'PROBLEM: {{blank}} is empty (a.hbs:1:1)'],
    ['{{nothing}}', 'PROBLEM: {{nothing}} is empty (a.hbs:1:1)'],
    ['{{list}}', 'PROBLEM: {{list}} is empty (a.hbs:1:1)'],
    ['{{zero}} {{no}}', '0 false'],
    ['{{#if first_name}}{{none}}{{/if}}', 'PROBLEM: {{none}} is empty (a.hbs:1:19)'],
    ['{{lookup company "none"}}', 'PROBLEM: {{lookup company "none"}} does not exist (a.hbs:1:1)'],
    ['{{default none blank}}', 'PROBLEM: {{default none blank}} is empty (a.hbs:1:1)'],
    ['{{default none (default blank nothing)}}', 'PROBLEM: {{default none (…)}} is empty (a.hbs:1:1)'],
    ['{{company}}', 'PROBLEM: {{company}} is an object and cannot be printed (a.hbs:1:1)'],
    ['{{items}}', 'PROBLEM: {{items}} is an object and cannot be printed (a.hbs:1:1)'],
    ['{{this}}', 'PROBLEM: {{this}} is an object and cannot be printed (a.hbs:1:1)'],
  ])('%s → %s', (source, expected) => {
    expect(fill(source)).toBe(expected)
  })
})

describe('unless the template says what to print then, or the campaign allows it', () => {
  test.each([
    ['{{default none "there"}} {{default blank "there"}} {{default list "there"}}', 'there there there'],
    ['{{default none ""}}|{{default none (default blank "x")}}', '|x'],
    ['{{#if none}}{{none}}{{else}}nobody{{/if}}', 'nobody'],
    ['{{urlencode none}}|{{urlencode nothing}}', '|'],
  ])('%s → %s', (source, expected) => {
    expect(fill(source)).toBe(expected)
    expect(fill(source, 'allow')).toBe(expected)
  })

  test.each([
    ['{{none}}|{{blank}}|{{nothing}}|{{list}}', '| \t\u00a0||'],
    ['{{gone}}', 'PROBLEM: {{gone}} does not exist (a.hbs:1:1)'],
    ['{{company}}', 'PROBLEM: {{company}} is an object and cannot be printed (a.hbs:1:1)'],
  ])('with empty: allow, %s → %s', (source, expected) => {
    expect(fill(source, 'allow')).toBe(expected)
  })
})

describe('a field that a block misses is a problem of its row', () => {
  test.each([
    ['{{#each items}}{{name}} {{/each}}', 'Tea Cake '],
    ['{{#each items}}{{note}}{{/each}}', 'PROBLEM: {{note}} does not exist (a.hbs:1:16)'],
    ['{{#each items}}{{#if note}}{{note}}{{/if}}{{/each}}', 'hot'],
    ['{{#each items}}{{default note "-"}} {{/each}}', 'hot - '],
    ['{{#each items}}{{urlencode note}}{{/each}}', 'PROBLEM: {{urlencode note}} does not exist (a.hbs:1:16)'],
    [
      '{{#each items}}{{default (urlencode note) "-"}}{{/each}}',
      'PROBLEM: {{urlencode note}} does not exist (a.hbs:1:26)',
    ],
    ['{{#with company}}{{first_name}}{{/with}}', 'PROBLEM: {{first_name}} does not exist (a.hbs:1:18)'],
    ['{{#with company}}{{../first_name}} {{@root.first_name}}{{/with}}', 'Ada Ada'],
    ['{{#first_name}}{{company.name}}{{/first_name}}', 'PROBLEM: {{company.name}} does not exist (a.hbs:1:16)'],
    ['{{#each items as |item|}}{{item.none}}{{/each}}', 'PROBLEM: {{item.none}} does not exist (a.hbs:1:26)'],
    ['{{company.none.deeper}}', 'PROBLEM: {{company.none.deeper}} does not exist (a.hbs:1:1)'],
    ['{{@index}}', 'PROBLEM: {{@index}} does not exist (a.hbs:1:1)'],
  ])('%s → %s', (source, expected) => {
    expect(fill(source)).toBe(expected)
  })
})

describe('whatever else a field does is a problem of its row', () => {
  test.each([
    ['{{> (lookup . "missing_partial")}}', 'PROBLEM: The partial nowhere could not be found'],
    ['{{> loop}}', 'PROBLEM: the partial "loop" calls itself, or partials are called too often'],
    [
      '{{#each first_name.constructor}}x{{/each}}{{constructor}}',
      'PROBLEM: {{constructor}} does not exist (a.hbs:1:43)',
    ],
    ['{{toString}}', 'PROBLEM: {{toString}} does not exist (a.hbs:1:1)'],
    ['{{__proto__}}', 'PROBLEM: {{__proto__}} does not exist (a.hbs:1:1)'],
    ['{{items.map}}', 'PROBLEM: {{items.map}} does not exist (a.hbs:1:1)'],
    ['{{lookup . "constructor"}}', 'PROBLEM: {{lookup this "constructor"}} does not exist (a.hbs:1:1)'],
    ['{{first_name.length}}', '3'],
  ])('%s → %s', (source, expected) => {
    expect(fill(source)).toBe(expected)
  })

  test('a slot that would be too long', () => {
    const context = { long: 'x'.repeat(1024 * 1024) }
    expect(fill('{{long}}'.repeat(9), 'error', context)).toMatchInlineSnapshot(
      `"PROBLEM: more than 8388608 characters would be filled in"`,
    )
    expect(fill(`{{#if long}}${'{{long}}'.repeat(9)}{{/if}}`, 'error', context)).toMatchInlineSnapshot(
      `"PROBLEM: more than 8388608 characters would be filled in"`,
    )
  })

  test('and leaves the next one as it was', () => {
    const environment = createEnvironment({ partials, noEscape: true, empty: 'error' })
    const skeleton = compileSkeleton('{{#*inline "hook"}}!{{/inline}}{{> greeting}}{{> hook}}', {
      file: 'a.hbs',
      environment,
    })
    expect(joinFilled(skeleton, { first_name: '' })).toMatchObject({ ok: false })
    expect(joinFilled(skeleton, { first_name: 'Ada' })).toEqual({ ok: true, text: 'Dear Ada!' })
  })
})

test('what a field holds is never a template', () => {
  expect(fill('{{first_name}}', 'error', { first_name: '{{none}}{{> loop}}' })).toBe('{{none}}{{> loop}}')
})

test('the helpers', () => {
  const context = { text: "a b&c=d/é'(!)*🎉", number: 5, list: ['a', 'b'] }
  expect(fill('{{urlencode text}}', 'error', context)).toBe('a%20b%26c%3Dd%2F%C3%A9%27%28%21%29%2A%F0%9F%8E%89')
  expect(fill('{{urlencode number}} {{urlencode list}} {{default number 7}}', 'error', context)).toBe('5 a%2Cb 5')
  expect(fill('{{urlencode text}}', 'error', { text: '\ud800' })).toBe('%EF%BF%BD')
})

test('the global Handlebars is left alone', () => {
  fill('{{> greeting}}')
  expect(Object.keys(Handlebars.helpers)).not.toContain('urlencode')
  expect(Object.keys(Handlebars.helpers)).toContain('log')
  expect(Handlebars.partials).toEqual({})
  expect(Handlebars.compile('{{a}}')({ a: 1 })).toBe('1')
})
