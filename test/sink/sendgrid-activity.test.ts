import { describe, expect, test } from 'vitest'
import { TakenMemory } from '../../src/sink/memory.ts'
import { activityAnswer } from '../../src/sink/sendgrid-activity.ts'

const taken = new TakenMemory()
for (const name of ['ada', 'bob', 'eve'])
  taken.add(`<${name}@acme.example>`, {
    run: 'run-1',
    to: `${name}@example.org`,
    call: 7,
    atMs: Date.UTC(2026, 10, 22, 12),
  })
// The same mail in the next run, and one that has no run.
taken.add('<eve@acme.example>', { run: 'run "2"', to: 'eve2@example.org', call: 8, atMs: 0 })
taken.add('<joe@acme.example>', { run: null, to: 'joe@example.org', call: 9, atMs: 0 })

function ask(query: string, limit?: string) {
  const parameters = new URLSearchParams({ query, ...(limit === undefined ? {} : { limit }) })
  const { status, body = '' } = activityAnswer(parameters, taken)
  return { status, ...(JSON.parse(body) as { messages?: { to_email: string }[]; errors?: { message: string }[] }) }
}

const run = (name: string) => `unique_args['mailblast_run']="${name}"`
const is = (name: string) => `unique_args['mailblast_message_id']="<${name}@acme.example>"`

describe('who is found', () => {
  test.each<[string, readonly string[]]>([
    [is('ada'), ['ada']],
    [is('nobody'), []],
    [`(${is('ada')}) OR (${is('nobody')}) OR (${is('eve')})`, ['ada', 'eve', 'eve2']],
    [`${is('ada')} or ${is('ada')}`, ['ada']],
    [`${is('ada')} AND to_email="ADA@example.org"`, ['ada']],
    [`${is('ada')} AND to_email="bob@example.org"`, []],
    [`${is('ada')} AND ${is('bob')}`, []],
    [`(${is('ada')} OR ${is('bob')}) AND to_email = "bob@example.org"`, ['bob']],
    [`${is('ada')} OR ${is('bob')} AND to_email="eve@example.org"`, ['ada']],
    [`${run('run-1')} AND (${is('ada')} OR ${is('eve')} OR ${is('joe')})`, ['ada', 'eve']],
    [`${run('run \\"2\\"')} AND (${is('ada')} OR ${is('eve')})`, ['eve2']],
    [`(${is('eve')}) AND unique_args["mailblast_run"] = "RUN-1"`, []],
    [`${run('')} AND ${is('joe')}`, []],
    [is('joe'), ['joe']],
    [`${run('run-1')} AND ${is('ada')} OR ${is('eve')} AND ${run('run-3')}`, ['ada']],
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
  [run('run-1'), undefined, 'this sink answers queries that name mails by'],
  [`${run('run-1')} OR ${is('ada')}`, undefined, 'this sink answers queries that name mails by'],
  [`unique_args['run']="run-1"`, undefined, 'this sink knows no such condition'],
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

describe('what is remembered', () => {
  const mail = (call: number, run: string | null = 'run-1') => ({ run, to: 'ada@example.org', call, atMs: call })
  const calls = (memory: TakenMemory, ...ids: readonly string[]) =>
    ids.map(id => memory.find(id).map(each => each.call))

  test('is only so much, the latest', () => {
    const memory = new TakenMemory(2)
    for (const [at, id] of ['a', 'b', 'a', 'c'].entries()) memory.add(id, mail(at))
    expect(calls(memory, 'a', 'b', 'c')).toEqual([[2], [], [3]])
  })

  test('is a mail of each run, and counts as such', () => {
    const memory = new TakenMemory(3)
    memory.add('a', mail(1, 'run-1'))
    memory.add('a', mail(2, null))
    memory.add('a', mail(3, 'run-1'))
    expect(memory.find('a')).toEqual([mail(2, null), mail(3, 'run-1')])
    memory.add('b', mail(4))
    expect(calls(memory, 'a', 'b')).toEqual([[2, 3], [4]])
    memory.add('c', mail(5))
    expect(calls(memory, 'a', 'b', 'c')).toEqual([[], [4], [5]])
    memory.add('d', mail(6))
    memory.add('e', mail(7))
    expect(calls(memory, 'b', 'c', 'd', 'e')).toEqual([[], [5], [6], [7]])
  })

  test('is of one Message-ID no more than sixteen runs, the latest', () => {
    const memory = new TakenMemory()
    for (let at = 1; at <= 20; at++) memory.add('a', mail(at, `run-${at}`))
    expect(calls(memory, 'a')[0]).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  })

  test('is nothing that is longer than a line of a header', () => {
    const memory = new TakenMemory()
    memory.add('a'.repeat(990), mail(1, 'r'.repeat(8)))
    memory.add('b'.repeat(990), mail(2, 'r'.repeat(9)))
    expect(calls(memory, 'a'.repeat(990), 'b'.repeat(990))).toEqual([[1], []])
  })
})
