/** Where the journals of simulated worlds are kept for a moment: in memory, where the machine has a file system for that. */

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../../src/journal/open.ts'
import { Seeded } from './seeded.ts'

/** Makes a folder of its own, with an empty journal in it to begin from; whoever makes it removes it. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mailblast-simulation-'))
  const chance = new Seeded(1)
  openJournal(emptyIn(folder), { nowMs: () => 0, randomBytes: size => chance.bytes(size) }).close()
  return folder
}

/** A journal of a world's own. It is a copy, so whoever sends from it first has to say that it takes the key over. */
export function makeJournal(folder: string, seed: number): string {
  const path = join(folder, `${seed}.db`)
  copyFileSync(emptyIn(folder), path)
  return path
}

export function removeJournal(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

function emptyIn(folder: string): string {
  return join(folder, 'empty.db')
}
