import fc from 'fast-check'
import { type ParsedMail, simpleParser } from 'mailparser'
import { describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { Address } from '../../src/model/address.ts'
import { type Attachment, type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'

const atMs = Date.UTC(2026, 10, 21, 9, 0, 0)

const shared: SharedContent = {
  from: { name: 'Acme News', address: 'news@acme.example' as Address },
  replyTo: null,
  html: ['<p>Hello ', '</p>\n'],
  text: ['Hello ', '\n'],
  attachments: [],
}

const message: FilledMessage = {
  id: 1,
  to: 'ada@example.org' as Address,
  messageId: '<1.a1b2@acme.example>',
  run: null,
  subject: 'News for Ada',
  html: ['Ada &amp; Co'],
  text: ['Ada & Co'],
  headers: [{ name: 'X-Campaign', value: 'november' }],
  attachments: [],
}

const file = (fileName: string, bytes: Buffer, contentType = 'application/pdf'): Attachment => ({
  fileName,
  contentType,
  bytes,
})

function make(more: Partial<SharedContent> = {}, own: Partial<FilledMessage> = {}): Buffer {
  return prepareMime({ ...shared, ...more })({ ...message, ...own }, atMs)
}

/** What holds for every message, whatever stands in it. */
function expectSound(bytes: Buffer): void {
  const raw = bytes.toString('latin1')
  expect(raw).toMatch(/^[\t\r\n\x20-\x7e]*$/)
  expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  expect(raw.endsWith('\r\n')).toBe(true)
  expect(Math.max(...raw.split('\r\n').map(line => line.length))).toBeLessThanOrEqual(998)
}

/** Which parts a message has, one within the other: `mixed(alternative(plain html) a.pdf)`. */
function outline(bytes: Buffer): string {
  const types = /^Content-Type: (?:multipart\/(\w+)|text\/(plain|html)|[^;]+;\s+name="?([^"\r]+))|^--=_\w+(--)\r$/gm
  const said = [...bytes.toString('latin1').matchAll(types)].map(([, multipart, text, name]) =>
    multipart === undefined ? (text ?? name ?? ')') : `${multipart}(`,
  )
  return said.join(' ').replaceAll('( ', '(').replaceAll(' )', ')')
}

const asLf = (text: string) => text.replace(/\r\n?|\n/g, '\n')

/** The HTML as it was sent: the parser gives it without its last line break. */
const htmlOf = (mail: ParsedMail) => (mail.html === false ? '' : mail.html)

