import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openRecipients } from '../../src/intake/recipients.ts'
import type { FailedMessage } from '../../src/journal/journal.ts'
import { InvariantError } from '../../src/model/errors.ts'
import type { Fields, Recipient } from '../../src/model/recipient.ts'
import { recipientList } from '../../src/report/recipient-list.ts'
import { address } from '../support/delivery-bench.ts'

function failed(line: number, fields: Fields, more: Partial<FailedMessage> = {}): FailedMessage {
  const cause = { class: 'soft', code: '452', status: '4.2.2', text: 'mailbox full' } as const
  const to = address(fields['email'] ?? 'somebody@example.org')
  return { address: to, line, fields, route: 'smtp', attempts: 1, cause, ...more }
}

function listOf(people: readonly FailedMessage[], sample: Fields | undefined = people[0]?.fields): string {
  return [...recipientList({ sample, people: () => people })].join('')
}

/** The list as the next campaign reads it. */
async function read(text: string, columns: Readonly<Record<string, string>> = {}): Promise<readonly Recipient[]> {
  async function* stdin() {
    yield Buffer.from(text)
  }
  const settings = { path: '-', columns, delimiter: null, encoding: null }
  const list = await openRecipients(settings, { folder: '/nowhere', stdin: stdin() })
  const recipients: Recipient[] = []
  for await (const batch of list.batches) {
    expect(batch.problems).toEqual([])
    recipients.push(...batch.recipients)
  }
  return recipients
}

test('the columns of the list, cell for cell, and after them what became of each', () => {
  const people = [
    failed(3, { email: 'ada@example.org', name: 'Ada', note: '=1+1' }),
    failed(
      70_000,
      { email: 'Bob@Example.org', name: 'Bob "the first", of that name', note: ' ' },
      {
        route: '-reserve',
        attempts: 12,
        cause: { class: 'block', code: '554', text: '=HYPERLINK("http://x")' },
      },
    ),
  ]
  expect(listOf(people)).toMatchInlineSnapshot(`
    "email,name,note,mailblast_line,mailblast_class,mailblast_code,mailblast_status,mailblast_text,mailblast_route,mailblast_attempts
    ada@example.org,Ada,=1+1,3,soft,452,4.2.2,mailbox full,smtp,1
    Bob@Example.org,"Bob ""the first"", of that name", ,70000,block,554,,"'=HYPERLINK(""http://x"")",'-reserve,12
    "
  `)
})

describe('columns', () => {
  const header = (text: string): string => text.split('\n')[0] ?? ''

  test('of rows that differ are all there, each name once, and cells that a row has not are empty', async () => {
    const people = [
      failed(2, { email: 'ada@example.org', a: '1' }),
      failed(3, { b: '2', email: 'bob@example.org' }),
      failed(4, { constructor: '3', a: '4', email: 'eve@example.org' }),
    ]
    const text = listOf(people, { city: 'Utrecht', email: 'zoe@example.org' })
    expect(header(text)).toMatch(/^email,city,a,b,constructor,mailblast_line,/)
    expect((await read(text)).map(({ fields }) => ['a', 'b', 'city', 'constructor'].map(each => fields[each]))).toEqual(
      [
        ['1', '', '', ''],
        ['', '2', '', ''],
        ['4', '', '', '3'],
      ],
    )
  })

  test('that an earlier list of those who failed has left there are replaced', async () => {
    const again = { email: 'ada@example.org', mailblast_text: 'what it was then', mailblast_line: '7', name: 'Ada' }
    const text = listOf([failed(2, again)])
    expect(header(text)).toBe(
      'email,name,mailblast_line,mailblast_class,mailblast_code,mailblast_status,mailblast_text,mailblast_route,mailblast_attempts',
    )
    expect((await read(text))[0]?.fields).toMatchObject({ mailblast_text: 'mailbox full', mailblast_line: '2' })
  })

  test('are there where nobody has failed, and where there is no row at all', () => {
    expect(listOf([], { email: 'ada@example.org', name: 'Ada' })).toMatch(/^email,name,mailblast_line,[a-z_,]+\n$/)
    expect(listOf([], undefined)).toMatch(/^email,mailblast_line,[a-z_,]+\n$/)
  })

  test('of somebody who fails meanwhile are those of the list; another one would be lost, and is a bug', () => {
    const ada = failed(2, { email: 'ada@example.org', name: 'Ada' })
    const eve = failed(3, { email: 'eve@example.org', city: 'Utrecht' })
    const looks = [[], [ada], [], [ada, eve]]
    const people = () => looks.shift() ?? []
    expect([...recipientList({ sample: ada.fields, people })]).toHaveLength(2)
    expect(() => [...recipientList({ sample: ada.fields, people })]).toThrow(InvariantError)
  })
})

describe('the address', () => {
  const people = [failed(2, { Email: ' ADA@example.org', name: 'Ada', email: 'ADA@example.org' })]

  test('is in `email`, although the list has it in `Email` too', async () => {
    for (const columns of [{}, { email: 'Email' }, { email: 'email' }]) {
      const [ada] = await read(listOf(people), columns)
      expect([ada?.address, ada?.fields['email'], ada?.fields['Email']]).toEqual([
        'ADA@example.org',
        'ADA@example.org',
        ' ADA@example.org',
      ])
    }
  })

  test('stands for itself where the row has none', () => {
    expect(listOf([failed(2, { name: 'Ada' })])).toContain('\nsomebody@example.org,Ada,2,soft,')
  })
})

const oddities = [
  '',
  ' ',
  ' a',
  'a ',
  '=1+1',
  '+1',
  '-1',
  '@a',
  "'=1",
  ',',
  '"',
  '""',
  '\n',
  '\r',
  '\r\n',
  ';',
  '\t',
  '|',
]
const cell = fc
  .array(fc.oneof(fc.constantFrom(...oddities, '🎈', 'é'), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 4,
  })
  // A list with a zero byte is no text and is never read.
  .map(parts => parts.join('').replaceAll('\0', ''))
const name = cell.map(text => text.trim()).filter(text => text !== '' && !/^(e-?mail|email address)$/i.test(text))
const addressColumn = fc.constantFrom('email', 'Email', 'E-mail', 'Mail')

test('whatever the cells, the next campaign reads what the first one read', async () => {
  const lists = fc
    .tuple(
      fc.uniqueArray(name, { maxLength: 5 }),
      addressColumn,
      fc.array(fc.array(cell), { minLength: 1, maxLength: 5 }),
    )
    .map(([names, column, rows]) =>
      rows.map((cells, index): Fields => {
        const to = `p${index}@example.org`
        return {
          ...Object.fromEntries(names.map((each, at) => [each, cells[at] ?? ''])),
          [column]: column === 'email' ? to : ` ${to}`,
          email: to,
        }
      }),
    )
  const check = async (rows: readonly Fields[], text: string): Promise<void> => {
    const cause = { class: 'content', text } as const
    const again = await read(listOf(rows.map((fields, index) => failed(index + 2, fields, { cause }))))
    expect(again.map(({ address: to, fields }) => ({ to, fields }))).toEqual(
      rows.map((fields, index) => ({
        to: fields['email'],
        fields: {
          ...fields,
          mailblast_line: String(index + 2),
          mailblast_class: 'content',
          mailblast_code: '',
          mailblast_status: '',
          mailblast_text: /^[=+\-@\t\r]/.test(text) ? `'${text}` : text,
          mailblast_route: 'smtp',
          mailblast_attempts: '1',
        },
      })),
    )
  }
  await fc.assert(fc.asyncProperty(lists, cell, check), { numRuns: 300 })
})
