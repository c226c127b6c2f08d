import fc from 'fast-check'
import Handlebars from 'handlebars'
import { describe, expect, test } from 'vitest'
import { ownCalls } from '../../src/content/calls.ts'
import { createEnvironment } from '../../src/content/environment.ts'
import { compileSkeleton, joinFilled } from '../../src/content/skeleton.ts'

const context = {
  first_name: 'Ada',
  city: 'Łódź & "Umland"',
  html: '<b>fett</b>',
  vip: 'yes',
  none: '',
  zero: 0,
  yes: true,
  no: false,
  'First Name': "O'Hara <x>",
  company: { name: 'Acme `&` Co', tags: ['x=1', 'y'] },
  items: [
    { name: 'Tea', price: '3', tags: ['hot', 'green'] },
    { name: 'Cake', price: '4.50', tags: [] },
  ],
  numbers: [1, 2, 3],
  nothing: [],
  kind: 'greeting',
  // A lone brace before {{else}} makes a field of it.
  else: 'else',
}

const partials = {
  greeting: 'Dear {{first_name}},\n',
  footer: '--\n{{company.name}}{{#if vip}} (vip){{/if}}\n{{> address}}',
  address: '  {{city}}\n',
  line: '{{name}}: {{#each tags}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}\n',
  box: '<div>{{> @partial-block}}</div>',
  button: '<a>{{label}}</a>{{first_name}}',
  own: '{{#*inline "inner"}}[{{city}}]{{/inline}}{{> inner}} {{> inner}}',
  calls: '<{{> hook}}>',
  plain: 'no slots at all\n',
  empty: '',
}

/** Handlebars as it comes, with the same helpers and partials, and without a skeleton. */
const references = [false, true].map(() => {
  const handlebars = Handlebars.create()
  handlebars.unregisterHelper('log')
  handlebars.registerHelper(ownCalls)
  handlebars.registerPartial(partials)
  return handlebars
})
const environments = [false, true].map(noEscape => createEnvironment({ partials, noEscape, empty: 'allow' }))

function reference(source: string, noEscape: boolean, over: object = {}): string {
  const options = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false }
  const template = references[Number(noEscape)]?.compile(source, { noEscape })
  return template?.({ ...context, ...over }, options) ?? ''
}

function rendered(source: string, noEscape: boolean, over: object = {}): string {
  const environment = environments[Number(noEscape)] ?? createEnvironment({ partials, noEscape, empty: 'allow' })
  const filled = joinFilled(compileSkeleton(source, { file: 'test.hbs', environment }), { ...context, ...over })
  if (!filled.ok) throw new Error(filled.detail)
  return filled.text
}

