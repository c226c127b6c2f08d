import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Edition, joinText } from '../../src/model/edition.ts'
import { address, compiled, edition, fillAda, html, identity } from './campaigns.ts'
import { said } from './said.ts'

const list = {
  unsubscribeUrl: 'https://acme.example/u/{{unsubscribe_token}}',
  unsubscribeMailto: 'u+{{unsubscribe_token}}@acme.example',
  postalAddress: '{{company}}\n1 High Street',
}

test('a message, with everything that an edition can have', () => {
  const given: Partial<Edition> = {
    subject: '{{first_name}}, hello from {{company}}',
    html: {
      file: 'a.hbs',
      source: '<p>{{first_name}}</p><a href="{{unsubscribe_url}}">Leave</a>',
      layout: { file: 'l.hbs', source: '{{> top}}{{{body}}}<p>{{postal_address}}</p>' },
    },
    partials: { top: '<h1>{{company}}</h1>' },
    headers: [
      { name: 'X-Id', value: '{{id}}' },
      { name: 'X-Campaign', value: 'november' },
      { name: 'X-Vip', value: '{{#if vip}}yes{{/if}}' },
    ],
    attachments: [{ kind: 'shared', fileName: 'terms.pdf', contentType: 'application/pdf', sha256: 'abc' }],
    data: { company: 'Acme & Co', id: 'of the campaign' },
    list,
  }
  const { shared } = compiled(given)
  const filled = fillAda(given, { first_name: 'Ada', id: '17', vip: '' })
  const parts = filled.ok && {
    html: shared.html && joinText(shared.html, filled.message.html),
    text: shared.text && joinText(shared.text, filled.message.text),
  }
  expect({ shared, filled, parts }).toMatchInlineSnapshot(`
    {
      "filled": {
        "message": {
          "attachments": [],
          "headers": [
            {
              "name": "X-Id",
              "value": "17",
            },
            {
              "name": "X-Campaign",
              "value": "november",
            },
            {
              "name": "List-Unsubscribe",
              "value": "<https://acme.example/u/mR2vnnbURiwk5h288QfISz4W>, <mailto:u+mR2vnnbURiwk5h288QfISz4W@acme.example>",
            },
            {
              "name": "List-Unsubscribe-Post",
              "value": "List-Unsubscribe=One-Click",
            },
          ],
          "html": [
            "Acme &amp; Co",
            "Ada",
            "https://acme.example/u/mR2vnnbURiwk5h288QfISz4W",
            "Acme &amp; Co
    1 High Street",
          ],
          "id": 7,
          "messageId": "<4d4171d22ae9b70901bc911214278d15@acme.example>",
          "run": "run-1",
          "subject": "Ada, hello from Acme & Co",
          "text": [
            "Acme & Co",
            "

    Ada

    ",
            "https://acme.example/u/mR2vnnbURiwk5h288QfISz4W",
            "

    Acme & Co 1 High Street",
          ],
          "to": "ada@example.org",
        },
        "ok": true,
      },
      "parts": {
        "html": "<h1>Acme &amp; Co</h1><p>Ada</p><a href="https://acme.example/u/mR2vnnbURiwk5h288QfISz4W">Leave</a><p>Acme &amp; Co
    1 High Street</p>",
        "text": "Acme & Co

    Ada

    Leave [https://acme.example/u/mR2vnnbURiwk5h288QfISz4W]

    Acme & Co 1 High Street",
      },
      "shared": {
        "attachments": [
          {
            "bytes": {
              "data": [
                98,
                121,
                116,
                101,
                115,
                32,
                111,
                102,
                32,
                97,
                98,
                99,
              ],
              "type": "Buffer",
            },
            "contentType": "application/pdf",
            "fileName": "terms.pdf",
          },
        ],
        "from": {
          "address": "news@acme.example",
          "name": "Acme News",
        },
        "html": [
          "<h1>",
          "</h1><p>",
          "</p><a href="",
          "">Leave</a><p>",
          "</p>",
        ],
        "replyTo": null,
        "text": [
          "",
          "",
          "Leave [",
          "]",
          "",
        ],
      },
    }
  `)
})

