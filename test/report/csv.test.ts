import { expect, test } from 'vitest'
import type { MessageRecord } from '../../src/model/message.ts'
import { csvReport } from '../../src/report/csv.ts'

const record: MessageRecord = {
  line: 2,
  address: 'ada@example.org',
  state: 'accepted',
  skipReason: null,
  class: null,
  code: null,
  status: null,
  text: null,
  route: 'smtp',
  providerId: '<1@example.com>',
  attempts: 1,
  dueAtMs: null,
  changedAtMs: 0,
  settledBy: null,
}

test('one line per row; words from outside are quoted and are no formula', () => {
  const records: MessageRecord[] = [
    record,
    {
      ...record,
      line: 3,
      state: 'queued',
      class: 'soft',
      text: 'mailbox "full", try later',
      dueAtMs: Date.UTC(2026, 0, 1),
      providerId: null,
    },
    {
      ...record,
      line: 4,
      state: 'failed',
      class: 'block',
      code: '554',
      text: '=HYPERLINK("http://x")',
      providerId: null,
      settledBy: 'operator',
    },
    { ...record, line: 5, state: 'skipped', skipReason: 'duplicate', route: null, attempts: 0, providerId: null },
    {
      ...record,
      line: 6,
      address: '',
      state: 'row problem',
      text: 'invalid address: no @',
      route: null,
      attempts: 0,
      providerId: null,
    },
  ]
  expect([...csvReport(records, address => `<id of ${address}>`)].join('')).toMatchInlineSnapshot(`
    "line,email,state,reason,class,code,status,text,route,attempts,provider_id,due_at,changed_at,message_id,settled_by
    2,ada@example.org,accepted,,,,,,smtp,1,<1@example.com>,,,<id of ada@example.org>,
    3,ada@example.org,waiting,,soft,,,"mailbox ""full"", try later",smtp,1,,2026-01-01T00:00:00.000Z,,<id of ada@example.org>,
    4,ada@example.org,failed,,block,554,,"'=HYPERLINK(""http://x"")",smtp,1,,,,<id of ada@example.org>,operator
    5,ada@example.org,skipped,duplicate,,,,,,0,,,,,
    6,,row problem,,,,,invalid address: no @,,0,,,,,
    "
  `)
})