describe('fixed text and slots in turn are what Handlebars renders', () => {
  test.each([
    ['nothing', ''],
    ['fixed text only', 'Hello,\n\n  world\n'],
    ['a field', 'Hello {{first_name}}!'],
    ['fields side by side', '{{first_name}}{{city}}{{{html}}}'],
    ['escaped and not', '{{html}} {{{html}}} {{&html}}'],
    ['a field with a space', '{{[First Name]}} {{"First Name"}} {{this.[First Name]}}'],
    ['paths', '{{company.name}} {{company/name}} {{this.first_name}} {{./city}} {{company.tags.[0]}} {{@root.city}}'],
    ['falsy values', '{{zero}} {{no}} {{yes}} [{{none}}]'],
    ['lists are printed with commas', '{{company.tags}} {{{numbers}}}'],
    ['a backslash escapes a tag', 'a \\{{first_name}} b \\\\{{first_name}}'],
    ['comments', 'a{{! one }}b\n{{!-- two {{first_name}} --}}\nc {{~!-- three --~}} d'],
    ['white space control', 'a  {{~first_name~}}  b {{~#if vip~}}  c  {{~else~}}  d  {{~/if~}}  e'],
    ['blocks alone on their lines', 'a\n  {{#if vip}}\n  yes\n  {{else}}\n  no\n  {{/if}}\nb\n'],
    ['else if', '{{#if none}}1{{else if no}}2{{else if vip}}3{{else}}4{{/if}}'],
    ['unless', '{{#unless none}}x{{else}}y{{/unless}}'],
    ['if with zero', '{{#if zero includeZero=true}}x{{else}}y{{/if}}'],
    ['each', '{{#each items}}{{@index}} {{@first}} {{name}} {{../first_name}} {{@root.city}}\n{{/each}}'],
    ['each over an object', '{{#each company}}{{@key}}={{this}};{{/each}}'],
    ['each of nothing', '{{#each nothing}}x{{else}}none{{/each}}'],
    ['each within each', '{{#each items}}{{#each tags}}{{../name}}-{{this}}-{{../../first_name}} {{/each}}{{/each}}'],
    ['names for items', '{{#each items as |item i|}}{{i}}:{{item.name}}:{{../first_name}}:{{price}};{{/each}}'],
    ['a name that hides a helper', '{{#each numbers as |default|}}{{default}},{{/each}}'],
    ['with', '{{#with company}}{{name}} {{../first_name}}{{/with}}{{#with none}}x{{else}}nobody{{/with}}'],
    [
      'sections',
      '{{#company}}{{name}}{{/company}}{{#items}}{{name}},{{/items}}{{^none}}empty{{/none}}{{#yes}}{{city}}{{/yes}}',
    ],
    ['lookup', '{{lookup company "name"}} {{lookup numbers 1}} {{#each (lookup company "tags")}}{{this}}{{/each}}'],
    ['default', '{{default none "there"}} {{default first_name "x"}} {{default nothing city}} {{default none ""}}|'],
    ['urlencode', 'https://x/?q={{urlencode city}}&r={{{urlencode [First Name]}}}'],
    ['helpers in helpers', '{{urlencode (default none (lookup company "name"))}}{{#if (default none vip)}}!{{/if}}'],
    ['a raw block', 'a {{{{if vip}}}} {{first_name}} {{#if}} {{{{/if}}}} b'],
    ['partials', '{{> greeting}}text\n{{> footer}}{{> plain}}{{> empty}}'],
    ['partials that are indented', 'a\n   {{> footer}}\nb {{> footer}}\n'],
    ['partials with a context', '{{#each items}}{{> line}}{{/each}}{{> line company}}'],
    [
      'partials with fields',
      '{{> button label="Go"}}{{> button label=city}}{{> button company label="x" first_name="y"}}',
    ],
    ['a partial chosen by a field', '{{> (lookup . "kind")}}'],
    ['a partial with a block', '{{#> box}}Hi {{first_name}}{{/box}}{{#> missing}}instead {{city}}{{/missing}}'],
    ['a partial in quotes', '{{> "greeting"}}{{> [greeting]}}'],
    ['an inline partial', '{{#*inline "me"}}<{{first_name}}>{{/inline}}{{> me}}{{> me}} {{#if vip}}{{> me}}{{/if}}'],
    ['an inline partial used before it is defined', '{{> me}}{{#*inline "me"}}<{{first_name}}>{{/inline}}'],
    ['an inline partial in place of one', '{{#*inline "address"}}HERE{{/inline}}{{> footer}}{{> address}}'],
    ['an inline partial that a partial calls', '{{#*inline "hook"}}{{city}}{{/inline}}{{> calls}}'],
    ['an inline partial for a partial with a block', '{{#> calls}}{{#*inline "hook"}}{{city}}{{/inline}}{{/calls}}'],
    ['a partial with inline partials of its own', '{{> own}} {{> own}}'],
    ['two inline partials of one name', '{{#*inline "a"}}1{{/inline}}{{> a}}{{#*inline "a"}}2{{/inline}}{{> a}}'],
    ['text beyond ASCII', '\u{feff}ä {{city}} 🎉 {{first_name}}\u2028\r\n\t{{#if vip}}日本\r\n{{/if}}'],
    ['braces that are no tags', '{ {first_name} } {{first_name}} }}} $& $1 {{city}}'],
    ['nothing that prototypes hold', '{{#if company.constructor}}x{{/if}}{{#if items.map}}y{{/if}}{{items.length}}'],
  ] as [name: string, source: string, over?: object][])('%s', (_, source, over) => {
    for (const noEscape of [false, true])
      expect(rendered(source, noEscape, over)).toBe(reference(source, noEscape, over))
  })

  test('but for numbers side by side, which Handlebars adds up', () => {
    expect(reference('{{{a}}}{{{b}}}', false, { a: 1, b: 2 })).toBe('3')
    expect(rendered('{{{a}}}{{{b}}}', false, { a: 1, b: 2 })).toBe('12')
    expect(rendered('{{#if a}}{{{a}}}{{{b}}}{{/if}}', true, { a: 1, b: 2 })).toBe('12')
  })
})

const refusal = 'refused'