test('the same again is the same', () => {
  const given: Partial<Edition> = { subject: '{{first_name}}', list }
  const ada = { address: address('ada@example.org'), fields: { first_name: 'Ada', company: 'Acme' } }
  const content = compiled(given)
  expect(content.fill(ada, identity)).toEqual(content.fill(ada, identity))
  expect(compiled(given).fill(ada, identity)).toEqual(content.fill(ada, identity))
})

describe('of two fields of one name', () => {
  const subject = (given: Partial<Edition>, fields: Readonly<Record<string, string>>): string => {
    const filled = fillAda(given, fields)
    return filled.ok ? filled.message.subject : filled.problem.detail
  }
  test.each([
    ['{{x}}', { x: 'data' }, {}, 'data'],
    ['{{x}}', { x: 'data' }, { x: 'row' }, 'row'],
    ['{{email}}', { email: 'data' }, { email: 'Row@Example.org' }, 'Row@Example.org'],
    ['{{postal_address}}', { postal_address: 'data' }, {}, 'Acme, 1 High Street'],
    ['{{postal_address}}', { postal_address: 'data' }, { postal_address: 'row' }, 'row'],
    ['{{unsubscribe_url}}', {}, { unsubscribe_url: 'https://row.example/' }, 'https://row.example/'],
    ['{{unsubscribe_token}}', {}, { unsubscribe_token: 'row' }, 'row'],
  ])('%s, data %j, row %j: %s', (source, data, fields, expected) => {
    const given = { subject: source, data, list: { ...list, postalAddress: 'Acme, 1 High Street' } }
    expect(subject(given, fields)).toBe(expected)
  })
})

describe('parts', () => {
  test.each([
    ['text only', { html: null, text: html('Hi {{x}}, 1 < 2') }, null, 'Hi <Ada>, 1 < 2'],
    ['HTML only', { html: html('<p>Hi {{x}}</p>') }, '<p>Hi &lt;Ada&gt;</p>', 'Hi <Ada>'],
    ['both', { html: html('<p>{{x}}</p>'), text: html('{{x}}!') }, '<p>&lt;Ada&gt;</p>', '<Ada>!'],
    ['HTML in which nothing can be read', { html: html('<img src="{{x}}">') }, '<img src="&lt;Ada&gt;">', null],
    [
      'HTML read as a whole',
      { html: html('<ul>{{#if x}}<li>{{x}}</li>{{/if}}</ul>') },
      '<ul><li>&lt;Ada&gt;</li></ul>',
      ' * <Ada>',
    ],
  ] as [name: string, given: Partial<Edition>, html: string | null, text: string | null][])(
    '%s',
    (_, given, expectedHtml, expectedText) => {
      const { shared } = compiled(given)
      const filled = fillAda(given, { x: '<Ada>' })
      if (!filled.ok) throw new Error(filled.problem.detail)
      expect(shared.html && joinText(shared.html, filled.message.html)).toBe(expectedHtml)
      expect(shared.text && joinText(shared.text, filled.message.text)).toBe(expectedText)
      expect(filled.message.html.length).toBe((shared.html?.length ?? 1) - 1)
      expect(filled.message.text.length).toBe((shared.text?.length ?? 1) - 1)
    },
  )
})

