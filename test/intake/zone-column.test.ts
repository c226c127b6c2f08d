import { describe, expect, test } from 'vitest'
import { zoneReader } from '../../src/intake/zone-column.ts'
import { UserError } from '../../src/model/errors.ts'
import { address } from '../support/delivery-bench.ts'

const columns = ['email', 'time_zone']
const recipient = (cell: string) => ({
  address: address('ada@example.org'),
  line: 2,
  fields: { email: 'ada@example.org', time_zone: cell },
})

describe('the zone of a recipient', () => {
  test.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    [' europe/berlin ', 'Europe/Berlin'],
    ['+05:30', '+05:30'],
    ['', null],
    ['  ', null],
  ])('%j is %s', (cell, zone) => {
    expect(zoneReader('time_zone', columns, 'list.csv')(recipient(cell))).toEqual({ ok: true, zone })
  })

  test.each([
    ['Berlin', 'time_zone: no such time zone is known; did you mean `Europe/Berlin`?'],
    ['CEST+1\u001b[2J', 'time_zone: no such time zone is known; expected is an IANA name such as Europe/Berlin'],
    ['x'.repeat(100_000), 'time_zone: no such time zone is known; expected is an IANA name such as Europe/Berlin'],
  ])('%j is none', (cell, detail) => {
    expect(zoneReader('time_zone', columns, 'list.csv')(recipient(cell))).toEqual({ ok: false, detail })
  })

  test('is nobody’s where the campaign names no column', () => {
    expect(zoneReader(null, columns, 'list.csv')(recipient('Berlin'))).toEqual({ ok: true, zone: null })
  })
})

test('a column that the list does not have is a mistake, with the nearest one', () => {
  const read = (column: string): string => {
    try {
      zoneReader(column, columns, 'list.csv')
    } catch (error) {
      if (error instanceof UserError) return [error.where, error.message, error.remedy].join(': ')
      throw error
    }
    return 'no error'
  }
  expect([read('timezone'), read('q')]).toMatchInlineSnapshot(`
    [
      "list.csv: there is no column \`timezone\`, which schedule.zone_column names: Did you mean \`time_zone\`?",
      "list.csv: there is no column \`q\`, which schedule.zone_column names: Its columns are email, time_zone.",
    ]
  `)
})
