import { describe, expect, test } from 'vitest'
import { edges, fillFlow } from '../../src/content/text-flow.ts'
import { joinText } from '../../src/model/edition.ts'

test.each([
  ['Ada', '', 'Ada', ''],
  ['  Ada Lovelace \n', '  ', 'Ada Lovelace', ' \n'],
  [' \n ', ' \n ', '', ''],
  ['', '', '', ''],
  ['\n\n * tea\n * cake\n', '\n\n', ' * tea\n * cake', '\n'],
  ['\u00a0Ada\u00a0', '', '\u00a0Ada\u00a0', ''],
])('the edges of %j', (text, lead, core, trail) => {
  expect(edges(text)).toEqual({ lead, core, trail })
})

describe('white space between pieces is as wide as the wider of the two', () => {
  const slot = (before: string, after: string, from = 0) => ({ from, read: edges, before, after })
  test.each([
    ['a word', ['Dear', ', hello'], [slot(' ', '')], ['Ada'], 'Dear Ada, hello'],
    ['nothing', ['Dear', 'hello'], [slot(' ', '\n')], [''], 'Dear\nhello'],
    ['nothing, between lines', ['one', 'two'], [slot('\n\n', '\n\n')], [''], 'one\n\ntwo'],
    ['a paragraph in a line', ['one', 'two'], [slot(' ', ' ')], ['\n\nthree\n\n'], 'one\n\nthree\n\ntwo'],
    ['a space of its own', ['Hi', ',welcome'], [slot('', '')], [' Ada'], 'Hi Ada,welcome'],
    ['nothing at the beginning', ['', 'one'], [slot('', '\n\n')], [''], 'one'],
    ['space at the beginning', ['', 'one'], [slot('', '\n\n')], ['  Ada'], 'Ada\n\none'],
    ['nothing at the end', ['one', ''], [slot('\n\n', '')], [''], 'one'],
    ['space at the end', ['one', ''], [slot(' ', '')], ['Ada\n\n'], 'one Ada'],
    ['two side by side', ['a', '', 'b'], [slot(' ', ''), slot('', ' ', 1)], ['1', '2'], 'a 12 b'],
    ['two, apart', ['a', '', 'b'], [slot(' ', '\n'), slot('', ' ', 1)], ['1', '2'], 'a 1\n2 b'],
    ['two, the first empty', ['a', '', 'b'], [slot('', ' '), slot('', '', 1)], ['', '2'], 'a 2b'],
    ['two, both empty', ['a', '', 'b'], [slot(' ', '\n\n'), slot('', ' ', 1)], ['', ''], 'a\n\nb'],
    ['nothing at all', ['', ''], [slot('', '')], [''], ''],
  ])('%s', (_, pieces, slots, values, expected) => {
    expect(joinText(pieces, fillFlow(pieces, slots, values))).toBe(expected)
  })
})