describe('what a row of the list can have wrong', () => {
  const given: Partial<Edition> = {
    subject: 'Hello {{first_name}}',
    headers: [{ name: 'X-Id', value: '{{id}}' }],
    list: {
      unsubscribeUrl: 'https://{{host}}/{{token}}',
      unsubscribeMailto: '{{user}}@acme.example',
      postalAddress: null,
    },
    html: html('<p>{{city}}</p>'),
    text: html('{{street}}'),
  }
  const good = {
    first_name: 'Ada',
    id: '1',
    host: 'acme.example',
    token: 't',
    user: 'u',
    city: 'London',
    street: 'High Street',
  }

  test('nothing', () => {
    expect(fillAda(given, good)).toMatchObject({ ok: true })
  })

  test('is said with its field', () => {
    const rows: Readonly<Record<string, string>>[] = [
      { first_name: 'Ada\nBcc: all@example.org' },
      { first_name: 'Ada\r\n' },
      { first_name: 'A\0da' },
      { first_name: 'A\tda' },
      { first_name: 'A\u2028da' },
      { first_name: '' },
      { first_name: ' \u00a0 ' },
      { first_name: 'x'.repeat(990) },
      { id: '1\n' },
      { id: 'ü'.repeat(498) },
      { token: 't\n' },
      { token: 't\0' },
      { host: 'acme .example' },
      { token: 'x'.repeat(960) },
      { user: 'u\r\n' },
      { user: 'not an address' },
      { city: '' },
      { street: '' },
    ]
    const lines = rows.map(fields => {
      const filled = fillAda(given, { ...good, ...fields })
      const said = filled.ok ? 'fine' : `${filled.problem.reason}: ${filled.problem.detail}`
      return `${JSON.stringify(fields)}\n    ${said}`
    })
    expect(
      lines
        .join('\n')
        .replace(/([xü])\1{20,}/g, '$1…')
        .replace('\u2028', '\\u2028'),
    ).toMatchInlineSnapshot(`
      "{"first_name":"Ada\\nBcc: all@example.org"}
          line break in a header: the subject would hold a line break or control character, from first_name
      {"first_name":"Ada\\r\\n"}
          line break in a header: the subject would hold a line break or control character, from first_name
      {"first_name":"A\\u0000da"}
          line break in a header: the subject would hold a line break or control character, from first_name
      {"first_name":"A\\tda"}
          line break in a header: the subject would hold a line break or control character, from first_name
      {"first_name":"A\\u2028da"}
          line break in a header: the subject would hold a line break or control character, from first_name
      {"first_name":""}
          cannot be rendered: {{first_name}} is empty (subject:1:7)
      {"first_name":"   "}
          cannot be rendered: {{first_name}} is empty (subject:1:7)
      {"first_name":"x…"}
          cannot be rendered: the subject would be 996 bytes long; 995 fit in a line
      {"id":"1\\n"}
          line break in a header: X-Id would hold a line break or control character, from id
      {"id":"ü…"}
          cannot be rendered: X-Id would be 996 bytes long; 995 fit in a line
      {"token":"t\\n"}
          line break in a header: List-Unsubscribe would hold a line break or control character, from token
      {"token":"t\\u0000"}
          line break in a header: List-Unsubscribe would hold a line break or control character, from token
      {"host":"acme .example"}
          cannot be rendered: list.unsubscribe_url would be no https URL; it is filled from host, token
      {"token":"x…"}
          cannot be rendered: List-Unsubscribe would be 1008 bytes long; 995 fit in a line
      {"user":"u\\r\\n"}
          line break in a header: List-Unsubscribe would hold a line break or control character, from user
      {"user":"not an address"}
          cannot be rendered: list.unsubscribe_mailto: a space stands before the @; it is filled from user
      {"city":""}
          cannot be rendered: {{city}} is empty (a.hbs:1:4)
      {"street":""}
          cannot be rendered: {{street}} is empty (a.hbs:1:1)"
    `)
  })

  test('a subject that comes out empty, though nothing that it prints is', () => {
    expect(fillAda({ subject: '{{#if vip}}Hello{{/if}} ' }, { vip: '' })).toEqual({
      ok: false,
      problem: { reason: 'cannot be rendered', detail: 'the subject would be empty' },
    })
  })

  test('a part that comes out empty, though the template is not', () => {
    const when = (source: string) => ({ file: 'a', source, layout: null })
    const trouble = (detail: string) => ({ ok: false, problem: { reason: 'cannot be rendered', detail } })
    expect(fillAda({ html: when('{{#if vip}}<p>Hello</p>{{/if}}\n') }, { vip: '' })).toEqual(
      trouble('the HTML part would be empty'),
    )
    expect(fillAda({ html: null, text: when('{{#if vip}}Hello{{/if}} ') }, { vip: '' })).toEqual(
      trouble('the text part would be empty'),
    )
  })

  test('a value that is encoded in the URL is no trouble', () => {
    const encoded = { ...given, list: { ...list, unsubscribeUrl: 'https://acme.example/?m={{urlencode token}}&ü=<>' } }
    const filled = fillAda({ ...encoded, data: { company: 'Acme' } }, { ...good, token: 'a b\n>' })
    expect(filled.ok && filled.message.headers[1]?.value.split(', ')[0]).toBe(
      '<https://acme.example/?m=a%20b%0A%3E&%C3%BC=%3C%3E>',
    )
  })

  test('attachments that are too large together', () => {
    const large = { fileName: 'a', contentType: 'b', bytes: Buffer.alloc(13 * 1024 * 1024) }
    const ada = { address: address('ada@example.org'), fields: {} }
    const content = compiled()
    expect(content.fill(ada, { ...identity, attachments: [large] })).toMatchObject({ ok: true })
    expect(content.fill(ada, { ...identity, attachments: [large, large] })).toMatchObject({
      ok: false,
      problem: { detail: 'its attachments are larger than 25 MiB together' },
    })
  })

  test('nothing that a row holds is thrown, and no header ever holds a line break', () => {
    const content = compiled({
      ...given,
      html: html(
        '{{city}}{{{street}}}<ul>{{#if id}}<li>{{{id}}}{{/if}}</ul>{{> (lookup . "token")}}<a href="{{{host}}}">{{user}}</a>',
      ),
      text: null,
      empty: 'allow',
      partials: { t: 'x', loop: '{{> (lookup . "token")}}' },
    })
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        't',
        'loop',
        '\n',
        '\r',
        '\0',
        '<p>',
        '<!--',
        '</',
        '{{x}}',
        '__proto__',
        'constructor',
        '\ud800',
        'acme.example',
      ),
    )
    const names = Object.keys(good)
    let filledCount = 0
    fc.assert(
      fc.property(fc.array(cell, { minLength: names.length, maxLength: names.length }), fc.nat(127), (cells, odd) => {
        const fields = Object.fromEntries(
          names.map((name, index) => [
            name,
            odd & (1 << index) ? (cells[index] ?? '') : good[name as keyof typeof good],
          ]),
        )
        const filled = content.fill({ address: address('ada@example.org'), fields }, identity)
        if (!filled.ok) return
        filledCount += 1
        const { subject, headers } = filled.message
        for (const value of [subject, ...headers.map(each => each.value)]) {
          expect(value).not.toMatch(/[\0-\x1f\x7f-\x9f\u2028\u2029]/)
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(995)
        }
      }),
      { numRuns: 500 },
    )
    expect(filledCount).toBeGreaterThan(5)
  })
})

