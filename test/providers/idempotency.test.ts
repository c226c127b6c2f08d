/** The same parcel has the same key, another parcel another one, and a server that knows keys delivers once. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parcelKey } from '../../src/providers/idempotency.ts'
import { idempotentServer, idempotentToy, toyKind, toyOptions } from '../support/http-toy.ts'
import { message, messages, opening } from '../support/provider-opening.ts'

const { signal } = new AbortController()

describe('the key of a parcel', () => {
  test('as it looks', () => {
    expect(parcelKey(messages(2))).toBe('mailblast-l6FsHSb1QXWfIMAZJdS28sF4b5tQDpiwqlelncxFwAw')
  })

  test('hangs on the Message-IDs and their order, and on nothing else', () => {
    const other = messages(2, id => ({ id: id + 100, run: 'run-2', subject: 'Other', text: ['x'], html: ['y'] }))
    expect(parcelKey(other)).toBe(parcelKey(messages(2)))
    const keys = [messages(1), messages(2), messages(3), messages(2).reverse(), [message(1), message(1)]].map(parcelKey)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('is what Resend takes, and no two parcels have the same', () => {
    const ids = fc.array(fc.stringMatching(/^<[a-f0-9]{1,4}@[a-z.]{1,4}>$/), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(ids, ids, (one, two) => {
        const [first, second] = [one, two].map(each => each.map((messageId, id) => message(id, { messageId })))
        if (first === undefined || second === undefined) throw new Error('two parcels are needed')
        expect(parcelKey(first)).toMatch(/^[\w-]{1,256}$/)
        const same = one.join(' ') === two.join(' ')
        expect(parcelKey(first) === parcelKey(second)).toBe(same)
      }),
    )
  })
})

describe('with a server that honours it', () => {
  const open = (url: string) => toyKind(idempotentToy).open(opening({ options: toyOptions(url) }))

  test('a parcel handed over twice is delivered once, and answered as before', async () => {
    const server = await idempotentServer()
    const provider = await open(server.url)
    const first = await provider.send(messages(3), signal)
    expect(await provider.send(messages(3), signal)).toEqual(first)
    expect(await provider.send([message(4)], signal)).toEqual([{ kind: 'accepted', providerId: 'taken-3' }])
    expect(server.deliveries).toEqual(['News for Ada 1News for Ada 2News for Ada 3', 'News for Ada 4'])
    await provider.close()
    await server.close()
  })

  test('an answer lost after it was taken is doubt; the repetition is accepted, and there is one delivery', async () => {
    const server = await idempotentServer(call => (call === 1 ? 'lose' : 'answer'))
    const provider = await open(server.url)
    expect(await provider.send(messages(2), signal)).toMatchObject([{ kind: 'in-doubt' }, { kind: 'in-doubt' }])
    const taken = { kind: 'accepted', providerId: 'taken-1' }
    expect(await provider.send(messages(2), signal)).toEqual([taken, taken])
    expect(server.deliveries).toHaveLength(1)
    await provider.close()
    await server.close()
  })

  test('another content under the key, or the first call still under way, is not delivered, and a doubt', async () => {
    const arrived = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const server = await idempotentServer(async () => {
      arrived.resolve()
      await goOn.promise
      return 'answer' as const
    })
    const provider = await open(server.url)
    const first = provider.send(messages(1), signal)
    await arrived.promise
    expect(await provider.send(messages(1), signal)).toMatchObject([{ kind: 'in-doubt', cause: { code: '409' } }])
    goOn.resolve()
    expect(await first).toMatchObject([{ kind: 'accepted' }])
    const changed = messages(1, () => ({ subject: 'Other news' }))
    expect(await provider.send(changed, signal)).toMatchObject([{ kind: 'in-doubt', cause: { code: '409' } }])
    expect(server.deliveries).toEqual(['News for Ada 1'])
    await provider.close()
    await server.close()
  })
})
