import { expect, test } from 'vitest'
import { CallMemory, fingerprint } from '../../src/sink/call-memory.ts'

const conflict = { status: 409 }
const call = (key: string, body = 'body') => ({
  key,
  fingerprint: fingerprint(Buffer.from(body)),
  windowMs: 1000,
  conflict,
})

test('a repetition is answered as the first call, another body refused, for as long as the window lasts', () => {
  const memory = new CallMemory()
  memory.add(call('a'), { status: 200, body: 'first' }, 5000)
  expect(memory.answerTo(call('a'), 5999)).toEqual({ status: 200, body: 'first' })
  expect(memory.answerTo(call('a', 'other'), 5999)).toBe(conflict)
  expect(memory.answerTo(call('a'), 6000)).toBeUndefined()
  expect(memory.answerTo(call('b'), 5999)).toBeUndefined()
})

test('only so many are remembered, the latest', () => {
  const memory = new CallMemory(2)
  for (const key of ['a', 'b', 'a', 'c']) memory.add(call(key), { status: 200, body: key }, 0)
  expect(['a', 'b', 'c'].map(key => memory.answerTo(call(key), 0)?.body)).toEqual(['a', undefined, 'c'])
})

test('where the vendor does not look at the body, every repetition is a conflict', () => {
  const memory = new CallMemory()
  memory.add({ ...call('a'), fingerprint: null }, { status: 200, body: 'first' }, 0)
  expect(memory.answerTo({ ...call('a'), fingerprint: null }, 999)).toBe(conflict)
})
