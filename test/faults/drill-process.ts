/**
 * Starts the real program or its victim, in a folder, with a bound on its time: one that hangs is ended, and fails with
 * what it said.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { plainEnv } from '../support/mailblast.ts'
import type { Kill } from './drill-kills.ts'
import { secretNames } from './drill-setup.ts'

const programs = {
  mailblast: fileURLToPath(new URL('../../bin/mailblast.js', import.meta.url)),
  victim: fileURLToPath(new URL('victim.ts', import.meta.url)),
}

/** Far beyond what a command on a short list takes, on a machine that is busy with others. */
const usualDeadlineMs = 40_000

export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null
  readonly isKilled: boolean
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  /** Rejects if it has not ended in time. */
  readonly ended: Promise<Ended>
}

export interface Start {
  readonly folder: string
  readonly args: readonly string[]
  /** A kill at a named point makes it the victim; every other one is its starter's to do. */
  readonly kill?: Kill
  /** When it is ended at the latest. */
  readonly deadlineMs?: number
}

export function start({ folder, args, kill, deadlineMs = usualDeadlineMs }: Start): Started {
  const itself = kill?.by === 'point' ? { VICTIM_KILL_AT: `${kill.point}:${kill.nth}` } : null
  const child = spawn(process.execPath, [itself === null ? programs.mailblast : programs.victim, ...args], {
    cwd: folder,
    env: { ...plainEnv, ...Object.fromEntries(secretNames().map(name => [name, apiKey])), ...itself },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  live.add(child)
  child.once('close', () => live.delete(child))
  return { child, ended: endOf(child, args, deadlineMs) }
}

/** Nobody is left behind by a drill that breaks off. */
const live = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})

/** For the sinks of the drill; it opens nothing else. */
export const apiKey = 'SG.drill'

function endOf(child: ChildProcess, args: readonly string[], deadlineMs: number): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    let isLate = false
    const deadline = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, deadlineMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(deadline)
      const said = `${args.join(' ')}:\n${stdout}${stderr}`
      if (isLate) reject(new Error(`it did not end within ${deadlineMs} ms: ${said}`))
      else if (signal !== null && signal !== 'SIGKILL') reject(new Error(`it ended by ${signal}: ${said}`))
      else resolve({ code, isKilled: signal !== null, stdout, stderr })
    })
  })
}
