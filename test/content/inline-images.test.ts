import { describe, expect, test } from 'vitest'
import { freezeFiles, readFrozenFile } from '../../src/content/attachments.ts'
import { compileEdition } from '../../src/content/compile.ts'
import { freezeEdition } from '../../src/content/freeze.ts'
import { shownNames } from '../../src/content/inline-references.ts'
import type { Campaign } from '../../src/model/campaign.ts'
import type { Attachment, Edition } from '../../src/model/edition.ts'
import { address, campaign, compiled, edition, html, identity, withFolder } from './campaigns.ts'
import { saidLater } from './said.ts'

test.each([
  ['an image', '<img src="cid:logo.png">', ['logo.png']],
  [
    'in other quotes, and in none',
    `<img src='cid:a.png'><img src=cid:b.png><img SRC = "CID:c.png">`,
    ['a.png', 'b.png', 'c.png'],
  ],
  ['backgrounds', '<td background="cid:a.png" style="background: url(cid:b.png)">', ['a.png', 'b.png']],
  [
    'url() in quotes of every kind',
    `<p style="a:url('cid:a.png');b:url(&quot;cid:b.png&quot;);c:url( cid:c.png )">`,
    ['a.png', 'b.png', 'c.png'],
  ],
  ['for Outlook alone', '<!--[if mso]><v:fill type="tile" src="cid:bg.png" /><![endif]-->', ['bg.png']],
  [
    'percent-encoded',
    '<img src="cid:a%2Epng"><img src="cid:Gr%C3%BC%C3%9Fe.png"><img src="cid:50%.png">',
    ['a.png', 'Grüße.png', '50%.png'],
  ],
  ['twice', '<img src="cid:a.png"><img src="cid:a.png">', ['a.png']],
  [
    'none: words, links, other addresses',
    'cid:a.png <a href="cid:b.png"> <img src="https://x/cid:c.png" data-src="cid:d.png">',
    [],
  ],
])('HTML shows %s', (_, text, names) => {
  expect([...shownNames(text)]).toEqual(names)
})

/** Which of these files a campaign with this template has inline, or what is said of it. */
async function inlineOf(
  source: string,
  attachments: readonly string[],
  more: Partial<Campaign> & { readonly layoutSource?: string; readonly parts?: Record<string, string> } = {},
): Promise<string> {
  const { layoutSource, parts = {}, ...given } = more
  const files = {
    'letter.hbs': source,
    'layout.html': layoutSource ?? '',
    ...Object.fromEntries(Object.entries(parts).map(([name, text]) => [`parts/${name}.hbs`, text])),
    ...Object.fromEntries(attachments.filter(each => !each.includes('{{')).map(each => [each, each])),
  }
  const settings = {
    attachments,
    ...(layoutSource === undefined ? {} : { layout: 'layout.html' }),
    ...(more.parts === undefined ? {} : { partials: 'parts' }),
    ...given,
  }
  let names = ''
  const said = await withFolder(files, folder =>
    saidLater(async () => {
      const frozen = await freezeEdition(campaign(folder, settings))
      names = frozen.edition.attachments
        .flatMap(each => (each.kind === 'shared' ? (each.contentId ?? []) : []))
        .join(' ')
    }),
  )
  return said === 'fine' ? names : said
}

