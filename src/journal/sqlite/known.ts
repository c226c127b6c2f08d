/**
 * What the journal knows of addresses before they are queued. Each question is asked once for a whole batch, through an
 * index that begins with what is asked, so that its cost does not grow with the journal.
 */

import type { Address } from '../../model/address.ts'
import type { Journal, KnownAddress } from '../journal.ts'
import { type RunNumbers, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function knowing(store: Store): Pick<Journal, 'known'> {
  const findRun = runFinder(store)
  const findSuppressed = store.statement<[string], { address: Address; reason: string }>(`
    SELECT asked.value AS address, reason
    FROM json_each(?) AS asked CROSS JOIN suppressions ON suppressions.address = lower(asked.value)`)
  const findEarlier = store.statement<[{ number: number; asked: string }], { address: Address; line: number }>(`
    SELECT address, min(line) AS line FROM (
      SELECT address, line FROM json_each(:asked) AS asked
      CROSS JOIN messages INDEXED BY messages_of_run ON run = :number AND address = asked.value
      UNION ALL
      SELECT address, line FROM json_each(:asked) AS asked
      CROSS JOIN left_out INDEXED BY left_out_addresses ON run = :number AND address = asked.value
    ) GROUP BY address`)
  const findUnderKey = (state: string, index: string) =>
    store.statement<[RunNumbers & { asked: string }], { address: Address }>(`
      SELECT DISTINCT address FROM json_each(:asked) AS asked
      CROSS JOIN messages INDEXED BY ${index}
      ON messages.key = :key AND address = asked.value AND messages.state = '${state}' AND run <> :number`)
  const findAccepted = findUnderKey('accepted', 'messages_accepted')
  const findInDoubt = findUnderKey('in doubt', 'messages_in_doubt')
  const findSending = store.statement<[RunNumbers & { asked: string }], { address: Address }>(`
    SELECT DISTINCT messages.address
    FROM runs CROSS JOIN routes ON routes.run = runs.number
    CROSS JOIN attempts INDEXED BY attempts_open
      ON attempts.route = routes.number AND settled_at IS NULL AND recovered_at IS NULL
    CROSS JOIN json_each(attempts.messages) AS sent
    CROSS JOIN messages ON messages.id = sent.value
    WHERE runs.key = :key AND runs.number <> :number AND messages.state = 'queued'
      AND messages.address IN (SELECT value FROM json_each(:asked))`)

  return {
    known(id, addresses) {
      return store.read(() => {
        const run = findRun(id)
        const asked = JSON.stringify(addresses)
        const known = new Map<Address, KnownAddress>()
        const learn = (address: Address, fact: Partial<KnownAddress>) =>
          known.set(address, { ...(known.get(address) ?? nothing), ...fact })
        for (const { address, reason } of findSuppressed.all(asked)) learn(address, { suppressed: reason })
        for (const { address, line } of findEarlier.all({ number: run.number, asked }))
          learn(address, { earlierLine: line })
        for (const { address } of findSending.all({ ...run, asked })) learn(address, { underKey: 'in doubt' })
        for (const { address } of findInDoubt.all({ ...run, asked })) learn(address, { underKey: 'in doubt' })
        // Last, because accepted is more binding than in doubt.
        for (const { address } of findAccepted.all({ ...run, asked })) learn(address, { underKey: 'accepted' })
        return known
      })
    },
  }
}

const nothing: KnownAddress = { earlierLine: null, suppressed: null, underKey: null }
