import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileEdition } from '../../src/content/compile.ts'
import { freezeEdition } from '../../src/content/freeze.ts'
import type { Campaign } from '../../src/model/campaign.ts'
import { joinText } from '../../src/model/edition.ts'
import { address, campaign, identity, withFolder } from './campaigns.ts'
import { saidLater } from './said.ts'

type Files = Readonly<Record<string, string | Buffer>>

test('everything that the campaign names is read into the edition', async () => {
  const files = {
    'letter.hbs': '\ufeff<p>Hi {{first_name}}</p>\r\n{{> footer}}\r',
    'layout.html': '<html>{{{body}}}</html>',
    'plain.txt': 'Hi {{first_name}}\r\n',
    'parts/footer.hbs': 'bye\n',
    'parts/deep/button.html': '<a></a>',
    'parts/words.txt.hbs': 'words',
    'parts/.hidden.hbs': '{{#if',
    'parts/readme.md': 'no partial',
    'files/terms.pdf': 'PDF',
    'files/same.bin': 'PDF',
  }
  const frozen = await withFolder(files, async folder => {
    const { edition, payloads } = await freezeEdition(
      campaign(folder, {
        layout: 'layout.html',
        text: 'plain.txt',
        partials: 'parts',
        headers: { 'X-Campaign': 'november', 'X-Id': '{{id}}' },
        attachments: ['files/terms.pdf', './invoices/{{id}}.pdf', './files/same.bin'],
        data: { company: 'Acme' },
        list: { unsubscribeUrl: 'https://acme.example/u', unsubscribeMailto: null, postalAddress: null },
      }),
    )
    return JSON.parse(
      JSON.stringify({
        edition,
        payloads: [...payloads].map(([sha256, bytes]) => [sha256.slice(0, 8), `${bytes}`]),
      }).replaceAll(JSON.stringify(folder).slice(1, -1), 'FOLDER'),
    )
  })
  expect(frozen).toMatchInlineSnapshot(`
    {
      "edition": {
        "attachments": [
          {
            "contentType": "application/pdf",
            "fileName": "terms.pdf",
            "kind": "shared",
            "sha256": "1d393b0081b632c54654eb08c345ff76b92ae4efe0768b4c0f64b9ebbe920492",
          },
          {
            "folder": "FOLDER",
            "kind": "per-recipient",
            "path": "./invoices/{{id}}.pdf",
          },
          {
            "contentType": "application/octet-stream",
            "fileName": "same.bin",
            "kind": "shared",
            "sha256": "1d393b0081b632c54654eb08c345ff76b92ae4efe0768b4c0f64b9ebbe920492",
          },
        ],
        "data": {
          "company": "Acme",
        },
        "empty": "error",
        "from": {
          "address": "news@acme.example",
          "name": "Acme News",
        },
        "headers": [
          {
            "name": "X-Campaign",
            "value": "november",
          },
          {
            "name": "X-Id",
            "value": "{{id}}",
          },
        ],
        "html": {
          "file": "letter.hbs",
          "layout": {
            "file": "layout.html",
            "source": "<html>{{{body}}}</html>",
          },
          "source": "<p>Hi {{first_name}}</p>
    {{> footer}}
    ",
        },
        "list": {
          "postalAddress": null,
          "unsubscribeMailto": null,
          "unsubscribeUrl": "https://acme.example/u",
        },
        "partials": {
          "deep/button": "<a></a>",
          "footer": "bye
    ",
          "words": "words",
        },
        "replyTo": null,
        "subject": "Hello {{first_name}}",
        "text": {
          "file": "plain.txt",
          "layout": null,
          "source": "Hi {{first_name}}
    ",
        },
      },
      "payloads": [
        [
          "1d393b00",
          "PDF",
        ],
      ],
    }
  `)
})

