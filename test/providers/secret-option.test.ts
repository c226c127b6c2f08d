import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InvariantError } from '../../src/model/errors.ts'
import {
  requiredSecret,
  secretKeys,
  secretReference,
  secretsOf,
  variablesIn,
} from '../../src/providers/secret-option.ts'

const options = z.strictObject({
  ...secretKeys('api_key', { description: 'API key' }),
  ...secretKeys('url', { description: 'Address', required: false, reveals: text => /:\w+@/.test(text) }),
  base_url: z.string().optional(),
})

describe('a secret among a provider’s options', () => {
  test.each([
    [{ api_key: '${KEY}' }, { from: 'text', text: '${KEY}' }],
    [{ api_key: 'Bearer ${KEY}' }, { from: 'text', text: 'Bearer ${KEY}' }],
    [{ api_key_file: 'keys/parrot' }, { from: 'file', path: 'keys/parrot' }],
    [{ api_key_command: 'pass show parrot' }, { from: 'command', command: 'pass show parrot' }],
  ])('%j is read back as a reference, also from the journal', (given, reference) => {
    const parsed = JSON.parse(JSON.stringify(options.parse(given)))
    expect(secretReference(parsed, 'api_key')).toEqual(reference)
    expect(requiredSecret(parsed, 'api_key')).toEqual(reference)
    expect(secretReference(parsed, 'url')).toBeUndefined()
  })

  test.each(['sk-1234', '$KEY', '$${KEY}', '${}', '${1}'])('%s is a secret itself: refused, and not repeated', text => {
    const { error } = options.safeParse({ api_key: text })
    expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'api_key: is a secret itself, which must not stand in the file: write ${NAME} to take it from the environment, or use api_key_file or api_key_command',
    ])
    expect(JSON.stringify(error?.issues)).not.toContain(text === '${}' ? '"${}"' : text)
  })

  test('is judged by its provider where it may be none', () => {
    expect(options.parse({ url: 'smtp://localhost:25' })).toEqual({
      url: { from: 'text', text: 'smtp://localhost:25' },
    })
    expect(options.safeParse({ url: 'smtp://me:hunter2@mail.example' }).success).toBe(false)
  })

  test('is listed with its keys', () => {
    expect(secretsOf(options)).toEqual([
      { name: 'api_key', required: true, keys: ['api_key', 'api_key_file', 'api_key_command'] },
      { name: 'url', required: false, keys: ['url', 'url_file', 'url_command'] },
    ])
    expect(secretsOf(z.strictObject({ folder: z.string() }))).toEqual([])
  })

  test('that has passed the check and is not there, or is none, is a bug', () => {
    expect(() => requiredSecret({}, 'api_key')).toThrow(InvariantError)
    expect(() => secretReference({ api_key: 'sk-1234' }, 'api_key')).toThrow('api_key is not a reference to a secret')
  })
})

test.each([
  ['${A}', ['A']],
  ['a ${A_1}/${_b}${A_1}', ['A_1', '_b', 'A_1']],
  ['$${A} $A {A} ${1} ${A-B} ${}', []],
  ['$$${A}', []],
])('the variables in %s are %j', (text, expected) => {
  expect(variablesIn(text)).toEqual(expected)
})
