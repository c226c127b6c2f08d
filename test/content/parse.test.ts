import { expect, test } from 'vitest'
import { parseTemplate } from '../../src/content/parse.ts'
import { said } from './said.ts'

const mistakes = [
  'Hello {{first_name}',
  'Hello\n  {{first_name\nbye',
  'Hello {{ }}',
  'Hello {{first name="Ada}}',
  '{{{first_name}}',
  'one\ntwo {{#if vip}}\nthree',
  '{{#each items}}\n{{#if vip}}x{{/if}}\n',
  '{{#> box}}x',
  'a {{!-- {{#if hidden}} --}} {{#with x}} \\{{#if}} {{{{raw}}}}{{#if}}{{{{/raw}}}}',
  '{{^vip}}x',
  'one {{#if vip}}\n two {{/unless}}',
  'one\n{{/if}}',
  '{{else}}',
  '{{{{raw}}}} never closed',
  'a {{!-- never closed',
  '{{company/../name}}',
  '{{first_name.}}.}}{{#}}',
  '{{#*inline "x"}}a{{else}}b{{/inline}}',
]

test('mistakes are said on one line, with their place and what to do', () => {
  const lines = mistakes.map(source => `${JSON.stringify(source)}\n    ${said(() => parseTemplate('a.hbs', source))}`)
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    ""Hello {{first_name}"
        a.hbs:1:19: "}" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "Hello\\n  {{first_name\\nbye"
        a.hbs:3:1: "b" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "Hello {{ }}"
        a.hbs:1:10: "}}" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "Hello {{first name=\\"Ada}}"
        a.hbs:1:20: "\\"" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "{{{first_name}}"
        a.hbs:1:14: "}}" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "one\\ntwo {{#if vip}}\\nthree"
        a.hbs:2:5: {{#if}} is never closed → write {{/if}} where it ends
    "{{#each items}}\\n{{#if vip}}x{{/if}}\\n"
        a.hbs:1:1: {{#each}} is never closed → write {{/each}} where it ends
    "{{#> box}}x"
        a.hbs:1:1: {{#> box}} is never closed → write {{/box}} where it ends
    "a {{!-- {{#if hidden}} --}} {{#with x}} \\\\{{#if}} {{{{raw}}}}{{#if}}{{{{/raw}}}}"
        a.hbs:1:29: {{#with}} is never closed → write {{/with}} where it ends
    "{{^vip}}x"
        a.hbs:1:1: {{^vip}} is never closed → write {{/vip}} where it ends
    "one {{#if vip}}\\n two {{/unless}}"
        a.hbs:1:8: {{#if}} is closed by {{/unless}} → write {{/if}} where it ends
    "one\\n{{/if}}"
        a.hbs:2:1: a block is closed here that was never opened → remove this tag, or open the block
    "{{else}}"
        a.hbs:1:1: {{else}} stands outside of a block → move it into {{#if}} … {{/if}}
    "{{{{raw}}}} never closed"
        a.hbs:1:8: a comment or raw block that begins here is never closed → close it
    "a {{!-- never closed"
        a.hbs:1:3: a comment or raw block that begins here is never closed → close it
    "{{company/../name}}"
        a.hbs:1:3: "company/.." is not a path → write ../ only at its beginning
    "{{first_name.}}.}}{{#}}"
        a.hbs:1:22: "}}" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}
    "{{#*inline \\"x\\"}}a{{else}}b{{/inline}}"
        a.hbs:1:38: an inline partial has no {{else}} → remove it"
  `)
})

test('a good template after a bad one', () => {
  expect(said(() => parseTemplate('a.hbs', '{{'))).not.toBe('fine')
  expect(said(() => parseTemplate('a.hbs', '{{a}}'))).toBe('fine')
})