describe('which file is which part', () => {
  const files = {
    'a.html': '<p>html</p>',
    'a.hbs': '<p>hbs</p>',
    'a.html.hbs': '<p>html.hbs</p>',
    'a.txt': 'txt',
    'a.txt.hbs': 'txt.hbs',
    'l.html': '<body>{{{body}}}</body>',
    'l.txt': '{{body}}--',
    'l.hbs': '({{{body}}})',
  }
  test.each([
    [{ template: 'a.html' }, '<p>html</p>', 'html'],
    [{ template: 'a.hbs' }, '<p>hbs</p>', 'hbs'],
    [{ template: 'a.HBS' }, null, null],
    [{ template: 'a.html.hbs' }, '<p>html.hbs</p>', 'html.hbs'],
    [{ template: 'a.txt' }, null, 'txt'],
    [{ template: 'a.txt.hbs' }, null, 'txt.hbs'],
    [{ template: null, text: 'a.txt' }, null, 'txt'],
    [{ template: null, text: 'a.hbs' }, null, '<p>hbs</p>'],
    [{ template: 'a.html', text: 'a.txt' }, '<p>html</p>', 'txt'],
    [{ template: 'a.html', text: 'a.txt', layout: 'l.html' }, '<body><p>html</p></body>', 'txt'],
    [{ template: 'a.hbs', layout: 'l.hbs' }, '(<p>hbs</p>)', '(\n\nhbs\n\n)'],
    [{ template: 'a.txt', layout: 'l.txt' }, null, 'txt--'],
    [{ template: 'a.txt', layout: 'l.hbs' }, null, '(txt)'],
    [{ template: null, text: 'a.hbs', layout: 'l.txt' }, null, '<p>hbs</p>--'],
  ])('%j', async (given, html, text) => {
    const parts = await withFolder(files, async folder => {
      try {
        const frozen = await freezeEdition(campaign(folder, given))
        const { shared, fill } = compileEdition({ ...frozen.edition, subject: 'x' }, () => Buffer.alloc(0))
        const filled = fill({ address: address('ada@example.org'), fields: {} }, identity)
        if (!filled.ok) throw new Error(filled.problem.detail)
        return {
          html: shared.html && joinText(shared.html, filled.message.html),
          text: shared.text && joinText(shared.text, filled.message.text),
        }
      } catch (error) {
        if (given.template === 'a.HBS') return { html: null, text: null }
        throw error
      }
    })
    expect(parts).toEqual({ html, text })
  })
})

