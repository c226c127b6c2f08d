import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEnvironment } from '../../src/content/environment.ts'
import { compileSkeleton, joinFilled, type Skeleton } from '../../src/content/skeleton.ts'
import { said } from './said.ts'

const context = { first_name: 'Ada', city: 'London', vip: 'yes', none: '', items: ['a', 'b'] }
const partials = { header: '<h1>{{city}}</h1>\n', frame: '<table>{{> @partial-block}}</table>' }

function compile(layout: string, body: string, noEscape = false): Skeleton {
  const environment = createEnvironment({ partials, noEscape, empty: 'allow' })
  return compileSkeleton(body, { file: 'body.hbs', environment, layout: { file: 'layout.hbs', source: layout } })
}

function rendered(layout: string, body: string, noEscape = false): string {
  const filled = joinFilled(compile(layout, body, noEscape), context)
  return filled.ok ? filled.text : `PROBLEM: ${filled.detail}`
}

describe('the template stands where the layout says', () => {
  test.each([
    ['<html>\n{{{body}}}\n</html>\n', '<p>Hi {{first_name}}</p>', '<html>\n<p>Hi Ada</p>\n</html>\n'],
    ['<html>\n  {{> body}}\n</html>\n', '<p>\n{{first_name}}</p>\n', '<html>\n<p>\nAda</p>\n</html>\n'],
    ['{{> header}}{{{body}}}{{city}}', '{{first_name}} ', '<h1>London</h1>\nAda London'],
    ['{{&body}}|{{~{body}~}}|', ' {{city}} ', ' London | London |'],
    ['{{#if vip}}<b>{{{body}}}</b>{{else}}{{{body}}}{{/if}}', '{{first_name}}', '<b>Ada</b>'],
    ['{{#unless none}}{{{body}}}{{/unless}}', '{{first_name}}', 'Ada'],
    ['{{#each none}}{{this}}{{else}}{{{body}}}{{/each}}', '{{first_name}}', 'Ada'],
    ['{{#> frame}}{{{body}}}{{/frame}}', '{{first_name}}', '<table>Ada</table>'],
    ['{{#*inline "main"}}{{{body}}}{{/inline}}<i>{{> main}}</i>', '{{first_name}}', '<i>Ada</i>'],
    ['{{#> side}}nothing{{/side}}|{{{body}}}', '{{#*inline "side"}}{{city}}{{/inline}}{{first_name}}', 'London|Ada'],
  ])('%j around %j', (layout, body, expected) => {
    expect(rendered(layout, body)).toBe(expected)
  })

  test('in a text layout it needs no third brace', () => {
    expect(rendered('{{body}}\n-- \n{{city}}\n', 'Dear {{first_name}},\n', true)).toBe('Dear Ada,\n\n-- \nLondon\n')
  })

  test('what is fixed in either stays fixed', () => {
    const { fixed } = compile('<html>{{> header}}{{{body}}}</html>', '<p>{{first_name}}</p>')
    expect(fixed).toEqual(['<html><h1>', '</h1>\n<p>', '</p></html>'])
  })

  test('both read fields, each in its own file', () => {
    const { reads } = compile('{{city}}\n{{{body}}}', '{{first_name}}')
    expect([...reads].map(([name, { loc }]) => `${name} in ${loc.source}`)).toEqual([
      'city in layout.hbs',
      'first_name in body.hbs',
    ])
  })
})

test('layouts that cannot be used', () => {
  const lines = [
    '<html></html>',
    '<html>{{body}}</html>',
    '{{#each items}}{{{body}}}{{/each}}',
    '{{#with items}}{{> body}}{{/with}}',
    '{{! {{{body}}} }}',
    '{{{this.body}}}',
    '{{{body}}',
  ].map(layout => `${layout}\n    ${said(() => compile(layout, 'x'))}`)
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "<html></html>
        layout.hbs: the layout has no place for the template → write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}
    <html>{{body}}</html>
        layout.hbs:1:7: {{body}} would show the tags of the template → write {{{body}}}
    {{#each items}}{{{body}}}{{/each}}
        layout.hbs: the layout has no place for the template → write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}
    {{#with items}}{{> body}}{{/with}}
        layout.hbs: the layout has no place for the template → write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}
    {{! {{{body}}} }}
        layout.hbs: the layout has no place for the template → write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}
    {{{this.body}}}
        layout.hbs: the layout has no place for the template → write {{{body}}} where the template belongs, outside of {{#each}} and {{#with}}
    {{{body}}
        layout.hbs:1:8: "}}" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}"
  `)
})

const piece = fc.constantFrom(
  '{{first_name}}',
  '{{~city~}}',
  '{{{first_name}}}',
  ' ',
  '\n',
  '<p>\n',
  '</p>',
  '{{#if vip}}\n  x\n{{/if}}\n',
  '{{> header}}',
  '{{! note }}\n',
)
const template = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))

test('{{{body}}} gives what would be there if the template were rendered first', () => {
  fc.assert(
    fc.property(template, template, template, fc.boolean(), (before, body, after, noEscape) => {
      const environment = createEnvironment({ partials, noEscape, empty: 'allow' })
      const separate = (source: string, more: object): string => {
        const filled = joinFilled(compileSkeleton(source, { file: 'a', environment }), { ...context, ...more })
        return filled.ok ? filled.text : filled.detail
      }
      const layout = `${before}{{{body}}}${after}`
      expect(rendered(layout, body, noEscape)).toBe(separate(layout, { body: separate(body, {}) }))
    }),
    { numRuns: 300 },
  )
})