describe('the shape of a message', () => {
  const plainAscii = (bytes: Buffer) =>
    bytes
      .toString('latin1')
      .replaceAll('\r\n', '\n')
      .replaceAll(/_[0-9a-f]{24}/g, '_HASH')

  test('text alone', () => {
    expect(plainAscii(make({ html: null }, { html: [] }))).toMatchInlineSnapshot(`
      "From: Acme News <news@acme.example>
      To: ada@example.org
      Subject: News for Ada
      Date: Sat, 21 Nov 2026 09:00:00 +0000
      Message-ID: <1.a1b2@acme.example>
      X-Campaign: november
      MIME-Version: 1.0
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hello=20=
      Ada & Co=

      "
    `)
  })

  test('of a run, which its header names', () => {
    const head = plainAscii(make({}, { run: 'run-1' })).split('\nMIME-Version')[0]
    expect(head).toMatchInlineSnapshot(`
      "From: Acme News <news@acme.example>
      To: ada@example.org
      Subject: News for Ada
      Date: Sat, 21 Nov 2026 09:00:00 +0000
      Message-ID: <1.a1b2@acme.example>
      X-Mailblast-Run: run-1
      X-Campaign: november"
    `)
  })

  test('a header that names another run is a bug: the campaign file cannot give it', () => {
    const headers = [{ name: 'x-mailblast-run', value: 'run-2' }]
    for (const run of ['run-1', null])
      expect(() => make({}, { run, headers })).toThrow('the header x-mailblast-run was given a second time')
    expect(() => make({}, { run: 'run-1\r\nBcc: eve@example.org' })).toThrow('line break')
  })

  test('text and HTML', () => {
    expect(plainAscii(make())).toMatchInlineSnapshot(`
      "From: Acme News <news@acme.example>
      To: ada@example.org
      Subject: News for Ada
      Date: Sat, 21 Nov 2026 09:00:00 +0000
      Message-ID: <1.a1b2@acme.example>
      X-Campaign: november
      MIME-Version: 1.0
      Content-Type: multipart/alternative;
       boundary="=_alternative_HASH"

      --=_alternative_HASH
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hello=20=
      Ada & Co=


      --=_alternative_HASH
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <p>Hello=20=
      Ada &amp; Co=
      </p>

      --=_alternative_HASH--
      "
    `)
  })

  test('text, HTML, an attachment of all and one of her own', () => {
    const bytes = make(
      { replyTo: { address: 'hello@acme.example' as Address }, attachments: [file('terms.pdf', Buffer.from('terms'))] },
      { attachments: [file('Rechnung für Ada.pdf', Buffer.from('invoice'))] },
    )
    expect(plainAscii(bytes)).toMatchInlineSnapshot(`
      "From: Acme News <news@acme.example>
      Reply-To: hello@acme.example
      To: ada@example.org
      Subject: News for Ada
      Date: Sat, 21 Nov 2026 09:00:00 +0000
      Message-ID: <1.a1b2@acme.example>
      X-Campaign: november
      MIME-Version: 1.0
      Content-Type: multipart/mixed; boundary="=_mixed_HASH"

      --=_mixed_HASH
      Content-Type: multipart/alternative;
       boundary="=_alternative_HASH"

      --=_alternative_HASH
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hello=20=
      Ada & Co=


      --=_alternative_HASH
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <p>Hello=20=
      Ada &amp; Co=
      </p>

      --=_alternative_HASH--
      --=_mixed_HASH
      Content-Type: application/pdf; name=terms.pdf
      Content-Transfer-Encoding: base64
      Content-Disposition: attachment; filename=terms.pdf

      dGVybXM=
      --=_mixed_HASH
      Content-Type: application/pdf;
       name="=?UTF-8?B?UmVjaG51bmcgZsO8ciBBZGEucGRm?="
      Content-Transfer-Encoding: base64
      Content-Disposition: attachment;
       filename*0*=utf-8''Rechnung%20f%C3%BCr%20Ada.pdf

      aW52b2ljZQ==
      --=_mixed_HASH--
      "
    `)
  })

  test('images that the HTML shows stand with it; of all and of her own, beside files that it does not show', () => {
    const image = (name: string) => ({ ...file(name, Buffer.from(name), 'image/png'), contentId: name })
    const bytes = make(
      { attachments: [file('terms.pdf', Buffer.from('terms')), image('logo.png')] },
      { attachments: [image('7.png')] },
    )
    expectSound(bytes)
    expect(plainAscii(bytes).split('MIME-Version: 1.0\n')[1]).toMatchInlineSnapshot(`
      "Content-Type: multipart/mixed; boundary="=_mixed_HASH"

      --=_mixed_HASH
      Content-Type: multipart/alternative;
       boundary="=_alternative_HASH"

      --=_alternative_HASH
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hello=20=
      Ada & Co=


      --=_alternative_HASH
      Content-Type: multipart/related; type="text/html";
       boundary="=_related_HASH"

      --=_related_HASH
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <p>Hello=20=
      Ada &amp; Co=
      </p>

      --=_related_HASH
      Content-Type: image/png; name=logo.png
      Content-Transfer-Encoding: base64
      Content-ID: <logo.png>
      Content-Disposition: inline; filename=logo.png

      bG9nby5wbmc=
      --=_related_HASH
      Content-Type: image/png; name=7.png
      Content-Transfer-Encoding: base64
      Content-ID: <7.png>
      Content-Disposition: inline; filename=7.png

      Ny5wbmc=
      --=_related_HASH--
      --=_alternative_HASH--
      --=_mixed_HASH
      Content-Type: application/pdf; name=terms.pdf
      Content-Transfer-Encoding: base64
      Content-Disposition: attachment; filename=terms.pdf

      dGVybXM=
      --=_mixed_HASH--
      "
    `)
    expect(outline(make({ text: null, attachments: [image('a.png')] }, { text: [] }))).toBe('related(html a.png)')
    expect(outline(make({ html: null, attachments: [image('a.png')] }, { html: [] }))).toBe('mixed(plain a.png)')
  })

  test('the same input gives the same bytes', () => {
    expect(make()).toEqual(make())
  })
})

