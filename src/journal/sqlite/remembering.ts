/** What is known of receivers and provider accounts over all runs: their paces, their quotas' use, and who hosts whom. */

import type { Json } from '../../model/edition.ts'
import type { Journal, RememberedPace } from '../journal.ts'
import { storedJson, wholeMs } from './columns.ts'
import type { Store } from './store.ts'

type Remembering = Pick<Journal, 'rememberPaces' | 'pace' | 'forgetPaces' | 'sentOn' | 'knownSites' | 'rememberSites'>

export function remembering(store: Store): Remembering {
  const setPace = store.statement<[string, string, string, number]>(`
    INSERT INTO paces (what, name, content, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (what, name) DO UPDATE SET content = excluded.content, at = excluded.at`)
  const findPace = store.statement<[string, string], { content: string; at: number }>(
    'SELECT content, at FROM paces WHERE what = ? AND name = ?',
  )
  const forgetPaces = store.statement<[number]>('DELETE FROM paces WHERE at < ?')
  const findSent = store.statement<[{ account: string; day: string }], { messages: number; earlierDays: number }>(`
    SELECT
      coalesce((SELECT messages FROM sending_days WHERE account = :account AND day = :day), 0) AS messages,
      (SELECT count(*) FROM sending_days WHERE account = :account AND day < :day AND messages > 0) AS earlierDays`)
  const findSites = store.statement<[string, number], { domain: string; site: string }>(`
    SELECT domain, site FROM json_each(?) AS asked CROSS JOIN domain_sites ON domain = asked.value WHERE until > ?`)
  const setSite = store.statement<[string, string, number]>(`
    INSERT INTO domain_sites (domain, site, until) VALUES (?, ?, ?)
    ON CONFLICT (domain) DO UPDATE SET site = excluded.site, until = excluded.until`)

  return {
    rememberPaces(paces) {
      store.write(() => {
        for (const { what, name, content, atMs } of paces)
          setPace.run(what, name, JSON.stringify(content), wholeMs(atMs))
      })
    },
    pace: (what, name) =>
      store.read((): RememberedPace | undefined => {
        const row = findPace.get(what, name)
        return row && { what, name, content: storedJson<Json>(row.content), atMs: row.at }
      }),
    forgetPaces(beforeMs) {
      store.write(() => forgetPaces.run(Math.floor(beforeMs)))
    },
    sentOn: (account, day) => store.read(() => findSent.get({ account, day }) ?? { messages: 0, earlierDays: 0 }),
    knownSites: (domains, nowMs) =>
      store.read(
        () =>
          new Map(
            findSites
              .all(JSON.stringify(domains), Math.floor(nowMs))
              .map(({ domain, site }) => [domain, site] as const),
          ),
      ),
    rememberSites(found) {
      store.write(() => {
        for (const { domain, site, untilMs } of found) setSite.run(domain, site, Math.floor(untilMs))
      })
    },
  }
}