function orRefusal(render: () => string): string {
  try {
    return render()
  } catch {
    return refusal
  }
}

describe('for any template', () => {
  const field = fc.constantFrom(
    'first_name',
    'city',
    'html',
    'vip',
    'none',
    'this.city',
    '@root.first_name',
    '[First Name]',
  )
  const text = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '\n',
      '  \n',
      '\t',
      '\r\n',
      '<p>',
      '</p>',
      '}',
      '{',
      '}}',
      '\\',
      '"',
      '🎉',
      'é',
      '&amp;',
      '\u2028',
    ),
    fc.string({ unit: 'grapheme', maxLength: 6 }).filter(each => !/\{\{|\\/.test(each)),
  )
  const left = fc.constantFrom('', '', '~')
  const wrap = (open: string, name: string, close: string): fc.Arbitrary<string> =>
    fc.tuple(left, left).map(([a, b]) => `{{${open}${a}${name}${b}${close}}}`)
  const tag = fc.tuple(left, fc.constantFrom('', '#if ', '&'), field, left)
  const mustache = fc.oneof(
    tag.map(([a, , name, b]) => `{{${a}${name}${b}}}`),
    tag.map(([a, , name, b]) => `{{${a}{${name}}${b}}}`),
    tag.map(([a, , name, b]) => `{{${a}&${name}${b}}}`),
    tag.map(([a, , name, b]) => `{{${a}default ${name} "there"${b}}}`),
    tag.map(([a, , name, b]) => `{{${a}urlencode (default ${name} city)${b}}}`),
    left.map(a => `{{${a}lookup . "city"}}`),
    fc.constantFrom(
      '.{{zero}}.',
      '.{{no}}.',
      '{{company.name}}',
      '{{company.tags}}',
      '\\{{first_name}}',
      '{{{{if vip}}}} {{city}} {{{{/if}}}}',
    ),
  )
  const comment = fc.constantFrom('{{! a }}', '{{!-- {{city}} --}}', '{{~! c ~}}', '{{!--~}}', '{{~!-- d --~}}')
  const partial = fc.oneof(
    fc.constantFrom('greeting', 'footer', 'plain', 'empty', 'own').chain(name => wrap('', `> ${name} `, '')),
    fc.constantFrom('{{> button label="x"}}', '{{> line company}}', '\n  {{> footer}}\n', '{{> (lookup . "kind")}}'),
  )
  const inline = fc.constantFrom(
    '{{#*inline "me"}}<{{city}}>{{/inline}}',
    '{{#*inline "address"}}\n{{vip}}\n{{/inline}}\n',
  )
  const { template } = fc.letrec<{ template: string; piece: string; block: string }>(tie => ({
    template: fc.array(tie('piece'), { maxLength: 6 }).map(pieces => pieces.join('')),
    piece: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      text,
      mustache,
      comment,
      partial,
      inline,
      tie('block'),
    ),
    block: fc
      .tuple(
        fc.constantFrom(
          ['if', 'vip'],
          ['if', 'none'],
          ['unless', 'none'],
          ['if', '(default none vip)'],
          ['each', 'nothing'],
          ['with', 'this'],
          ['with', 'none'],
          ['> box', ''],
          ['> missing', ''],
        ),
        tie('template'),
        fc.option(tie('template'), { nil: undefined }),
        fc.array(left, { minLength: 6, maxLength: 6 }),
        fc.constantFrom('', '\n', '\n  '),
      )
      .map(([[name = '', param], body, otherwise, [a, b, c, d, e, f], space]) => {
        const isPartial = name.startsWith('>')
        const middle = otherwise === undefined || isPartial ? '' : `{{${c}else${d}}}${space}${otherwise}`
        return `${space}{{${a}#${name} ${param}${b}}}${space}${body}${middle}{{${e}/${name.replace('> ', '')}${f}}}${space}`
      }),
  }))

  test('fixed text and slots in turn are what Handlebars renders', () => {
    let templatesWithSlots = 0
    fc.assert(
      fc.property(template, fc.boolean(), (source, noEscape) => {
        // Texts side by side may make something that is no template; then both refuse it.
        const expected = orRefusal(() => reference(source, noEscape))
        const actual = orRefusal(() => rendered(source, noEscape))
        expect(actual).toBe(expected)
        if (expected !== refusal && expected !== source) templatesWithSlots += 1
      }),
      { numRuns: 1000 },
    )
    expect(templatesWithSlots).toBeGreaterThan(300)
  })
})