describe('what the HTML shows is decided when the run is frozen', () => {
  test.each<[string, string, readonly string[], string, Parameters<typeof inlineOf>[2]?]>([
    ['an attachment that it names', '<img src="cid:logo.png">', ['img/logo.png', 'terms.pdf'], 'logo.png'],
    ['only those that it names', '<p>logo.png</p>', ['logo.png'], ''],
    [
      'in a block',
      '{{#if vip}}<img src="cid:a.png">{{else}}<img src="cid:b.png">{{/if}}',
      ['a.png', 'b.png', 'c.png'],
      'a.png b.png',
    ],
    ['in a layout', '<p>', ['logo.png'], 'logo.png', { layoutSource: '<img src="cid:logo.png">{{{body}}}' }],
    [
      'in a partial that is called',
      '{{#each items}}{{> one}}{{/each}}',
      ['a.png'],
      'a.png',
      { parts: { one: '<img src="cid:a.png">', two: '<img src="cid:no.png">' } },
    ],
    [
      'in a partial called by a field',
      '{{> (lookup . "kind")}}',
      ['a.png', 'b.png'],
      'a.png b.png',
      { parts: { one: '<img src="cid:a.png">', two: '<img src="cid:b.png">' } },
    ],
    [
      'in the block of a partial',
      '{{#> one}}<img src="cid:a.png">{{/one}}',
      ['a.png'],
      'a.png',
      { parts: { one: '{{> @partial-block}}' } },
    ],
    ['in an inline partial', '{{#*inline "x"}}<img src="cid:a.png">{{/inline}}{{> x}}', ['a.png'], 'a.png'],
    ['in the data', '{{{banner}}}', ['a.png'], 'a.png', { data: { banner: { of: ['<img src="cid:a.png">'] } } }],
    [
      'images whose name a field decides',
      '<img src="cid:{{tier}}.png">',
      ['gold.png', 'silver.png', 'terms.pdf', 'a b.png'],
      'gold.png silver.png',
    ],
    [
      'images whose name a block decides',
      '<img src="cid:x-{{#if a}}1{{else}}2{{/if}}.png">',
      ['x-1.png', 'x-2.png', 'y.png', 'x-.jpg'],
      'x-1.png x-2.png',
    ],
    ['whatever a field may name, but only images', '<img src="cid:{{image}}">', ['a.png', 'terms.pdf'], 'a.png'],
    ['nothing that stands in a comment of the template', '{{!-- <img src="cid:a.png"> --}}<p>', ['a.png'], ''],
    ['a file of the recipient’s own', '<img src="cid:badge.png">', ['badges/{{id}}/badge.png'], ''],
    ['a file of the recipient’s own, by a field', '<img src="cid:badge-1.png">', ['badges/{{name}}'], ''],
    ['nothing in a text', '<img src="cid:no.png">', [], '', { template: null, text: 'letter.hbs' }],
  ])('%s', async (_, source, attachments, expected, more) => {
    expect(await inlineOf(source, attachments, more)).toBe(expected)
  })

  test('mistakes', async () => {
    const attempts: readonly Parameters<typeof inlineOf>[] = [
      ['<img src="cid:logo.png">', []],
      ['<img src="cid:Logo.png">', ['logo.png', 'terms.pdf']],
      ['<p>', [], { layoutSource: '<img src="cid:logo.png">{{{body}}}' }],
      ['{{> one}}', ['b.png'], { parts: { one: '<img src="cid:somewhere.png">' } }],
      ['{{{banner}}}', ['b.pdf'], { data: { banner: '<img src=cid:logo.png>' } }],
      ['<img src="cid:badge.png">', ['{{id}}/other.png']],
      ['<img src="cid:badge.png">', ['{{id}}/{{kind}}.gif']],
      ['<img src="cid:logo.png">', ['a/logo.png', 'b/logo.png']],
      ['<img src="cid:my%20logo.png">', ['my logo.png']],
      ['<img src="cid:größe.png">', ['größe.png']],
    ]
    const lines = []
    for (const attempt of attempts) lines.push(`${JSON.stringify(attempt)}\n    ${await inlineOf(...attempt)}`)
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "["<img src=\\"cid:logo.png\\">",[]]
          letter.hbs: the HTML shows cid:logo.png, and no attachment has that file name → name the file under attachments:
      ["<img src=\\"cid:Logo.png\\">",["logo.png","terms.pdf"]]
          letter.hbs: the HTML shows cid:Logo.png, and no attachment has that file name → did you mean \`cid:logo.png\`?
      ["<p>",[],{"layoutSource":"<img src=\\"cid:logo.png\\">{{{body}}}"}]
          layout.html: the HTML shows cid:logo.png, and no attachment has that file name → name the file under attachments:
      ["{{> one}}",["b.png"],{"parts":{"one":"<img src=\\"cid:somewhere.png\\">"}}]
          partial one: the HTML shows cid:somewhere.png, and no attachment has that file name → name the file under attachments:
      ["{{{banner}}}",["b.pdf"],{"data":{"banner":"<img src=cid:logo.png>"}}]
          data: the HTML shows cid:logo.png, and no attachment has that file name → name the file under attachments:
      ["<img src=\\"cid:badge.png\\">",["{{id}}/other.png"]]
          letter.hbs: the HTML shows cid:badge.png, and no attachment has that file name → name the file under attachments:
      ["<img src=\\"cid:badge.png\\">",["{{id}}/{{kind}}.gif"]]
          letter.hbs: the HTML shows cid:badge.png, and no attachment has that file name → name the file under attachments:
      ["<img src=\\"cid:logo.png\\">",["a/logo.png","b/logo.png"]]
          letter.hbs: the HTML shows cid:logo.png, and 2 attachments have that file name → rename all but one
      ["<img src=\\"cid:my%20logo.png\\">",["my logo.png"]]
          letter.hbs: the HTML shows cid:my logo.png, a name that not all mail programs find: it may hold letters from A to Z, digits, and . _ ~ @ + - → rename the file, and write its name
      ["<img src=\\"cid:größe.png\\">",["größe.png"]]
          letter.hbs: the HTML shows cid:größe.png, a name that not all mail programs find: it may hold letters from A to Z, digits, and . _ ~ @ + - → rename the file, and write its name"
    `)
  })
})

