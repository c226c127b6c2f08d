import { describe, expect, test } from 'vitest'
import { TakenMemory } from '../../src/sink/memory.ts'
import { activityAnswer } from '../../src/sink/sendgrid-activity.ts'

const taken = new TakenMemory()
for (const name of ['ada', 'bob', 'eve'])
  taken.add(`<${name}@acme.example>`, { to: `${name}@example.org`, call: 7, atMs: Date.UTC(2026, 10, 22, 12) })

function ask(query: string, limit?: string) {
  const parameters = new URLSearchParams({ query, ...(limit === undefined ? {} : { limit }) })
  const { status, body = '' } = activityAnswer(parameters, taken)
  return { status, ...(JSON.parse(body) as { messages?: { to_email: string }[]; errors?: { message: string }[] }) }
}

const is = (name: string) => `unique_args['mailblast_message_id']="<${name}@acme.example>"`

describe('who is found', () => {
  test.each<[string, readonly string[]]>([
    [is('ada'), ['ada']],
    [is('nobody'), []],
    [`(${is('ada')}) OR (${is('nobody')}) OR (${is('eve')})`, ['ada', 'eve']],
    [`${is('ada')} or ${is('ada')}`, ['ada']],
    [`${is('ada')} AND to_email="ADA@example.org"`, ['ada']],
    [`${is('ada')} AND to_email="bob@example.org"`, []],
    [`${is('ada')} AND ${is('bob')}`, []],
    [`(${is('ada')} OR ${is('bob')}) AND to_email = "bob@example.org"`, ['bob']],
    [`${is('ada')} OR ${is('bob')} AND to_email="eve@example.org"`, ['ada']],
    [`unique_args["mailblast_message_id"]="<bob\\@acme.example>"`, ['bob']],
  ])('%s', (query, names) => {
    expect(ask(query).messages?.map(each => each.to_email)).toEqual(names.map(name => `${name}@example.org`))
  })

  test('with what is said of them', () => {
    expect(ask(is('ada'))).toEqual({
      status: 200,
      messages: [
        {
          msg_id: expect.stringMatching(/^id-7\.[0-9a-f]{16}-0$/),
          to_email: 'ada@example.org',
          status: 'processed',
          opens_count: 0,
          clicks_count: 0,
          last_event_time: '2026-11-22T12:00:00Z',
        },
      ],
    })
  })

  test('no more than asked for', () => {
    expect(ask(['ada', 'bob', 'eve'].map(is).join(' OR '), '2').messages?.length).toBe(2)
  })
})

test.each<[string, string | undefined, string]>([
  ['', undefined, 'query is required'],
  ['subject="News"', undefined, 'this sink knows no such condition: subject="News"'],
  [`unique_args['mailblast_run']="r"`, undefined, 'this sink knows no such condition'],
  ['to_email="ada@example.org"', undefined, 'this sink answers queries that name mails by'],
  [`${is('ada')} OR to_email="ada@example.org"`, undefined, 'this sink answers queries that name mails by'],
  [`(${is('ada')}`, undefined, 'parentheses come in pairs'],
  [`${is('ada')} ${is('bob')}`, undefined, 'conditions are joined by AND and OR'],
  [`${is('ada')} OR`, undefined, 'conditions are joined by AND and OR'],
  ['('.repeat(100_000), undefined, 'the query is too long'],
  [Array(161).fill(is('ada')).join(' OR '), undefined, 'at most 160 filter conditions'],
  [is('ada'), '0', 'limit must be a whole number from 1 to 1000'],
  [is('ada'), '1001', 'limit must be a whole number from 1 to 1000'],
])('is refused: %.60s %s', (query, limit, problem) => {
  const { status, errors } = ask(query, limit)
  expect([status, errors?.[0]?.message]).toEqual([400, expect.stringContaining(problem)])
})

test('only so many are remembered, the latest', () => {
  const memory = new TakenMemory(2)
  for (const [at, id] of ['a', 'b', 'a', 'c'].entries()) memory.add(id, { to: 'ada@example.org', call: at, atMs: at })
  expect(['a', 'b', 'c'].map(id => memory.find(id)?.call)).toEqual([2, undefined, 3])
})