test('what cannot be frozen', async () => {
  const attempts: readonly [Partial<Campaign>, Files?][] = [
    [{ template: null }],
    [{ template: 'missing.hbs' }],
    [{ template: 'letter.md' }, { 'letter.md': '# Hello' }],
    [{ template: 'letter.mjml' }],
    [{ template: 'letter' }],
    [{ template: 'folder.hbs' }],
    [{ template: 'letter.hbs/x.hbs' }],
    [{ template: 'latin.hbs' }, { 'latin.hbs': Buffer.from([0x48, 0xe4]) }],
    [{ template: 'utf16.hbs' }, { 'utf16.hbs': Buffer.from('Hello', 'utf16le') }],
    [{ template: 'big.hbs' }, { 'big.hbs': Buffer.alloc(5 * 1024 * 1024 + 1, 'x') }],
    [{ template: 'a.txt', text: 'b.txt' }],
    [{ text: 'a.html' }],
    [{ layout: 'missing.hbs' }],
    [{ layout: 'layout.txt' }],
    [{ template: 'a.txt', layout: 'layout.html' }],
    [{ partials: 'nowhere' }],
    [{ partials: 'letter.hbs' }],
    [{ partials: { footer: 'nowhere.hbs' } }],
    [{ partials: 'parts' }, { 'parts/a.hbs': '', 'parts/a.txt': '' }],
    [{ partials: 'parts' }, { 'parts/a.hbs': Buffer.alloc(3_000_000), 'parts/b.hbs': '' }],
    [{ partials: 'parts' }, { 'parts/a.hbs': 'x'.repeat(3_000_000), 'parts/b.hbs': 'x'.repeat(3_000_000) }],
    [{ attachments: ['letter.hbs', 'missing.pdf'] }],
    [{ attachments: ['.'] }],
    [{ attachments: ['a\nb.pdf'] }, { 'a\nb.pdf': 'x' }],
    [{ attachments: ['big.bin'] }, { 'big.bin': Buffer.alloc(25 * 1024 * 1024 + 1) }],
    [
      { attachments: ['one.bin', 'two.bin'] },
      { 'one.bin': Buffer.alloc(20 * 1024 * 1024), 'two.bin': Buffer.alloc(6 * 1024 * 1024) },
    ],
  ]
  const lines: string[] = []
  for (const [given, files] of attempts) {
    const said = await withFolder({ 'letter.hbs': 'Hi', 'a.txt': 'Hi', ...files }, async folder => {
      await mkdir(join(folder, 'folder.hbs'))
      return (await saidLater(() => freezeEdition(campaign(folder, given)))).replaceAll(folder, 'FOLDER')
    })
    lines.push(`${JSON.stringify(given)}\n    ${said}`)
  }
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "{"template":null}
        FOLDER/campaign.yml: the campaign has neither a template nor a text → name a file under template: or text:
    {"template":"missing.hbs"}
        FOLDER/campaign.yml: template: missing.hbs: there is no such file → check the path, which is relative to the campaign file
    {"template":"letter.md"}
        FOLDER/campaign.yml: template: letter.md: this is no kind of template → HTML templates end in .hbs or .html, text templates in .txt or .txt.hbs
    {"template":"letter.mjml"}
        FOLDER/campaign.yml: template: letter.mjml: this is no kind of template → HTML templates end in .hbs or .html, text templates in .txt or .txt.hbs
    {"template":"letter"}
        FOLDER/campaign.yml: template: letter: this is no kind of template → HTML templates end in .hbs or .html, text templates in .txt or .txt.hbs
    {"template":"folder.hbs"}
        FOLDER/campaign.yml: template: folder.hbs: it is not a file → check the path, which is relative to the campaign file
    {"template":"letter.hbs/x.hbs"}
        FOLDER/campaign.yml: template: letter.hbs/x.hbs: there is no such file: a part of its path is not a folder → check the path, which is relative to the campaign file
    {"template":"latin.hbs"}
        FOLDER/campaign.yml: template: latin.hbs: it is not UTF-8 → save it as UTF-8
    {"template":"utf16.hbs"}
        FOLDER/campaign.yml: template: utf16.hbs: it holds NUL characters and is no text → save it as UTF-8
    {"template":"big.hbs"}
        FOLDER/campaign.yml: template: big.hbs: it is larger than 5 MiB → check the path, which is relative to the campaign file
    {"template":"a.txt","text":"b.txt"}
        FOLDER/campaign.yml: template: a.txt: it is a text, and so is text: b.txt → name only one of them
    {"text":"a.html"}
        FOLDER/campaign.yml: text: a.html: it is HTML, and text is needed here → name a file that ends in .txt, .txt.hbs or .hbs
    {"layout":"missing.hbs"}
        FOLDER/campaign.yml: layout: missing.hbs: there is no such file → check the path, which is relative to the campaign file
    {"layout":"layout.txt"}
        FOLDER/campaign.yml: layout: layout.txt: it is text, and HTML is needed here → name a file that ends in .html or .hbs
    {"template":"a.txt","layout":"layout.html"}
        FOLDER/campaign.yml: layout: layout.html: it is HTML, and text is needed here → name a file that ends in .txt, .txt.hbs or .hbs
    {"partials":"nowhere"}
        FOLDER/campaign.yml: partials: nowhere: there is no such folder → check the path, which is relative to the campaign file
    {"partials":"letter.hbs"}
        FOLDER/campaign.yml: partials: letter.hbs: it is not a folder → check the path, which is relative to the campaign file
    {"partials":{"footer":"nowhere.hbs"}}
        FOLDER/campaign.yml: partials.footer: nowhere.hbs: there is no such file → check the path, which is relative to the campaign file
    {"partials":"parts"}
        FOLDER/campaign.yml: partials: parts/a.txt: parts/a.hbs has the same name, a → rename one of them
    {"partials":"parts"}
        FOLDER/campaign.yml: partials: parts/a.hbs: it holds NUL characters and is no text → save it as UTF-8
    {"partials":"parts"}
        FOLDER/campaign.yml: partials: parts/b.hbs: with it, there are more than 500 partials or 5 MiB of them → name only those that are used
    {"attachments":["letter.hbs","missing.pdf"]}
        FOLDER/campaign.yml: attachments[1]: missing.pdf: there is no such file → check the path, which is relative to the campaign file
    {"attachments":["."]}
        FOLDER/campaign.yml: attachments[0]: .: it is not a file → check the path, which is relative to the campaign file
    {"attachments":["a\\nb.pdf"]}
        FOLDER/campaign.yml: attachments[0]: a b.pdf: its name holds a line break or control character → rename it
    {"attachments":["big.bin"]}
        FOLDER/campaign.yml: attachments[0]: big.bin: it is larger than 25 MiB → check the path, which is relative to the campaign file
    {"attachments":["one.bin","two.bin"]}
        FOLDER/campaign.yml: attachments[1]: two.bin: with it, they are larger than 25 MiB → link to the files instead"
  `)
})

test('an edition is the same however often it is frozen', async () => {
  const files = { 'letter.hbs': 'Hi', 'parts/b.hbs': 'b', 'parts/a.hbs': 'a', 'parts/c/a.hbs': 'ca' }
  await withFolder(files, async folder => {
    const freeze = async (): Promise<string> =>
      JSON.stringify(
        (await freezeEdition(campaign(folder, { partials: 'parts', attachments: ['letter.hbs'] }))).edition,
      )
    expect(await freeze()).toBe(await freeze())
    expect(Object.keys(JSON.parse(await freeze()).partials)).toEqual(['a', 'b', 'c/a'])
  })
})
