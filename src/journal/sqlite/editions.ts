/**
 * Frozen content: editions and shared attachments, each stored once under its SHA-256. What is read back is checked
 * against its hash, so that nothing is ever mailed that was not frozen.
 */

import { createHash } from 'node:crypto'
import type { Edition } from '../../model/edition.ts'
import { InvariantError } from '../../model/errors.ts'
import type { Journal, RunDraft } from '../journal.ts'
import { storedJson } from './columns.ts'
import { damaged } from './failure.ts'
import type { Store } from './store.ts'

export function editions(store: Store): Pick<Journal, 'edition' | 'payload'> {
  const findEdition = store.statement<[string], { content: string }>('SELECT content FROM editions WHERE hash = ?')
  const findPayload = store.statement<[string], { bytes: Buffer }>('SELECT bytes FROM payloads WHERE sha256 = ?')

  return {
    edition: hash =>
      store.read(() => {
        const row = findEdition.get(hash)
        if (row === undefined) throw new InvariantError(`there is no edition ${hash}`)
        if (sha256(row.content) !== hash) throw damaged(`the edition ${hash} is not what was stored`)
        return storedJson<Edition>(row.content)
      }),
    payload: hash =>
      store.read(() => {
        const row = findPayload.get(hash)
        if (row === undefined) throw new InvariantError(`there is no attachment ${hash}`)
        if (sha256(row.bytes) !== hash) throw damaged(`the attachment ${hash} is not what was stored`)
        return row.bytes
      }),
  }
}

/** Stores an edition and its payloads inside a write. Returns the edition's hash. */
export function editionWriter(store: Store): (draft: Pick<RunDraft, 'edition' | 'payloads'>) => string {
  const addEdition = store.statement<[string, string]>(
    'INSERT INTO editions (hash, content) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
  )
  const addPayload = store.statement<[string, Buffer]>(
    'INSERT INTO payloads (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING',
  )
  const join = store.statement<[string, string]>(
    'INSERT INTO edition_payloads (edition, payload) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )

  return ({ edition, payloads }) => {
    const content = JSON.stringify(edition)
    const hash = sha256(content)
    addEdition.run(hash, content)
    for (const [name, bytes] of payloads) {
      if (sha256(bytes) !== name) throw new InvariantError(`an attachment's bytes do not have the hash ${name}`)
      addPayload.run(name, bytes)
      join.run(hash, name)
    }
    return hash
  }
}

/** Removes, inside a write, what no run refers to any more. */
export function editionSweeper(store: Store): () => void {
  const sweep = [
    'DELETE FROM edition_payloads WHERE edition NOT IN (SELECT edition FROM runs)',
    'DELETE FROM editions WHERE hash NOT IN (SELECT edition FROM runs)',
    'DELETE FROM payloads WHERE sha256 NOT IN (SELECT payload FROM edition_payloads)',
  ].map(sql => store.statement(sql))
  return () => {
    for (const statement of sweep) statement.run()
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
