import { describe, expect, test } from 'vitest'
import { createEnvironment } from '../../src/content/environment.ts'
import { compileSkeleton } from '../../src/content/skeleton.ts'
import { said } from './said.ts'

function reads(source: string, partials: Readonly<Record<string, string>> = {}): string {
  const environment = createEnvironment({ partials, noEscape: false, empty: 'error' })
  const places = [...compileSkeleton(source, { file: 'a.hbs', environment }).reads]
  return places.map(([name, { loc }]) => `${name} (${loc.source}:${loc.start.line}:${loc.start.column + 1})`).join(', ')
}

describe('the fields of the recipient that a template reads', () => {
  test.each([
    ['{{first_name}} {{{last}}} {{[First Name]}} {{"quoted"}}', 'first_name, last, First Name, quoted'],
    ['{{this.a}} {{./b}} {{c.d.e}} {{f/g}} {{@root.h}}', 'a, b, c, f, h'],
    ['{{#if a}}{{b}}{{else if c}}{{d}}{{else}}{{e}}{{/if}}{{#unless f}}{{g}}{{/unless}}', 'a, b, c, d, e, f, g'],
    [
      '{{default a "x"}} {{default b c}} {{urlencode d}} {{lookup e f}} {{default (lookup g "h") i}}',
      'a, b, c, d, e, f, g, i',
    ],
    ['{{#each list}}{{name}}{{../a}}{{@index}}{{@root.b}}{{else}}{{c}}{{/each}}', 'list, a, b, c'],
    ['{{#each list as |item i|}}{{item.name}}{{i}}{{this.item}}{{/each}}', 'list'],
    ['{{#with one}}{{#each two}}{{../three}}{{../../four}}{{/each}}{{/with}}', 'one, four'],
    ['{{#section}}{{unknown}}{{/section}}{{^none}}{{a}}{{/none}}', 'section, none, a'],
    ['{{! {{a}} }}{{{{if b}}}} {{c}} {{{{/if}}}}\\{{d}}', 'b'],
    ['{{> p}}', 'a, b', { p: '{{a}}{{> q}}', q: '{{b}}' }],
    ['{{> p x=1 y=z}}', 'z, a', { p: '{{x}}{{a}}{{#if y}}{{/if}}' }],
    ['{{> p company}}', 'company', { p: '{{name}}' }],
    ['{{> p this}}{{> q @root}}', 'a, b', { p: '{{a}}', q: '{{b}}' }],
    ['{{#each items}}{{> p}}{{/each}}', 'items, b', { p: '{{a}}{{@root.b}}' }],
    ['{{#> p}}{{a}}{{/p}}', 'a, b', { p: '{{> @partial-block}}{{b}}' }],
    ['{{#> p}}{{a}}{{/p}}', 'list', { p: '{{#each list}}{{> @partial-block}}{{/each}}' }],
    ['{{#> none}}{{a}}{{/none}}', 'a'],
    ['{{#*inline "p"}}{{a}}{{/inline}}{{#if b}}{{> p}}{{/if}}', 'b, a'],
    ['{{#*inline "never"}}{{a}}{{/inline}}', ''],
    ['{{#> p}}{{#*inline "hook"}}{{a}}{{/inline}}{{/p}}', 'a', { p: '{{> hook}}' }],
    ['{{#each items}}{{#*inline "p"}}{{../a}}{{b}}{{/inline}}{{> p}}{{/each}}', 'items, a'],
    ['{{> (lookup . kind)}}', 'kind', { p: '{{a}}' }],
  ] as [source: string, names: string, partials?: Record<string, string>][])('%s', (source, names, partials) => {
    expect(reads(source, partials).replaceAll(/ \(.*?\)/g, '')).toBe(names)
  })

  test('each with the first place where it is read', () => {
    expect(reads('Dear {{name}},\n  {{> p}}{{name}}', { p: 'x\n{{city}}' })).toBe(
      'name (a.hbs:1:8), city (partial p:2:3)',
    )
  })
})

test('partials and paths that lead nowhere', () => {
  const mistakes: readonly [source: string, partials: Record<string, string>][] = [
    ['{{> foter}}', { footer: '', header: '' }],
    ['Hi\n{{#if a}} {{> missing}}{{/if}}', {}],
    ['{{> a}}', { a: '{{> b}}', b: '{{#if x}}{{> a}}{{/if}}' }],
    ['{{> a}}', { a: '{{#each children}}{{> a}}{{/each}}' }],
    ['{{#*inline "me"}}{{> me}}{{/inline}}{{> me}}', {}],
    ['{{#> a}}x{{/a}}', { a: '{{#> a}}{{> @partial-block}}{{/a}}' }],
    ['{{> @partial-block}}', {}],
    ['{{../name}}', {}],
    ['{{#if a}}{{../name}}{{/if}}', {}],
    ['{{@idnex}}', {}],
  ]
  const lines = mistakes.map(([source, partials]) => {
    const all = Object.entries({ 'a.hbs': source, ...partials }).map(
      ([name, text]) => `${name}: ${JSON.stringify(text)}`,
    )
    return `${all.join(', ')}\n    ${said(() => reads(source, partials))}`
  })
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "a.hbs: "{{> foter}}", footer: "", header: ""
        a.hbs:1:1: there is no partial "foter" → did you mean \`footer\`?
    a.hbs: "Hi\\n{{#if a}} {{> missing}}{{/if}}"
        a.hbs:2:11: there is no partial "missing" → the campaign has no partials
    a.hbs: "{{> a}}", a: "{{> b}}", b: "{{#if x}}{{> a}}{{/if}}"
        partial b:1:10: the partial "a" includes itself (a → b → a) → use {{#each}} to repeat something
    a.hbs: "{{> a}}", a: "{{#each children}}{{> a}}{{/each}}"
        partial a:1:19: the partial "a" includes itself (a → a) → use {{#each}} to repeat something
    a.hbs: "{{#*inline \\"me\\"}}{{> me}}{{/inline}}{{> me}}"
        a.hbs:1:18: the partial "me" includes itself (me → me) → use {{#each}} to repeat something
    a.hbs: "{{#> a}}x{{/a}}", a: "{{#> a}}{{> @partial-block}}{{/a}}"
        partial a:1:1: the partial "a" includes itself (a → a → a) → use {{#each}} to repeat something
    a.hbs: "{{> @partial-block}}"
        a.hbs:1:1: there is no block that {{> @partial-block}} could stand for → use it in a partial
    a.hbs: "{{../name}}"
        a.hbs:1:3: ../name leads above the fields of the recipient → remove a "../"
    a.hbs: "{{#if a}}{{../name}}{{/if}}"
        a.hbs:1:12: ../name leads above the fields of the recipient → remove a "../"
    a.hbs: "{{@idnex}}"
        a.hbs:1:3: there is no @idnex → there are: @root, @index, @key, @first, @last"
  `)
})

test('a partial may be called within its own block', () => {
  expect(said(() => reads('{{#> a}}{{#> a}}x{{/a}}{{/a}}', { a: '<{{> @partial-block}}>' }))).toBe('fine')
})

test('partials that double twenty times over are refused, and soon', () => {
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`)
  const partials = names.map((name, index): [string, string] => [name, `{{> p${index + 1}}}{{> p${index + 1}}}`])
  expect(said(() => reads('{{> p0}}', { ...Object.fromEntries(partials), p20: 'x' }))).toMatchInlineSnapshot(
    `"partial p19:1:1: partials include too many partials → put them together in fewer files"`,
  )
})
