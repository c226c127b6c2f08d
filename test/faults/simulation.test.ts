import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { makeFolder } from './simulation/place.ts'
import { runSchedule, traceHash } from './simulation/schedule.ts'
import type { Sabotage } from './simulation/world.ts'

let folder: string

beforeAll(() => {
  folder = makeFolder()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The first law that is broken by one of so many schedules, with its seed. */
async function firstBroken(schedules: number, sabotage: Sabotage = {}): Promise<string | null> {
  for (let seed = 1; seed <= schedules; seed++) {
    const { violation } = await runSchedule(seed, folder, sabotage)
    if (violation !== null) return violation.law
  }
  return null
}

test('nobody is lost and nobody is mailed twice, whatever goes wrong', { timeout: 120_000 }, async () => {
  const broken: string[] = []
  for (let seed = 1; seed <= 100; seed++) {
    const { violation, trace } = await runSchedule(seed, folder)
    if (violation !== null)
      broken.push(`seed ${seed}: ${violation.law}: ${violation.detail}\n${trace.slice(-30).join('\n')}`)
  }
  expect(broken).toEqual([])
})

test('the same seed gives the same schedule, to the last step', async () => {
  const hashes: string[] = []
  for (const seed of [11, 12, 13, 11, 12, 13]) hashes.push(traceHash(await runSchedule(seed, folder)))
  expect(hashes.slice(3)).toEqual(hashes.slice(0, 3))
  expect(new Set(hashes).size).toBe(3)
})

describe('what is broken on purpose is noticed', () => {
  const sabotages: Record<string, (journal: Journal, path: string) => Partial<Journal>> = {
    'a begin that writes nothing': () => {
      let attempt = 1_000_000
      return { begin: (_, parcels) => parcels.map(({ messageIds }) => ({ attempt: attempt++, messageIds })) }
    },
    'a begin that does not look at the lease': (journal, path) => ({
      begin: (lease, parcels) => {
        const row = query<{ fence: number }>(path, 'SELECT fence FROM keys WHERE key = ?', lease.key)
        return journal.begin({ ...lease, fence: row?.fence ?? lease.fence }, parcels)
      },
    }),
    'a settle that is dropped': () => ({ settle: () => undefined }),
    'a settle that turns doubt into another attempt': journal => ({
      settle: parcels =>
        journal.settle(
          parcels.map(parcel => ({
            ...parcel,
            settlements: parcel.settlements.map(({ messageId, settlement }) => ({
              messageId,
              settlement:
                settlement.to === 'in doubt'
                  ? {
                      to: 'queued',
                      cause: settlement.cause,
                      dueAtMs: parcel.nowMs,
                      costs: 'nothing',
                      refuseRoute: false,
                    }
                  : settlement,
            })),
          })),
        ),
    }),
    'a recovery that queues again': (journal, path) => ({
      recover: (run, nowMs) => {
        const found = journal.recover(run, nowMs)
        change(
          path,
          "UPDATE messages SET state = 'queued', due_at = 0 WHERE state = 'in doubt' AND changed_at = ?",
          nowMs,
        )
        return found
      },
    }),
    'a recovery that is left out': () => ({ recover: () => 0 }),
    'a row that is lost': (journal, path) => ({
      finishRun: (run, nowMs) => {
        change(path, "DELETE FROM messages WHERE id = (SELECT max(id) FROM messages WHERE state = 'failed')")
        return journal.finishRun(run, nowMs)
      },
    }),
    'a begin that does not look at who is suppressed': journal => ({
      begin: (lease, parcels) => {
        journal.unsuppress([...journal.suppressions()].map(({ address }) => address))
        return journal.begin(lease, parcels)
      },
    }),
    'a sender that is not told of a pause': journal => ({
      run: id => {
        const run = journal.run(id)
        return run && { ...run, paused: null }
      },
    }),
    'a hold that is not kept': journal => ({ setCanaryPhase: run => journal.setCanaryPhase(run, null) }),
    'a quota that counts nothing': () => ({ sentOn: () => ({ messages: 0, earlierDays: 0 }) }),
    'a list that expires too early': journal => ({
      skipSuppressed: (run, nowMs) => journal.expireWaiting(run, { text: 'over', nowMs, limit: 1 }),
    }),
    'an operator’s word that nobody gave': journal => ({
      settleDoubts: (lease, run, settlements, nowMs) =>
        journal.settleDoubts(
          lease,
          run,
          settlements.map(({ messageId }) => ({ messageId, settlement: { to: 'queued', by: 'asked' } })),
          nowMs,
        ),
    }),
  }

  test.each(Object.keys(sabotages))('%s', async name => {
    const law = await firstBroken(200, {
      journal: (journal, { path }) => ({ ...journal, ...sabotages[name]?.(journal, path) }),
    })
    expect(law).not.toBeNull()
  })

  test('a provider that takes a parcel twice', async () => {
    expect(await firstBroken(5, { takes: 2 })).toBe('nobody is taken twice without the operator’s word')
  })
})

function query<Row>(path: string, sql: string, ...values: (string | number)[]): Row | undefined {
  return withDatabase(path, database => database.prepare<(string | number)[], Row>(sql).get(...values))
}

function change(path: string, sql: string, ...values: number[]): void {
  withDatabase(path, database => database.prepare(sql).run(...values))
}

function withDatabase<Result>(path: string, work: (database: Database.Database) => Result): Result {
  const database = new Database(path)
  try {
    return work(database)
  } finally {
    database.close()
  }
}