describe('odd text arrives as it was', () => {
  test.each([
    ['emoji', 'Hi 👩‍🚀 👍🏽'],
    ['leading dots', '.\n..\n.a\n'],
    ['a line of 5,000 characters', 'x'.repeat(5000)],
    ['a line of 5,000 emoji', '😀'.repeat(5000)],
    ['spaces at line ends', 'a  \nb\t\n \n'],
    ['CR, LF and CRLF mixed', 'a\rb\nc\r\nd\n\re'],
    ['right to left', 'שלום עליكم السلام'],
    ['combining characters', 'Z̷̧a̶̡l̴g̵o'],
    ['Chinese', '亲爱的王小明，您好！'],
    ['other line breaks of Unicode', 'a\u2028b\u2029c\u0085d'],
    ['what looks like the end of the data', '\r\n.\r\nQUIT\r\n'],
    ['what looks like a boundary', '--=_mixed_1\r\n--=_alternative_1--'],
    ['what looks like an escape', 'a=3Db=\nc'],
    ['"From " at the start of a line', 'From Ada\nFrom Bob'],
    ['nothing', ''],
    ['a slot ending in CR', 'a\r'],
  ])('%s', async (_, slot) => {
    const html = slot.replaceAll('<', '&lt;')
    const bytes = make({}, { text: [slot], html: [html] })
    expectSound(bytes)
    const mail = await simpleParser(bytes, { skipTextToHtml: true })
    expect(mail.text).toBe(asLf(joinText(shared.text ?? [], [slot])))
    expect(htmlOf(mail)).toBe(asLf(joinText(shared.html ?? [], [html])))
  })

  test('between Chinese, which goes as base64', async () => {
    const fixed = { text: ['亲爱的', '：\n您好！\n'], html: ['<p>亲爱的', `：</p>${'<p>您好！</p>'.repeat(40)}`] }
    for (const slot of ['Ada', '', '王小明', 'x'.repeat(5000), 'a\rb\nc\r\nd', '.\n..\n', '👩‍🚀\r']) {
      const bytes = make(fixed, { text: [slot], html: [slot] })
      expectSound(bytes)
      expect(bytes.toString().match(/^Content-Transfer-Encoding: base64\r$/gm)).toHaveLength(2)
      const mail = await simpleParser(bytes, { skipTextToHtml: true })
      expect(mail.text).toBe(asLf(joinText(fixed.text, [slot])))
      expect(htmlOf(mail)).toBe(asLf(joinText(fixed.html, [slot])))
    }
  })

  test('any text in any number of slots', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 4 }), text, async (pairs, last) => {
        const fixed = [...pairs.map(([piece]) => piece), last]
        const slots = pairs.map(([, slot]) => slot)
        const bytes = make({ text: fixed, html: null }, { text: slots, html: [] })
        expectSound(bytes)
        const mail = await simpleParser(bytes, { skipTextToHtml: true })
        // A message ends with a line break, which in quoted-printable is one of the text and in base64 is not.
        const withoutLast = (given: string) => given.replace(/\n$/, '')
        expect(withoutLast(mail.text ?? '')).toBe(withoutLast(asLf(joinText(fixed, slots))))
      }),
      { numRuns: 100 },
    )
  })
})