describe('a recipient’s own', () => {
  const own = (path: string) => ({ kind: 'per-recipient' as const, path, folder: '/campaign' })
  const shared = (fileName: string, contentId?: string) => ({
    kind: 'shared' as const,
    fileName,
    contentType: 'image/png',
    sha256: fileName,
    ...(contentId === undefined ? {} : { contentId }),
  })
  const image = (fileName: string): Attachment => ({ fileName, contentType: 'image/png', bytes: Buffer.from('x') })

  /** The Content-IDs of the recipient's own attachments, or what is wrong with her row. */
  function fillWith(given: Partial<Edition>, fields: Record<string, string>, files: readonly string[]): string {
    const { fill } = compiled(given)
    const attachments = files.map(image)
    const filled = fill({ address: address('ada@example.org'), fields }, { ...identity, attachments })
    if (!filled.ok) return `${filled.problem.reason}: ${filled.problem.detail}`
    return filled.message.attachments.map(each => `${each.fileName}=${each.contentId ?? '-'}`).join(' ')
  }

  test.each<[string, Partial<Edition>, Record<string, string>, readonly string[], string]>([
    [
      'named by the template',
      { html: html('<img src="cid:badge.png">'), attachments: [own('b/{{id}}/badge.png')] },
      { id: '7' },
      ['badge.png'],
      'badge.png=badge.png',
    ],
    [
      'named by a field',
      { html: html('<img src="cid:{{id}}.png">'), attachments: [own('b/{{id}}.png'), own('{{id}}.pdf')] },
      { id: '7' },
      ['7.png', '7.pdf'],
      '7.png=7.png 7.pdf=-',
    ],
    [
      'shown in a block',
      { html: html('{{#if id}}<img src="cid:7.png">{{/if}}x'), attachments: [own('b/{{id}}.png')] },
      { id: '7' },
      ['7.png'],
      '7.png=7.png',
    ],
    [
      'not shown in a block',
      { html: html('{{#if vip}}<img src="cid:7.png">{{/if}}x'), attachments: [own('b/{{id}}.png')] },
      { id: '7', vip: '' },
      ['7.png'],
      '7.png=-',
    ],
    [
      'shown by a cell',
      { html: html('x {{{cell}}}'), attachments: [own('b/{{id}}.png')] },
      { id: '7', cell: '<img src="cid:7.png">' },
      ['7.png'],
      '7.png=7.png',
    ],
    [
      'before its bytes are read',
      { html: html('<img src="cid:{{id}}.png">'), attachments: [own('b/{{id}}.png')] },
      { id: '7' },
      [],
      '',
    ],
    [
      'beside one of everybody',
      {
        html: html('<img src="cid:a.png"><img src="cid:{{id}}.png">'),
        attachments: [shared('a.png', 'a.png'), own('{{id}}.png')],
      },
      { id: '7' },
      ['7.png'],
      '7.png=7.png',
    ],
    [
      'of everybody, chosen by a field',
      { html: html('<img src="cid:{{tier}}.png">'), attachments: [shared('gold.png', 'gold.png')] },
      { tier: 'gold' },
      [],
      '',
    ],
    [
      'that does not exist',
      { html: html('<img src="cid:{{tier}}.png">'), attachments: [shared('gold.png', 'gold.png')] },
      { tier: 'tin' },
      [],
      'attachment missing: the HTML shows cid:tin.png, and no attachment has that file name',
    ],
    [
      'under another name',
      { html: html('<img src="cid:8.png">'), attachments: [own('b/{{id}}.png')] },
      { id: '7' },
      ['7.png'],
      'attachment missing: the HTML shows cid:8.png, and no attachment has that file name',
    ],
    [
      'twice',
      { html: html('<img src="cid:{{id}}.png">'), attachments: [own('b/{{id}}.png'), own('c/{{id}}.png')] },
      { id: '7' },
      ['7.png', '7.png'],
      'attachment missing: the HTML shows cid:7.png, and 2 attachments have that file name',
    ],
    [
      'with an odd name',
      { html: html('<img src="cid:{{id}}.png">'), attachments: [own('b/{{id}}.png')] },
      { id: 'ä' },
      ['ä.png'],
      'attachment missing: the HTML shows cid:ä.png, a name that not all mail programs find: it may hold letters from A to Z, digits, and . _ ~ @ + -',
    ],
    [
      'that only a cell shows, of everybody',
      { html: html('x {{{cell}}}'), attachments: [shared('a.png')] },
      { cell: '<img src="cid:a.png">' },
      [],
      'attachment missing: the HTML shows cid:a.png, by a field alone: an attachment for everybody is shown only if the template names it',
    ],
    [
      'of an edition frozen before there were any',
      { html: html('<img src="cid:a.png">'), attachments: [shared('a.png')] },
      {},
      [],
      '',
    ],
  ])('%s', (_, given, fields, files, expected) => {
    expect(fillWith(given, fields, files)).toBe(expected)
  })

  test('is read with its own bytes', async () => {
    await withFolder({ '7.png': 'seven' }, async folder => {
      const content = compiled({
        html: html('<img src="cid:{{id}}.png">'),
        attachments: [{ ...own('{{id}}.png'), folder }],
      })
      const frozen = await freezeFiles(content, { id: '7' })
      if (!frozen.ok) throw new Error(frozen.problem.detail)
      const read = await Promise.all(frozen.files.map(readFrozenFile))
      const attachments = read.flatMap(each => (each.ok ? [each.attachment] : []))
      const filled = content.fill(
        { address: address('ada@example.org'), fields: { id: '7' } },
        { ...identity, attachments },
      )
      expect(filled.ok && filled.message.attachments).toEqual([
        { fileName: '7.png', contentType: 'image/png', bytes: Buffer.from('seven'), contentId: '7.png' },
      ])
    })
  })
})

test('everybody’s are shared content with their Content-ID, and the text part knows nothing of them', () => {
  const attachments = [
    { kind: 'shared' as const, fileName: 'a.png', contentType: 'image/png', sha256: 'a', contentId: 'a.png' },
  ]
  const { shared } = compileEdition(
    edition({ html: html('<p>Hi <img src="cid:a.png" alt="A"></p>'), attachments }),
    () => Buffer.from('x'),
  )
  expect(shared.attachments).toEqual([
    { fileName: 'a.png', contentType: 'image/png', bytes: Buffer.from('x'), contentId: 'a.png' },
  ])
  expect(shared.text).toEqual(['Hi'])
})
