import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createEnvironment } from '../../src/content/environment.ts'
import { htmlToText } from '../../src/content/html-text.ts'
import { compileSkeleton } from '../../src/content/skeleton.ts'
import { textFromHtml } from '../../src/content/text-part.ts'
import { joinText } from '../../src/model/edition.ts'
import { said } from './said.ts'

const partials = { button: '<a href="{{url}}">{{label}}</a>' }
const environment = createEnvironment({ partials, noEscape: false, empty: 'allow' })

const fields = {
  name: 'Ada & <Co>',
  none: '',
  spaced: '  two  words ',
  url: 'https://x.example/?a=1&b=2&copy=3',
  html: '<p>one</p><p>two &amp; three</p>',
  items: ['tea', 'cake'],
  vip: 'yes',
}

/** The text of a campaign that has only this HTML, and the way it was made. */
function textOf(source: string, context: object = fields): { way: string; text: string; whole: string } {
  const skeleton = compileSkeleton(source, { file: 'a.hbs', environment })
  const part = textFromHtml(skeleton, environment.partials)
  const html = skeleton.fill({ ...fields, ...context })
  if (!html.ok) throw new Error(html.detail)
  const filled = part.fill(html.slots)
  if (!filled.ok) throw new Error(filled.detail)
  const whole = htmlToText(joinText(skeleton.fixed, html.slots))
  return { way: part.way, text: joinText(part.fixed, filled.slots), whole }
}

describe('read once, with the slots apart', () => {
  test.each([
    ['no slot', '<h1>Hello</h1><p>all of you</p>', 'Hello\n\nall of you'],
    ['in a paragraph', '<p>Dear {{name}},</p><p>hello</p>', 'Dear Ada & <Co>,\n\nhello'],
    ['with white space', '<p>a {{spaced}} b{{spaced}}c</p>', 'a two words b two words c'],
    ['empty', '<p>a</p><p>{{none}}</p><p>b {{none}} c</p>', 'a\n\nb c'],
    ['side by side', '<p>{{name}}{{spaced}}{{none}}{{name}}</p>', 'Ada & <Co> two words Ada & <Co>'],
    ['in a link’s address', '<a href="{{url}}">Go</a>', 'Go [https://x.example/?a=1&b=2&copy=3]'],
    [
      'in a part of it',
      '<a href="https://y.example/{{urlencode name}}#x">Go</a>',
      'Go [https://y.example/Ada%20%26%20%3CCo%3E#x]',
    ],
    ['in an address, not escaped', '<a href="{{{url}}}">Go</a>', 'Go [https://x.example/?a=1&b=2&copy=3]'],
    [
      'in an address, chosen',
      '<a href="{{#if vip}}{{url}}{{else}}no{{/if}}">Go</a>',
      'Go [https://x.example/?a=1&b=2&copy=3]',
    ],
    ['a link that shows its address', '<a href="{{url}}">{{url}}</a>', 'https://x.example/?a=1&b=2&copy=3'],
    ['a link to the address of a mailbox', '<a href="mailto:{{name}}">write</a>', 'write [Ada & <Co>]'],
    ['in other attributes', '<p class="{{name}}" style="{{{name}}}">x<img src="{{url}}" alt="{{name}}"></p>', 'x'],
    [
      'in a comment or a style',
      '<style>{{name}}</style><!--[if mso]>{{name}}<![endif]--><title>{{name}}</title>x',
      'x',
    ],
    [
      'in a table',
      '<table><tr><td>{{name}}</td><td>{{spaced}}</td></tr><tr><td>b</td></tr></table>',
      'Ada & <Co> two words\nb',
    ],
    ['in a list', '<ul><li>{{name}}</li><li>{{#if vip}}vip{{/if}}</li></ul>', ' * Ada & <Co>\n * vip'],
    ['in a heading', '<h1>For {{name}}</h1>', 'For Ada & <Co>'],
    ['a block of words', '<p>Hi{{#if vip}} {{name}}{{/if}}{{#if none}} x{{/if}}!</p>', 'Hi Ada & <Co>!'],
    ['a block of paragraphs', '<p>a</p>{{#if vip}}<p>b</p><p>{{name}}</p>{{/if}}<p>c</p>', 'a\n\nb\n\nAda & <Co>\n\nc'],
    ['an empty block of paragraphs', '<p>a</p>{{#if none}}<p>b</p>{{/if}}<p>c</p>', 'a\n\nc'],
    [
      'a block with a list',
      '<div>{{#if vip}}<ul>{{#each items}}<li>{{this}}</li>{{/each}}</ul>{{/if}}</div>',
      ' * tea\n * cake',
    ],
    ['a block in a word', 'un{{#if vip}}<b>believ</b>{{/if}}able', 'unbelievable'],
    ['markup of a field', '<div>a{{{html}}}b</div>', 'a\n\none\n\ntwo & three\n\nb'],
    [
      'a partial with fields',
      '<p>{{> button url=url label=name}}</p>',
      'Ada & <Co> [https://x.example/?a=1&b=2&copy=3]',
    ],
    ['outside of the body', '<html><body><p>a</p></body>{{name}}</html>', 'a\n\nAda & <Co>'],
    ['entities', '<p>a&nbsp;&lt;{{name}}&gt;&amp;</p>', 'a\u00a0<Ada & <Co>>&'],
    ['a line break beside it', 'a<br>{{name}}<br>b', 'a\nAda & <Co>\nb'],
    [
      'a word like those that stand for slots',
      '<p>slot0x {{name}} slotq0x SLOTQQ</p>',
      'slot0x Ada & <Co> slotq0x SLOTQQ',
    ],
  ])('%s', (_, source, expected) => {
    const { way, text } = textOf(source)
    expect({ way, text }).toEqual({ way: 'by slot', text: expected })
  })
})

