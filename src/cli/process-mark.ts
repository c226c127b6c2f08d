/**
 * How a process is told from every other one, and whether one still runs. A number alone does not do: after a restart, and
 * in the container next door, the same number is another process.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import type { ProcessMark } from '../model/run.ts'

/**
 * On Linux the boot's id and the PID namespace say within which set of processes a number means one; elsewhere it is the
 * host's name alone.
 */
export function processMark(host: string, pid: number): ProcessMark {
  const boot = said(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const namespace = said(() => readlinkSync('/proc/self/ns/pid'))
  return { host, space: [host, boot, namespace].join(' ').trim(), pid, started: procState(pid)?.started ?? '' }
}

/**
 * Whether a process of this space still runs; `isThere` tells whether its number is in use. One that has ended but that its
 * parent has not asked about is in use as a number only.
 */
export function isRunning(mark: ProcessMark, isThere: (pid: number) => boolean): boolean {
  if (!isThere(mark.pid)) return false
  const state = procState(mark.pid)
  if (state === undefined) return true
  return !state.hasEnded && (mark.started === '' || state.started === mark.started)
}

/** Fields 3 and 22 of `/proc/PID/stat` (proc_pid_stat(5)); undefined where the system has no such file. */
function procState(pid: number): { readonly started: string; readonly hasEnded: boolean } | undefined {
  const stat = said(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, started] = [fields[0], fields[19]]
  return state === undefined || started === undefined ? undefined : { started, hasEnded: /^[ZXx]$/.test(state) }
}

function said(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
