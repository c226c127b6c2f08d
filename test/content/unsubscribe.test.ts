import { expect, test } from 'vitest'
import { unsubscribeHeaders } from '../../src/content/unsubscribe.ts'
import { address } from './campaigns.ts'

test.each([
  [null, null, []],
  [
    'https://acme.example/u/1',
    null,
    ['List-Unsubscribe: <https://acme.example/u/1>', 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'],
  ],
  [null, 'u+1@acme.example', ['List-Unsubscribe: <mailto:u+1@acme.example>']],
  [
    'https://acme.example/u/1',
    'u@acme.example',
    [
      'List-Unsubscribe: <https://acme.example/u/1>, <mailto:u@acme.example>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    ],
  ],
  [null, 'a?b&c%d=ü@acme.example', ['List-Unsubscribe: <mailto:a%3Fb%26c%25d%3D%C3%BC@acme.example>']],
])('%s and %s', (url, mailto, expected) => {
  const headers = unsubscribeHeaders(url, mailto === null ? null : address(mailto))
  expect(headers.map(({ name, value }) => `${name}: ${value}`)).toEqual(expected)
})
