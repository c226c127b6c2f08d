/** How often the system is asked for a name, and what is done when it has no answer. */

import { once } from 'node:events'
import { connect, type LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { rememberingLookup } from '../../src/providers/http-names.ts'
import { bareServer } from '../support/http-toy.ts'

type Answer = Parameters<Parameters<LookupFunction>[2]>

/** A system whose answers a test gives, question by question. */
function system() {
  const questions: { readonly name: string; readonly answer: (...answer: Answer) => void }[] = []
  const ask: LookupFunction = (name, _, answer) => void questions.push({ name, answer })
  return { questions, lookup: rememberingLookup(ask) }
}

const failed = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })

test('those who ask at the same time share a question, and the next is a new one', () => {
  const { questions, lookup } = system()
  const told: string[] = []
  const ask = (name: string) => lookup(name, {}, (error, address) => told.push(error?.code ?? String(address)))
  for (let count = 0; count < 64; count++) ask('api.acme.example')
  ask('other.example')
  expect(questions.map(each => each.name)).toEqual(['api.acme.example', 'other.example'])
  questions[0]?.answer(null, '192.0.2.1', 4)
  expect(told).toEqual(Array.from({ length: 64 }, () => '192.0.2.1'))
  ask('api.acme.example')
  questions[2]?.answer(null, '192.0.2.2', 4)
  expect(told.at(-1)).toBe('192.0.2.2')
})

test('while there is no answer, the last good one stands in; without one there is none', () => {
  const { questions, lookup } = system()
  const told: string[] = []
  const ask = (answer: Answer) => {
    lookup('api.acme.example', { all: true }, (error, address) => told.push(error?.code ?? JSON.stringify(address)))
    questions.at(-1)?.answer(...answer)
  }
  const at = (address: string): Answer => [null, [{ address, family: 4 }]]
  for (const answer of [
    [failed, ''] as Answer,
    at('192.0.2.1'),
    [failed, ''] as Answer,
    at('192.0.2.2'),
    [failed, ''] as Answer,
  ])
    ask(answer)
  expect(told).toEqual([
    'EAI_AGAIN',
    '[{"address":"192.0.2.1","family":4}]',
    '[{"address":"192.0.2.1","family":4}]',
    '[{"address":"192.0.2.2","family":4}]',
    '[{"address":"192.0.2.2","family":4}]',
  ])
})

test('a connection is made by it', async () => {
  const server = await bareServer(() => undefined)
  const answers: Answer[] = [
    [null, [{ address: '127.0.0.1', family: 4 }]],
    [failed, ''],
  ]
  const lookup = rememberingLookup((_, __, told) => {
    const answer = answers.shift()
    if (answer !== undefined) told(...answer)
  })
  for (const _ of ['first', 'while the resolver is out']) {
    const socket = connect({ host: 'api.acme.example', port: server.port, lookup })
    await once(socket, 'connect')
    socket.destroy()
  }
  expect(answers).toEqual([])
  await server.close()
})
