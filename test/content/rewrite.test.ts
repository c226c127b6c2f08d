import { expect, test } from 'vitest'
import { createEnvironment } from '../../src/content/environment.ts'
import { compileSkeleton } from '../../src/content/skeleton.ts'
import { said } from './said.ts'

function compile(source: string, partials: Readonly<Record<string, string>> = {}): void {
  const environment = createEnvironment({ partials, noEscape: false, empty: 'error' })
  compileSkeleton(source, { file: 'a.hbs', environment })
}

test('only the helpers that are offered may be called, and only in their form', () => {
  const calls = [
    '{{log "hello"}}',
    '{{#if a}}{{log a level="error"}}{{/if}}',
    '{{uppercase name}}',
    '{{#if (eq a b)}}x{{/if}}',
    '{{#foreach items}}x{{/foreach}}',
    '{{#eachh items}}x{{/eachh}}',
    '{{name fallback="x"}}',
    '{{company.name 1}}',
    '{{default name}}',
    '{{default}}',
    '{{lookup items}}',
    '{{urlencode a b}}',
    '{{if a}}',
    '{{#if}}x{{/if}}',
    '{{#if a b}}x{{/if}}',
    '{{#default a "b"}}x{{/default}}',
    '{{default (if a) "b"}}',
    '{{urlencode (unknown)}}',
    '{{> p (unknown a)}}',
    '{{> p a b}}',
    '{{> (unknown a)}}',
    '{{* decorate}}',
    '{{#*inline name}}x{{/inline}}',
    '{{#*other "x"}}x{{/other}}',
  ]
  const lines = calls.map(source => `${source}\n    ${said(() => compile(source, { p: 'x' }))}`)
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "{{log "hello"}}
        a.hbs:1:1: the helper "log" is not offered: a mail has nowhere to log to → remove this tag
    {{#if a}}{{log a level="error"}}{{/if}}
        a.hbs:1:10: the helper "log" is not offered: a mail has nowhere to log to → remove this tag
    {{uppercase name}}
        a.hbs:1:1: there is no helper "uppercase" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[uppercase name]}}
    {{#if (eq a b)}}x{{/if}}
        a.hbs:1:7: there is no helper "eq" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[eq a b]}}
    {{#foreach items}}x{{/foreach}}
        a.hbs:1:1: there is no helper "foreach" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[foreach items]}}
    {{#eachh items}}x{{/eachh}}
        a.hbs:1:1: there is no helper "eachh" → did you mean \`each\`?
    a column with spaces in its name is {{[eachh items]}}
    {{name fallback="x"}}
        a.hbs:1:1: there is no helper "name" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[name]}}
    {{company.name 1}}
        a.hbs:1:1: there is no helper "company.name" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    {{default name}}
        a.hbs:1:1: "default" is a helper and not used as one → write {{default value fallback}}, or {{this.default}} if you mean a field of that name
    {{default}}
        a.hbs:1:1: "default" is a helper and not used as one → write {{default value fallback}}, or {{this.default}} if you mean a field of that name
    {{lookup items}}
        a.hbs:1:1: "lookup" is a helper and not used as one → write {{lookup object name}}, or {{this.lookup}} if you mean a field of that name
    {{urlencode a b}}
        a.hbs:1:1: "urlencode" is a helper and not used as one → write {{urlencode value}}, or {{this.urlencode}} if you mean a field of that name
    {{if a}}
        a.hbs:1:1: "if" is a helper and not used as one → write {{#if condition}}, or {{this.if}} if you mean a field of that name
    {{#if}}x{{/if}}
        a.hbs:1:1: "if" is a helper and not used as one → write {{#if condition}}, or {{this.if}} if you mean a field of that name
    {{#if a b}}x{{/if}}
        a.hbs:1:1: "if" is a helper and not used as one → write {{#if condition}}, or {{this.if}} if you mean a field of that name
    {{#default a "b"}}x{{/default}}
        a.hbs:1:1: "default" is a helper and not used as one → write {{default value fallback}}, or {{this.default}} if you mean a field of that name
    {{default (if a) "b"}}
        a.hbs:1:11: "if" is a helper and not used as one → write {{#if condition}}, or {{this.if}} if you mean a field of that name
    {{urlencode (unknown)}}
        a.hbs:1:13: there is no helper "unknown" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[unknown]}}
    {{> p (unknown a)}}
        a.hbs:1:7: there is no helper "unknown" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[unknown a]}}
    {{> p a b}}
        a.hbs:1:1: a partial takes one context at most → write name=value
    {{> (unknown a)}}
        a.hbs:1:5: there is no helper "unknown" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[unknown a]}}
    {{* decorate}}
        a.hbs:1:1: this decorator is not known → write {{#*inline "name"}} … {{/inline}}
    {{#*inline name}}x{{/inline}}
        a.hbs:1:1: this decorator is not known → write {{#*inline "name"}} … {{/inline}}
    {{#*other "x"}}x{{/other}}
        a.hbs:1:1: this decorator is not known → write {{#*inline "name"}} … {{/inline}}"
  `)
})

test('a field may have the name of a helper that is not offered', () => {
  expect(said(() => compile('{{log}} {{this.default}} {{#each a as |if|}}{{if}}{{/each}}'))).toBe('fine')
})

test('a mistake in a partial is said with its name', () => {
  expect(said(() => compile('', { footer: 'x\n {{uppercase a}}' }))).toMatchInlineSnapshot(
    `
    "partial footer:2:2: there is no helper "uppercase" → there are: \`if\`, \`unless\`, \`each\`, \`with\`, \`lookup\`, \`default\`, \`urlencode\`
    a column with spaces in its name is {{[uppercase a]}}"
  `,
  )
  expect(said(() => compile('', { footer: 'x\n {{#if' }))).toMatchInlineSnapshot(
    `"partial footer:2:5: "i" does not belong here → look at the tag around it; tags are of the form {{name}}, {{#if name}}, {{[A Name With Spaces]}}, {{helper name "text"}}"`,
  )
})

test('nesting is bounded', () => {
  const nested = (depth: number): string => `${'{{#if a}}'.repeat(depth)}x${'{{/if}}'.repeat(depth)}`
  const called = (depth: number): string => `{{default ${'(default '.repeat(depth)}a${' "x")'.repeat(depth)} "x"}}`
  expect(said(() => compile(nested(90)))).toBe('fine')
  expect(said(() => compile(nested(101)))).toMatchInlineSnapshot(
    `"a.hbs:1:901: more than 100 blocks are nested here → nest fewer blocks"`,
  )
  expect(said(() => compile(called(90)))).toBe('fine')
  expect(said(() => compile(called(101)))).toMatchInlineSnapshot(
    `"a.hbs:1:911: more than 100 calls are nested here → nest fewer"`,
  )
})
