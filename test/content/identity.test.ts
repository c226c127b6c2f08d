import { expect, test } from 'vitest'
import { messageIdFor, unsubscribeTokenFor } from '../../src/content/identity.ts'
import { address } from './campaigns.ts'

const ada = address('ada@example.org')
const bob = address('bob@example.org')
const from = address('news@acme.example')

test('the same key and address always make the same Message-ID', () => {
  expect(messageIdFor('november', ada, from)).toBe('<4d4171d22ae9b70901bc911214278d15@acme.example>')
  expect(messageIdFor('november', address('ada@EXAMPLE.org'), from)).toBe(messageIdFor('november', ada, from))
  const others = [messageIdFor('november', bob, from), messageIdFor('december', ada, from)]
  expect(new Set([messageIdFor('november', ada, from), ...others]).size).toBe(3)
})

test('the unsubscribe token of an address is made with the secret key, and fits into a URL', () => {
  const token = unsubscribeTokenFor(Buffer.alloc(32, 1), ada)
  expect(token).toBe('mR2vnnbURiwk5h288QfISz4W')
  expect(token).toMatch(/^[\w-]{24}$/)
  const others = [unsubscribeTokenFor(Buffer.alloc(32, 2), ada), unsubscribeTokenFor(Buffer.alloc(32, 1), bob)]
  expect(new Set([token, ...others]).size).toBe(3)
})
