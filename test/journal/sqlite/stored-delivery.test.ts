import { expect, test } from 'vitest'
import { storedDelivery } from '../../../src/journal/sqlite/stored-delivery.ts'

/** As the first version stored them. */
const first = {
  routes: [
    {
      name: 'relay',
      provider: 'smtp',
      rates: [{ count: 10, perMs: 1000 }],
      concurrency: 4,
      weight: 1,
      sites: null,
      batch: 'auto',
      options: { url: 'smtp://127.0.0.1' },
    },
  ],
  sites: {},
  retry: { delaysMs: [60_000], maxAgeMs: 259_200_000 },
  guard: { stopWhen: [], maxRecipients: null },
}

test('settings of an older mailblast are filled in as they were for it', () => {
  const [route] = first.routes
  expect(storedDelivery(JSON.stringify(first))).toEqual({
    ...first,
    sitesBy: 'domain',
    schedule: null,
    priority: 'bulk',
    thresholds: [],
    canary: null,
    retry: { ...first.retry, classes: {} },
    routes: [{ ...route, order: 1, senders: null, warmup: null }],
  })
})

test('what is there is kept', () => {
  const stored = { ...first, priority: 'critical', retry: { ...first.retry, classes: { soft: first.retry } } }
  expect(storedDelivery(JSON.stringify(stored))).toMatchObject(stored)
})