describe('fields that nobody has', () => {
  const columns = ['email', 'first_name', 'Last Name', 'id']
  test('are found before anybody is mailed', () => {
    const attempts: Partial<Edition>[] = [
      { subject: 'Hello {{first_name}}' },
      { subject: 'Hello {{frist_name}}' },
      { subject: 'Hello {{FirstName}}' },
      { subject: 'Hello {{last_name}}' },
      { subject: 'Hello {{nickname}}' },
      { html: html('<p>\n  {{#if vip}}x{{/if}}</p>') },
      { html: html('{{default nick "there"}}') },
      { html: { file: 'a.hbs', source: 'x', layout: { file: 'l.hbs', source: '{{title}}{{{body}}}' } } },
      { html: html('{{> top}}'), partials: { top: '\n{{title}}' } },
      { text: { file: 'a.txt', source: '{{title}}', layout: null } },
      { html: html('{{#each items}}{{name}}{{@root.currency}}{{/each}}'), data: { items: [] } },
      { headers: [{ name: 'X-Id', value: '{{idd}}' }] },
      { html: html('{{unsubscribe_url}}') },
      { html: html('{{constructor}}') },
      { html: html('{{postal_address}}'), list: { ...list, postalAddress: null } },
      { html: html('{{unsubscribe_token}} {{email}} {{unsubscribe_url}}'), list, data: { company: 'Acme' } },
      { list: { ...list, unsubscribeUrl: 'https://acme.example/{{uid}}' } },
      { list: { ...list, unsubscribeUrl: 'https://acme.example/{{postal_address}}' }, data: { company: 'Acme' } },
      { attachments: [{ kind: 'per-recipient', path: 'a/{{iid}}.pdf', folder: '/x' }] },
      { attachments: [{ kind: 'per-recipient', path: 'a/{{unsubscribe_token}}.pdf', folder: '/x' }] },
    ]
    const lines = attempts.map(
      given => `${JSON.stringify(given)}\n    ${said(() => compiled(given).checkColumns(columns))}`,
    )
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "{"subject":"Hello {{first_name}}"}
          fine
      {"subject":"Hello {{frist_name}}"}
          subject:1:9: there is no field "frist_name": it is neither a column of the list nor in the campaign's data → did you mean \`first_name\`?
      {"subject":"Hello {{FirstName}}"}
          subject:1:9: there is no field "FirstName": it is neither a column of the list nor in the campaign's data → did you mean \`first_name\`?
      {"subject":"Hello {{last_name}}"}
          subject:1:9: there is no field "last_name": it is neither a column of the list nor in the campaign's data → did you mean \`Last Name\`?
      {"subject":"Hello {{nickname}}"}
          subject:1:9: there is no field "nickname": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"<p>\\n  {{#if vip}}x{{/if}}</p>","layout":null}}
          a.hbs:2:9: there is no field "vip": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"{{default nick \\"there\\"}}","layout":null}}
          a.hbs:1:11: there is no field "nick": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"x","layout":{"file":"l.hbs","source":"{{title}}{{{body}}}"}}}
          l.hbs:1:3: there is no field "title": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"{{> top}}","layout":null},"partials":{"top":"\\n{{title}}"}}
          partial top:2:3: there is no field "title": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"text":{"file":"a.txt","source":"{{title}}","layout":null}}
          a.txt:1:3: there is no field "title": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"{{#each items}}{{name}}{{@root.currency}}{{/each}}","layout":null},"data":{"items":[]}}
          a.hbs:1:26: there is no field "currency": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`items\`, \`unsubscribe_token\`
      {"headers":[{"name":"X-Id","value":"{{idd}}"}]}
          headers.X-Id:1:3: there is no field "idd": it is neither a column of the list nor in the campaign's data → did you mean \`id\`?
      {"html":{"file":"a.hbs","source":"{{unsubscribe_url}}","layout":null}}
          a.hbs:1:3: there is no field "unsubscribe_url": it is neither a column of the list nor in the campaign's data → set list.unsubscribe_url in the campaign file
      {"html":{"file":"a.hbs","source":"{{constructor}}","layout":null}}
          a.hbs:1:3: there is no field "constructor": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`unsubscribe_token\`
      {"html":{"file":"a.hbs","source":"{{postal_address}}","layout":null},"list":{"unsubscribeUrl":"https://acme.example/u/{{unsubscribe_token}}","unsubscribeMailto":"u+{{unsubscribe_token}}@acme.example","postalAddress":null}}
          a.hbs:1:3: there is no field "postal_address": it is neither a column of the list nor in the campaign's data → set list.postal_address in the campaign file
      {"html":{"file":"a.hbs","source":"{{unsubscribe_token}} {{email}} {{unsubscribe_url}}","layout":null},"list":{"unsubscribeUrl":"https://acme.example/u/{{unsubscribe_token}}","unsubscribeMailto":"u+{{unsubscribe_token}}@acme.example","postalAddress":"{{company}}\\n1 High Street"},"data":{"company":"Acme"}}
          fine
      {"list":{"unsubscribeUrl":"https://acme.example/{{uid}}","unsubscribeMailto":"u+{{unsubscribe_token}}@acme.example","postalAddress":"{{company}}\\n1 High Street"}}
          list.unsubscribe_url:1:24: there is no field "uid": it is neither a column of the list nor in the campaign's data → did you mean \`id\`?
      {"list":{"unsubscribeUrl":"https://acme.example/{{postal_address}}","unsubscribeMailto":"u+{{unsubscribe_token}}@acme.example","postalAddress":"{{company}}\\n1 High Street"},"data":{"company":"Acme"}}
          list.unsubscribe_url:1:24: there is no field "postal_address": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`, \`company\`, \`unsubscribe_token\`
      {"attachments":[{"kind":"per-recipient","path":"a/{{iid}}.pdf","folder":"/x"}]}
          attachments[0]:1:5: there is no field "iid": it is neither a column of the list nor in the campaign's data → did you mean \`id\`?
      {"attachments":[{"kind":"per-recipient","path":"a/{{unsubscribe_token}}.pdf","folder":"/x"}]}
          attachments[0]:1:5: there is no field "unsubscribe_token": it is neither a column of the list nor in the campaign's data → there are: \`email\`, \`first_name\`, \`Last Name\`, \`id\`"
    `)
  })

  test('with many columns, not all are listed', () => {
    const many = Array.from({ length: 25 }, (_, index) => `column${index}`)
    expect(said(() => compiled({ subject: '{{zzz}}' }).checkColumns(many))).toMatchInlineSnapshot(
      `"subject:1:3: there is no field "zzz": it is neither a column of the list nor in the campaign's data → there are: \`column0\`, \`column1\`, \`column2\`, \`column3\`, \`column4\`, \`column5\`, \`column6\`, \`column7\`, \`column8\`, \`column9\`, \`column10\`, \`column11\`, \`column12\`, \`column13\`, \`column14\`, \`column15\`, \`column16\`, \`column17\`, \`column18\`, \`column19\` and 7 more"`,
    )
  })
})