describe('read as a whole, where a slot cannot be read alone', () => {
  test.each([
    ['items of a list', '<ul>{{#each items}}<li>{{this}}</li>{{/each}}</ul>', ' * tea\n * cake'],
    ['rows of a table', '<table>{{#each items}}<tr><td>{{this}}</td></tr>{{/each}}</table>', 'tea\ncake'],
    ['cells of a table', '<table><tr>{{#each items}}<td>{{this}}</td>{{/each}}</tr></table>', 'tea cake'],
    ['markup in an item of a list', '<ul><li>{{{html}}}</li></ul>', ' * one\n   \n   two & three'],
    [
      'a link that a block opens',
      '{{#if vip}}<a href="{{url}}">{{/if}}Go{{#if vip}}</a>{{/if}}',
      'Go [https://x.example/?a=1&b=2&copy=3]',
    ],
    ['text that keeps its white space', '<pre>a  {{spaced}}\n {{name}}</pre>', 'a    two  words \n Ada & <Co>'],
    ['a quotation', '<blockquote>{{{html}}}</blockquote>', '> one\n> \n> two & three'],
    ['attributes of a link', '<a {{#if vip}}href="{{url}}"{{/if}}>Go</a>', 'Go [https://x.example/?a=1&b=2&copy=3]'],
    ['an element’s name', '<h{{default none "1"}}>Title</h{{default none "1"}}><p>x</p>', 'Title\n\nx'],
    ['a number in a list', '<ol start="{{default none "3"}}"><li>x</li></ol>', ' 3. x'],
    ['markup in a comment', '<!--{{#if vip}}<p>x</p>{{/if}}-->y', 'y'],
    ['a link within the page', '<a href="#{{name}}">Go</a>', 'Go'],
    [
      'a partial that the field chooses',
      '{{> (lookup . "which")}}',
      'Go [u]',
      { which: 'button', url: 'u', label: 'Go' },
    ],
  ] as [name: string, source: string, expected: string, context?: object][])('%s', (_, source, expected, context) => {
    const { way, text } = textOf(source, context)
    expect({ way, text }).toEqual({ way: 'whole', text: expected })
  })
})

