/**
 * The process of a mail server that was not written here: its folder, its port, its start and its end, and waiting for it,
 * for it tells nobody when it is ready.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const isRoot = process.getuid?.() === 0
/** Before a command that root alone can run. */
export const asRoot: readonly string[] = isRoot ? [] : ['sudo', '-n']
export const canBeRoot = canRun(['true'])

/** Readable by every user, for a server becomes another one than ours. */
export async function folderForAll(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `mailblast-${name}-`))
  await chmod(folder, 0o755)
  return folder
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function start([program = '', ...args]: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** As root, to its end. */
export function run(command: readonly string[]): void {
  const { status, stderr } = ran(command)
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`)
}

/** Whether root can run it here. */
export function canRun(command: readonly string[]): boolean {
  return ran(command).status === 0
}

function ran(command: readonly string[]) {
  const [program = '', ...args] = [...asRoot, ...command]
  return spawnSync(program, args, { encoding: 'utf8' })
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

const patienceMs = 60_000

/** Until the server takes connections; fails with what it has said if it ends instead. */
export async function listening(port: number, child: ChildProcess): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-2000)
  })
  await until(`the server listens on ${port}`, async () => {
    if (child.exitCode !== null) throw new Error(`the server has ended: ${said}`)
    const socket = connect(port, '127.0.0.1')
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    return isThere
  })
}

/** What is in each file of a folder, once there are so many. */
export async function filesIn(folder: string, count: number): Promise<readonly Buffer[]> {
  const names = async () => (existsSync(folder) ? await readdir(folder) : [])
  await until(`${count} messages have arrived`, async () => (await names()).length >= count)
  return Promise.all((await names()).map(name => readFile(join(folder, name))))
}

/** Real programs tell nobody when they are ready, so they are asked again and again. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const attempts = patienceMs / 50
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await isSo()) return
    await delay(50)
  }
  throw new Error(`waited in vain: ${what}`)
}