test('an edition that contradicts itself', () => {
  const given = { headers: [{ name: 'list-unsubscribe', value: '<https://x>' }], list, data: { company: 'Acme' } }
  expect(said(() => compiled(given))).toMatchInlineSnapshot(
    `"headers.list-unsubscribe and list: both say how to unsubscribe → remove headers.list-unsubscribe; list: writes it"`,
  )
  expect(said(() => compiled({ ...given, list: null }))).toBe('fine')
})

describe('paths of a recipient’s own attachments', () => {
  const folder = join('/srv', 'campaign')
  const paths = (path: string, fields: Readonly<Record<string, string>>): string => {
    const found = compiled({ attachments: [{ kind: 'per-recipient', path, folder }] }).attachmentPaths(fields)
    return found.ok ? found.paths.join(', ') : `${found.problem.reason}: ${found.problem.detail}`
  }
  test('lead to a file in the folder that stands before the first slot, or nowhere', () => {
    const rows: readonly [path: string, fields: Readonly<Record<string, string>>][] = [
      ['./invoices/{{id}}.pdf', { id: '17' }],
      ['{{file}}', { file: 'invoices/17.pdf' }],
      ['{{file}}', { file: 'a/../b.pdf' }],
      ['../other/{{id}}.pdf', { id: '17' }],
      ['/var/invoices/{{id}}.pdf', { id: '17' }],
      ['invoices/inv-{{id}}', { id: 'x/y' }],
      ['./invoices/{{id}}', { id: '../campaign.yml' }],
      ['./invoices/{{id}}', { id: '..' }],
      ['./invoices/{{id}}', { id: '.' }],
      ['./invoices/inv-{{id}}', { id: '/../../other/x' }],
      ['{{file}}', { file: '/etc/passwd' }],
      ['{{file}}', { file: '../x' }],
      ['{{file}}', { file: '.' }],
      ['../other/{{id}}', { id: '../x' }],
      ['/var/invoices/{{id}}', { id: '../../etc/passwd' }],
      ['{{id}}.pdf', { id: 'a\0' }],
      ['{{id}}.pdf', { id: 'a\nb' }],
      ['{{id}}.pdf', { id: '' }],
      ['{{id}}.pdf', {}],
    ]
    const lines = rows.map(([path, fields]) => `${path} ${JSON.stringify(fields)}\n    ${paths(path, fields)}`)
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "./invoices/{{id}}.pdf {"id":"17"}
          /srv/campaign/invoices/17.pdf
      {{file}} {"file":"invoices/17.pdf"}
          /srv/campaign/invoices/17.pdf
      {{file}} {"file":"a/../b.pdf"}
          /srv/campaign/b.pdf
      ../other/{{id}}.pdf {"id":"17"}
          /srv/other/17.pdf
      /var/invoices/{{id}}.pdf {"id":"17"}
          /var/invoices/17.pdf
      invoices/inv-{{id}} {"id":"x/y"}
          /srv/campaign/invoices/inv-x/y
      ./invoices/{{id}} {"id":"../campaign.yml"}
          attachment missing: the path of the attachment "./invoices/../campaign.yml" is no file in the folder /srv/campaign/invoices
      ./invoices/{{id}} {"id":".."}
          attachment missing: the path of the attachment "./invoices/.." is no file in the folder /srv/campaign/invoices
      ./invoices/{{id}} {"id":"."}
          attachment missing: the path of the attachment "./invoices/." is no file in the folder /srv/campaign/invoices
      ./invoices/inv-{{id}} {"id":"/../../other/x"}
          attachment missing: the path of the attachment "./invoices/inv-/../../other/x" is no file in the folder /srv/campaign/invoices
      {{file}} {"file":"/etc/passwd"}
          attachment missing: the path of the attachment "/etc/passwd" is no file in the folder /srv/campaign
      {{file}} {"file":"../x"}
          attachment missing: the path of the attachment "../x" is no file in the folder /srv/campaign
      {{file}} {"file":"."}
          attachment missing: the path of the attachment "." is no file in the folder /srv/campaign
      ../other/{{id}} {"id":"../x"}
          attachment missing: the path of the attachment "../other/../x" is no file in the folder /srv/other
      /var/invoices/{{id}} {"id":"../../etc/passwd"}
          attachment missing: the path of the attachment "/var/invoices/../../etc/passwd" is no file in the folder /var/invoices
      {{id}}.pdf {"id":"a\\u0000"}
          attachment missing: the path of the attachment would hold a line break or control character
      {{id}}.pdf {"id":"a\\nb"}
          attachment missing: the path of the attachment would hold a line break or control character
      {{id}}.pdf {"id":""}
          cannot be rendered: {{id}} is empty (attachments[0]:1:1)
      {{id}}.pdf {}
          cannot be rendered: {{id}} does not exist (attachments[0]:1:1)"
    `)
  })

  test('data of the campaign may stand in them', () => {
    const content = compiled({
      attachments: [{ kind: 'per-recipient', path: '{{year}}/{{id}}', folder }],
      data: { year: 2026 },
    })
    expect(content.attachmentPaths({ id: '1' })).toEqual({ ok: true, paths: [join(folder, '2026', '1')] })
  })
})

test('an edition survives the journal', () => {
  const given = { subject: '{{first_name}}', list, data: { company: 'Acme' } }
  expect(compiled(JSON.parse(JSON.stringify(edition(given)))).shared).toEqual(compiled(given).shared)
})