describe('headers arrive as they were', () => {
  test('names, addresses and a long subject', async () => {
    const subject = `Größe ${'lang '.repeat(60)}👍`.trim()
    const bytes = make(
      {
        from: { name: 'Müller, "Ada" <x>', address: 'news@acme.example' as Address },
        replyTo: { name: 'Antwort', address: 'hello@acme.example' as Address },
      },
      { subject, to: '"a b"@example.org' as Address },
    )
    expectSound(bytes)
    const mail = await simpleParser(bytes)
    expect(mail.subject).toBe(subject)
    expect(mail.from?.value).toEqual([{ name: 'Müller, "Ada" <x>', address: 'news@acme.example' }])
    expect(mail.replyTo?.value).toEqual([{ name: 'Antwort', address: 'hello@acme.example' }])
    expect(bytes.toString()).toContain('\r\nTo: "a b"@example.org\r\n')
    expect(mail.date).toEqual(new Date(atMs))
    expect(mail.messageId).toBe(message.messageId)
    expect(mail.headers.get('x-campaign')).toBe('november')
  })

  test('a local part beyond ASCII stands in UTF-8, as SMTPUTF8 carries it', async () => {
    const bytes = make({}, { to: 'grüße@example.org' as Address })
    expect(bytes.toString('utf8')).toContain('\r\nTo: grüße@example.org\r\n')
  })

  test.each([
    ['a subject', { subject: 'a\r\nBcc: b@example.org' }],
    ['a Message-ID', { messageId: '<a\r\n@b>' }],
    ['an extra header', { headers: [{ name: 'X-A', value: 'a\nb' }] }],
    ["an extra header's name", { headers: [{ name: 'X-A\r\nBcc', value: 'a' }] }],
    ['an address', { to: 'a@example.org\r\nBcc: b@example.org' as Address }],
    ["a file's name", { attachments: [file('a\r\nb.pdf', Buffer.alloc(1))] }],
    [
      "a file's type",
      { attachments: [{ ...file('a', Buffer.alloc(1)), contentType: 'text/plain; charset="a\r\nb"' }] },
    ],
  ])('a line break in %s is a bug', (_, own) => {
    expect(() => make({}, own)).toThrow('holds a line break or control character')
  })

  test.each(['From', 'to', 'SUBJECT', 'Content-Type'])('a second %s is a bug', name => {
    expect(() => make({}, { headers: [{ name, value: 'x' }] })).toThrow(`the header ${name} was given a second time`)
  })
})

describe('attachments arrive byte for byte', () => {
  const everyByte = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256))

  test.each([
    ['bytes of every value', file('a.bin', everyByte)],
    ['nothing', file('empty.txt', Buffer.alloc(0), 'text/plain')],
    ['a name beyond ASCII', file('Übersicht – 予定.pdf', everyByte)],
    ['a long name', file(`${'Bericht '.repeat(30)}.pdf`, everyByte)],
    ['a name with quotes and a backslash', file('a "b" \\c;d.pdf', everyByte)],
    ['a type with a parameter', file('a.txt', everyByte, 'text/plain; charset=windows-1252')],
  ])('%s', async (_, attachment) => {
    const bytes = make({ attachments: [attachment] }, { attachments: [attachment] })
    expectSound(bytes)
    const mail = await simpleParser(bytes)
    expect(mail.attachments.map(({ filename, content }) => ({ filename, content }))).toEqual([
      { filename: attachment.fileName, content: attachment.bytes },
      { filename: attachment.fileName, content: attachment.bytes },
    ])
  })

  test.each([
    ['application/pdf', 'application/pdf'],
    ['message/rfc822', 'application/octet-stream'],
    ['multipart/mixed; boundary=x', 'application/octet-stream'],
    ['nonsense', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('of the type %j go as %s', async (given, sent) => {
    const mail = await simpleParser(make({}, { attachments: [file('a', Buffer.from('x'), given)] }))
    expect(mail.attachments[0]?.contentType).toBe(sent)
  })
})

test('a message with neither text nor HTML is a bug', () => {
  expect(() => prepareMime({ ...shared, text: null, html: null })).toThrow('needs a text or an HTML part')
})

test('HTML alone is a message of one part', async () => {
  const mail = await simpleParser(make({ text: null }, { text: [] }))
  expect(mail.headers.get('content-type')).toMatchObject({ value: 'text/html' })
  expect(htmlOf(mail)).toBe('<p>Hello Ada &amp; Co</p>\n')
})
