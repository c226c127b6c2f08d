/**
 * The ways in which a drill ends a process: by its own hand at a named point of the program's way, by ours at a named
 * phase of a call or at some instant. What is counted, printed and replayed is a Kill.
 */

import type { SinkPhase } from '../../src/sink/event.ts'
import type { Seeded } from './simulation/seeded.ts'

/**
 * Named points of the program's way, each at the n-th time that it comes there. `in-…` is within the journal's
 * transaction, half of which is written; `after-…` is when it is durable, and nobody has been told.
 */
export const killPoints = [
  'in-migration',
  'in-import',
  'after-import',
  'before-open-run',
  'after-open-run',
  'before-begin',
  'in-begin',
  'after-begin',
  'before-settle',
  'in-settle',
  'after-settle',
  'before-finish',
  'after-finish',
  'before-settle-doubts',
  'after-settle-doubts',
] as const
export type KillPoint = (typeof killPoints)[number]

export type Kill =
  | { readonly by: 'point'; readonly point: KillPoint; readonly nth: number }
  | { readonly by: 'phase'; readonly phase: SinkPhase; readonly nth: number }
  /** From its start, or from its first sign at the sink. */
  | { readonly by: 'instant'; readonly from: 'start' | 'first call'; readonly afterMs: number }

/** Under which kills are counted. */
export function kindOf(kill: Kill): string {
  switch (kill.by) {
    case 'point':
      return kill.point
    case 'phase':
      return `at ${kill.phase}`
    case 'instant':
      return `instant after ${kill.from}`
  }
}

export function shownKill(kill: Kill): string {
  return kill.by === 'instant' ? `${kill.afterMs} ms after ${kill.from}` : `${kindOf(kill)}, time ${kill.nth}`
}

/** The phases of a call at which a sink can end its sender. */
export const callPhases: Readonly<Record<'smtp' | 'http', readonly SinkPhase[]>> = {
  smtp: ['connect', 'mail', 'rcpt', 'data', 'body', 'taken', 'answered'],
  http: ['head', 'body', 'taken', 'answered'],
}

/** What a choice depends on. */
export interface KillSituation {
  readonly transport: 'smtp' | 'http'
  readonly command: 'send' | 'resume'
  /** About how many calls are still to be made. */
  readonly callsLeft: number
  readonly concurrency: number
}

/** The next kill of a command that sends; how soon it comes leaves something to do for those after it. */
export function chooseKill(chance: Seeded, situation: KillSituation): Kill {
  const { transport, command, callsLeft, concurrency } = situation
  if (command === 'send' && chance.has(0.5)) return { by: 'point', point: chance.pick(importPoints), nth: 1 }
  switch (chance.weighted({ point: 4, phase: 4, instant: 3 })) {
    case 'point': {
      // One commit may serve as many calls as may be open.
      const nth = chance.between(1, Math.max(1, Math.floor(callsLeft / (2 * concurrency))))
      return { by: 'point', point: chance.pick(sendingPoints), nth }
    }
    case 'phase': {
      const phase = chance.pick(callPhases[transport])
      const most = phase === 'connect' ? Math.min(concurrency, callsLeft) : Math.ceil(callsLeft / 3)
      return { by: 'phase', phase, nth: chance.between(1, Math.max(1, most)) }
    }
    case 'instant':
      return chance.has(0.5)
        ? { by: 'instant', from: 'start', afterMs: chance.between(0, 500) }
        : { by: 'instant', from: 'first call', afterMs: chance.between(0, 60) }
  }
}

/** The last kill of a campaign comes when everything is sent. */
export function chooseLastKill(chance: Seeded): Kill {
  return { by: 'point', point: chance.pick(['before-finish', 'after-finish'] as const), nth: 1 }
}

const importPoints = ['in-import', 'after-import', 'before-open-run', 'after-open-run'] as const
const sendingPoints = ['before-begin', 'in-begin', 'after-begin', 'before-settle', 'in-settle', 'after-settle'] as const
