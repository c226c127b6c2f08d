/**
 * The real program, which ends itself at a named point: `main` with the context of a real process, whose journal is the
 * real one in a wrapper that kills. `VICTIM_KILL_AT=after-begin:7` is the seventh time. It runs the built program, which
 * starts in two thirds of the time that the sources take.
 */

import type { Context } from '../../src/cli/context.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { JournalOptions } from '../../src/journal/open.ts'
import type { Migration } from '../../src/journal/sqlite/migrate.ts'
import type { KillPoint } from './drill-kills.ts'

const [wanted = '', nth = '1'] = (process.env['VICTIM_KILL_AT'] ?? '').split(':')
let times = 0

/** Told at every point that is passed; does not return from the one that is wanted. */
function pass(point: KillPoint): void {
  if (point !== wanted) return
  times += 1
  if (times === Number(nth)) process.kill(process.pid, 'SIGKILL')
}

const { main } = await built<typeof import('../../src/cli/main.ts')>('cli/main.js')
const { processContext } = await built<typeof import('../../src/cli/context.ts')>('cli/context.js')
const context: Context = processContext()
process.exitCode = await main(process.argv.slice(2), {
  ...context,
  async openJournal(path, options) {
    if (wanted === 'in-migration') await migrateAndDie(path, options)
    return mortal(await context.openJournal(path, options))
  },
})

function mortal(journal: Journal): Journal {
  return {
    ...journal,
    enqueue(run, rows) {
      journal.enqueue(run, { ...rows, recipients: halfRead(rows.recipients, 'in-import') })
      pass('after-import')
    },
    openRun(run) {
      pass('before-open-run')
      journal.openRun(run)
      pass('after-open-run')
    },
    begin(lease, parcels) {
      pass('before-begin')
      const ids = journal.begin(lease, withLast(parcels, passesOnReading))
      pass('after-begin')
      return ids
    },
    settle(parcels) {
      pass('before-settle')
      journal.settle(withLast(parcels, last => ({ ...last, settlements: halfRead(last.settlements, 'in-settle') })))
      pass('after-settle')
    },
    finishRun(run, nowMs) {
      pass('before-finish')
      const isFinished = journal.finishRun(run, nowMs)
      pass('after-finish')
      return isFinished
    },
    settleDoubts(lease, run, settlements, nowMs) {
      pass('before-settle-doubts')
      const moved = journal.settleDoubts(lease, run, settlements, nowMs)
      pass('after-settle-doubts')
      return moved
    },
  }
}

/** The same items; whoever goes through them one by one passes a point when half of them have been dealt with. */
function halfRead<Item>(items: readonly Item[], point: KillPoint): readonly Item[] {
  return Object.assign([...items], {
    *[Symbol.iterator](this: Item[]) {
      for (let index = 0; index < this.length; index++) {
        if (index === Math.ceil(this.length / 2)) pass(point)
        yield this[index]
      }
      if (this.length === 1) pass(point)
    },
  })
}

/** The last parcel's time is read within the transaction, after the parcels before it have been written. */
function passesOnReading<Parcel extends { readonly nowMs: number }>(parcel: Parcel): Parcel {
  return {
    ...parcel,
    get nowMs() {
      pass('in-begin')
      return parcel.nowMs
    },
  }
}

function withLast<Item>(items: readonly Item[], change: (last: Item) => Item): readonly Item[] {
  return items.map((item, index) => (index === items.length - 1 ? change(item) : item))
}

/** Brings the journal up to date as the program does, but dies when the last migration has changed everything it changes. */
async function migrateAndDie(path: string, options: JournalOptions): Promise<void> {
  const { connect } = await built<typeof import('../../src/journal/sqlite/connect.ts')>('journal/sqlite/connect.js')
  const { migrations } =
    await built<typeof import('../../src/journal/sqlite/migrations.ts')>('journal/sqlite/migrations.js')
  const steps = migrations.map((step, index): Migration => {
    if (index < migrations.length - 1) return step
    return (database, origin) => {
      step(database, origin)
      pass('in-migration')
    }
  })
  connect(path, { readOnly: false, lockWaitMs: 5000, ...options }, steps).database.close()
}

function built<Module>(path: string): Promise<Module> {
  return import(new URL(`../../dist/${path}`, import.meta.url).href)
}
