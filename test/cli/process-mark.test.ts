import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { isRunning, processMark } from '../../src/cli/process-mark.ts'

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(!existsSync('/proc/self/stat'))('a process (needs /proc)', () => {
  test('is told from one that got its number after it', () => {
    const mark = processMark(hostname(), process.pid)
    expect(mark.started).toMatch(/^\d+$/)
    expect(mark.space).toContain(hostname())
    expect(processMark(hostname(), process.pid)).toEqual(mark)
    expect(isRunning(mark, isThere)).toBe(true)
    expect(isRunning({ ...mark, started: '1' }, isThere)).toBe(false)
    expect(isRunning(mark, () => false)).toBe(false)
  })

  test('that was killed is dead, also while its parent has not asked about it', async () => {
    // The shell becomes a sleep, which never asks about the child that the shell has started before.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer]
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim()).toBe('sleep')
      const mark = processMark(hostname(), Number(chunk.toString().trim()))
      expect(isRunning(mark, isThere)).toBe(true)
      process.kill(mark.pid, 'SIGKILL')
      await expect.poll(() => isRunning(mark, isThere)).toBe(false)
      expect(isThere(mark.pid)).toBe(true)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})

test('without /proc a number in use is a process that runs', () => {
  const mark = { host: 'here', space: 'here', pid: 2 ** 22 + 1, started: '' }
  expect(isRunning(mark, () => true)).toBe(true)
  expect(isRunning(mark, () => false)).toBe(false)
})
