/**
 * Runs many schedules, spread over the processors, and prints one line of figures:
 *
 *   node test/faults/simulation/run.ts --schedules 10000 --seed 1
 *
 * Seeds count up from the first. Exit code 1 if the law was broken: then the seed is printed, what happened before, and the
 * command that does it again.
 */

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { makeFolder } from './place.ts'
import { runSchedule, type ScheduleResult, traceHash } from './schedule.ts'
import { type Figures, noFigures } from './world.ts'

/** Seeds are given out in portions of so many: a worker that is done early takes the next. */
const portion = 25
/** Lines of the trace that are printed of a violation. */
const lastLines = 30
/** Violations of which more is printed than the seed. */
const shownInFull = 3

interface Portion {
  readonly seed: number
  readonly schedules: number
}

/** What a worker answers: the figures of its portion, and what went wrong in it. */
interface Answer {
  readonly figures: Figures
  readonly violations: readonly ScheduleResult[]
}

if (isMainThread) await main()
else work(workerData as string)

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      trace: { type: 'boolean', default: false },
    },
  })
  const folder = makeFolder()
  try {
    const plan = { seed: Number(values.seed), schedules: Number(values.schedules) }
    const bad = values.trace ? await traceAll(plan, folder) : await runAll(plan, Number(values.workers), folder)
    if (bad > 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gives the number of violations. */
async function runAll({ seed, schedules }: Portion, workers: number, folder: string): Promise<number> {
  const startMs = performance.now()
  const portions: Portion[] = []
  for (let done = 0; done < schedules; done += portion)
    portions.push({ seed: seed + done, schedules: Math.min(portion, schedules - done) })
  const figures = { ...noFigures }
  let violations = 0
  await Promise.all(
    Array.from({ length: Math.min(workers, portions.length) }, async () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: folder })
      try {
        for (let next = portions.shift(); next !== undefined; next = portions.shift()) {
          const answer = await ask(worker, next)
          add(figures, answer.figures)
          for (const result of answer.violations) {
            violations += 1
            print(result, violations)
          }
        }
      } finally {
        await worker.terminate()
      }
    }),
  )
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const { writes, takeOvers, ...rest } = figures
  const words = { ...rest, 'journal writes': writes, 'take-overs': takeOvers, violations, seconds }
  say(
    Object.entries(words)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  )
  return violations
}

async function ask(worker: Worker, next: Portion): Promise<Answer> {
  worker.postMessage(next)
  const [answer] = (await once(worker, 'message')) as [Answer]
  return answer
}

/** In a worker: runs one portion after another. */
function work(folder: string): void {
  parentPort?.on('message', async ({ seed, schedules }: Portion) => {
    const figures = { ...noFigures }
    const violations: ScheduleResult[] = []
    for (let each = seed; each < seed + schedules; each++) {
      const result = await runSchedule(each, folder)
      add(figures, result.figures)
      if (result.violation !== null) violations.push({ ...result, trace: result.trace.slice(-lastLines) })
    }
    parentPort?.postMessage({ figures, violations } satisfies Answer)
  })
}

/** Runs them one after the other, and prints all that happens. */
async function traceAll({ seed, schedules }: Portion, folder: string): Promise<number> {
  let violations = 0
  for (let each = seed; each < seed + schedules; each++) {
    const result = await runSchedule(each, folder)
    for (const line of result.trace) say(line)
    say(`seed ${each}, trace ${traceHash(result)}`)
    if (result.violation !== null) violations += 1
  }
  return violations
}

function print({ seed, violation, trace }: ScheduleResult, number: number): void {
  say(`seed ${seed}: ${violation?.law}: ${violation?.detail}`)
  if (number > shownInFull) return
  for (const line of trace) say(`  ${line}`)
  say(`  again: npm run simulate -- --seed ${seed} --schedules 1 --trace`)
}

function add(sum: Figures, more: Figures): void {
  for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += more[name]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
