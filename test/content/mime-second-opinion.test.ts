/** Messages as Python's email package reads them, which keeps to the RFCs more closely than most and names every defect. */

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { Address } from '../../src/model/address.ts'
import { type Attachment, type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'
import { askPython, pythonWith } from '../support/python.ts'

const python = pythonWith('email')

const script = `
import base64, email, email.policy, hashlib, json, sys
def read(raw):
    message = email.message_from_bytes(base64.b64decode(raw), policy=email.policy.SMTP)
    parts = [part for part in message.walk() if not part.is_multipart()]
    bodies = [part for part in parts if part.get_content_disposition() is None]
    return {
        'defects': [repr(defect) for part in message.walk() for defect in part.defects]
            + [repr(defect) for part in message.walk() for value in part.values() for defect in value.defects],
        'shape': [part.get_content_type() for part in message.walk()],
        'subject': message['Subject'], 'from': [[each.display_name, each.addr_spec] for each in message['From'].addresses],
        'to': [each.addr_spec for each in message['To'].addresses],
        'headers': {name: str(message[name]).strip() for name in ('Message-ID', 'X-Campaign', 'List-Unsubscribe', 'List-Unsubscribe-Post')},
        'charsets': [part.get_content_charset() for part in bodies],
        'texts': [part.get_payload(decode=True).decode('utf-8') for part in bodies],
        'files': [[part.get_filename(), part.get_content_type(), part.get_content_disposition(), part['Content-ID'],
            hashlib.sha256(part.get_payload(decode=True)).hexdigest()] for part in parts if part.get_content_disposition()],
    }
json.dump([read(raw) for raw in json.load(sys.stdin)], sys.stdout)
`

interface Reading {
  readonly defects: readonly string[]
  readonly shape: readonly string[]
  readonly subject: string
  readonly from: readonly (readonly [name: string, address: string])[]
  readonly to: readonly string[]
  readonly headers: Readonly<Record<string, string | null>>
  readonly charsets: readonly string[]
  readonly texts: readonly string[]
  readonly files: readonly (readonly (string | null)[])[]
}

interface Case {
  readonly name: string
  readonly shared?: Partial<SharedContent>
  readonly own?: Partial<FilledMessage>
  readonly shape: string
}

const file = (fileName: string, contentType = 'application/pdf', contentId?: string): Attachment => ({
  fileName,
  contentType,
  bytes: Buffer.from(`${fileName}\0\r\n.\r\n`.repeat(40)),
  ...(contentId === undefined ? {} : { contentId }),
})

const image = (name: string) => file(name, 'image/png', name)

const url = `<https://acme.example/u/${'0123456789'.repeat(94)}>`

const cases: readonly Case[] = [
  { name: 'text and HTML', shape: 'alternative plain html' },
  { name: 'text alone', shared: { html: null }, own: { html: [] }, shape: 'plain' },
  {
    name: 'Chinese with images and files',
    shared: {
      text: ['亲爱的', '：\n您好！\n'],
      html: ['<p>亲爱的', `：</p>${'<p>您好！</p>\n'.repeat(60)}<img src="cid:标.png">`],
      attachments: [image('logo.png'), file('条款.pdf')],
    },
    own: {
      subject: '给王小明的十一月消息 '.repeat(9).trim(),
      text: ['王小明'],
      html: ['王小明'],
      attachments: [image('7.png')],
    },
    shape: 'mixed alternative plain related html png png pdf',
  },
  {
    name: 'long lines and leading dots',
    own: { text: [`${'x'.repeat(5000)}\n.\n..\n.a\n`], html: [`.\n${'é'.repeat(3000)} \n. `] },
    shape: 'alternative plain html',
  },
  {
    name: 'headers that have to be folded or encoded',
    shared: { from: { name: 'Müller, "Ada" <x>', address: 'news@acme.example' as Address } },
    own: {
      to: '"a b"@example.org' as Address,
      subject: `Größe ${'lang '.repeat(60)}👍`.trim(),
      headers: [
        { name: 'List-Unsubscribe', value: url },
        { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
      ],
    },
    shape: 'alternative plain html',
  },
  {
    name: 'names of files',
    shared: {
      html: null,
      attachments: [
        'a "b" c;d.pdf',
        'Rechnung für Ada – 予定.pdf',
        `${'Bericht '.repeat(20)}.pdf`,
        `${'ü'.repeat(120)}.pdf`,
        "it's.pdf",
        '=?UTF-8?B?eA==?=.pdf',
        'per%cent.pdf',
      ].map(name => file(name)),
    },
    own: { html: [] },
    shape: 'mixed plain pdf pdf pdf pdf pdf pdf pdf',
  },
]

function made({ shared = {}, own = {} }: Case) {
  const content: SharedContent = {
    from: { name: 'Acme News', address: 'news@acme.example' as Address },
    replyTo: null,
    html: ['<p>Hello ', '</p>\n'],
    text: ['Hello ', '\n'],
    attachments: [],
    ...shared,
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
    ...own,
  }
  return { content, message, bytes: prepareMime(content)(message, Date.UTC(2026, 10, 21)) }
}

describe.skipIf(python === undefined)('as Python reads it (skipped where there is no python3)', () => {
  test.each(cases)('$name', async each => {
    const { content, message, bytes } = made(each)
    const [read] = await askPython<readonly Reading[]>(python ?? '', script, [bytes.toString('base64')])
    expect(read?.defects.filter(defect => !meant.test(defect))).toEqual([])
    expect(read?.shape.map(type => type.replace(/^\w+\//, '')).join(' ')).toBe(each.shape)
    expect(read?.subject).toBe(message.subject)
    expect(read?.from).toEqual([[content.from.name, content.from.address]])
    expect(read?.to).toEqual([message.to])
    const wanted = Object.fromEntries(message.headers.map(header => [header.name, header.value]))
    expect(read?.headers).toMatchObject({ 'Message-ID': message.messageId, ...wanted })
    expect(new Set(read?.charsets)).toEqual(new Set(['utf-8']))
    const texts = [
      content.text && joinText(content.text, message.text),
      content.html && joinText(content.html, message.html),
    ]
    const asSent = texts.filter(text => text !== null).map(text => text.replaceAll('\n', '\r\n'))
    expect(read?.texts.map(withoutLast)).toEqual(asSent.map(withoutLast))
    const inOrder = [...content.attachments, ...message.attachments].sort((a, b) => order(a) - order(b))
    expect(read?.files).toEqual(
      inOrder.map(({ fileName, contentType, contentId, bytes: content }) => [
        fileName,
        contentType,
        contentId === undefined ? 'attachment' : 'inline',
        contentId === undefined ? null : `<${contentId}>`,
        createHash('sha256').update(content).digest('hex'),
      ]),
    )
  })
})

/** The name of a file for old mail clients, which RFC 2047 does not allow. */
const meant = /encoded word inside quoted string|missing trailing whitespace after encoded-word/

/** Images stand with the HTML, before the files. */
const order = ({ contentId }: Attachment) => (contentId === undefined ? 1 : 0)

/** A message of one part ends with a line break, whether its text does or not. */
const withoutLast = (text: string) => text.replace(/\r\n$/, '')