test('a field that cannot be read is a problem of its row', () => {
  const deep = { html: '<div>'.repeat(20_000), items: [] }
  for (const source of ['<div>{{{html}}}</div>', '<ul><li>{{{html}}}</li></ul>']) {
    const skeleton = compileSkeleton(source, { file: 'a.hbs', environment })
    const html = skeleton.fill(deep)
    expect(html.ok && textFromHtml(skeleton, environment.partials).fill(html.slots)).toEqual({
      ok: false,
      detail: 'its HTML is nested too deeply to be read as text',
    })
  }
})

test('a template that cannot be read is a mistake of its author', () => {
  expect(said(() => textOf(`${'<div>'.repeat(20_000)}{{name}}`))).toMatchInlineSnapshot(
    `"the elements of the HTML part are nested too deeply to be read as text → nest fewer elements, or give the campaign a text template"`,
  )
})

test('a field cannot pass for a slot, nor for the fence around one', () => {
  expect(textOf('<p>{{name}}|{{spaced}}</p>', { name: 'slot1x slotfence', spaced: 'x' }).text).toBe(
    'slot1x slotfence|x',
  )
  expect(textOf('<div>{{{name}}}</div>', { name: 'slotfence<b>slotfence</b>' }).text).toBe('slotfenceslotfence')
  expect(textOf('<div>a {{{name}}} b</div>', { name: '<i>x</i><!-- never closed' }).text).toBe('a x b')
})

describe('for any template', () => {
  const word = fc.constantFrom(
    'tea',
    'a & b',
    '<i>',
    '"',
    "it's",
    'a=b',
    ' x',
    'y ',
    'two  words',
    'ä',
    '\u00a0',
    '1\n2',
  )
  const value = fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join(''))
  const markup = fc.constantFrom(
    '<p>para</p>',
    '<b>bold</b>',
    'plain',
    ' spaced ',
    '<div>a<br>b</div>',
    '&lt;',
    '<p>a</p><p>b</p>',
  )
  const inline = fc.constantFrom(
    '{{a}}',
    '{{b}}',
    ' {{a}} ',
    'text ',
    '<b>{{b}}</b>',
    '<br>',
    '{{#if yes}}{{a}}{{/if}}',
    '{{#if no}}x{{/if}}',
    '&amp;',
    '<a href="https://x.example/{{urlencode a}}">go</a>',
    '<a href="https://x.example/?q={{b}}">{{a}}</a>',
    '{{default none "there"}}',
    '{{default none "you"}}',
    '{{none}}',
    '{{default a "x"}}',
    '{{urlencode a}}',
  )
  const line = fc.array(inline, { maxLength: 4 }).map(pieces => pieces.join(''))
  const block = fc.oneof(
    line.map(text => `<p>${text}</p>`),
    line.map(text => `<h2>${text}</h2>\n`),
    line.map(text => `<ul><li>${text}</li><li>x${text}</li></ul>`),
    line.map(text => `<table><tr><td>${text}</td><td>{{a}}</td></tr></table>`),
    line.map(text => `{{#if yes}}<p>${text}</p>{{/if}}`),
    line.map(text => `{{#if no}}<p>${text}</p>{{else}}${text}{{/if}}`),
    line,
    fc.constantFrom(
      '{{{html}}}',
      '<div>{{{html}}}</div>',
      '<div>{{{html}}} {{a}}</div>',
      '<img src="{{a}}">',
      '<!-- {{a}} -->',
    ),
  )
  const page = fc.array(block, { maxLength: 5 }).map(blocks => blocks.join(''))
  const shown = (text: string): string => text.replace(/[ \n]+/g, ' ').trim()

  test('either way the text holds the same words in the same order', () => {
    let bySlot = 0
    fc.assert(
      fc.property(page, value, value, markup, (source, a, b, html) => {
        const { way, text, whole } = textOf(source, { a, b, html, yes: 'yes', no: '', none: '' })
        if (way === 'by slot') bySlot += 1
        expect(shown(text)).toBe(shown(whole))
      }),
      { numRuns: 400 },
    )
    expect(bySlot).toBeGreaterThan(300)
  })
})
