/**
 * Peak memory of a send of 1,000,000 rows against that of 10,000, as a ratio: memory must stay flat however long the list
 * is. Run on demand (`npm run bench:memory`), on Linux, for it reads /proc. Rows go in batches to a server on loopback that
 * counts them.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { body, campaign, rows, sendgridRoute } from '../support/campaigns.ts'
import { summaryOf } from '../support/mailblast.ts'

const program = fileURLToPath(new URL('../../bin/mailblast.js', import.meta.url))
const sizes = process.argv.slice(2).map(Number)
const [small = 10_000, large = 1_000_000] = sizes

let received = 0
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    received += (JSON.parse(Buffer.concat(chunks).toString()) as { personalizations: unknown[] }).personalizations
      .length
    response.writeHead(202, { 'x-message-id': 'bench' }).end()
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const results = []
for (const size of [small, large]) results.push(await measure(size))
server.close()

for (const { size, peakMiB, seconds } of results) {
  say(`${size.toLocaleString('en-US').padStart(9)} rows: peak ${peakMiB.toFixed(0)} MiB, ${seconds.toFixed(1)} s`)
}
const [first, second] = results
if (first !== undefined && second !== undefined)
  say(`ratio ${(second.peakMiB / first.peakMiB).toFixed(2)} (at most 1.3 is wanted)`)

async function measure(size: number): Promise<{ size: number; peakMiB: number; seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'mailblast-bench-'))
  try {
    writeFileSync(join(folder, 'body.hbs'), body)
    writeFileSync(join(folder, 'campaign.yml'), campaign({ routes: sendgridRoute(url) }))
    await writeList(join(folder, 'list.csv'), size)
    received = 0
    const startedMs = performance.now()
    const { peakMiB, stdout } = await send(folder)
    const seconds = (performance.now() - startedMs) / 1000
    const { counts } = summaryOf(stdout)
    if (counts.accepted !== size || received !== size)
      throw new Error(`${size} rows, ${received} received: ${JSON.stringify(counts)}`)
    return { size, peakMiB, seconds }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeList(path: string, size: number): Promise<void> {
  const file = createWriteStream(path)
  file.write('email,name,city\n')
  for (let from = 0; from < size; from += 10_000) {
    if (!file.write(rows(Math.min(10_000, size - from), from))) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}

/** Runs the program and reads its high-water mark of resident memory until it ends. */
async function send(folder: string): Promise<{ peakMiB: number; stdout: string }> {
  const child = spawn(process.execPath, [program, 'send', 'campaign.yml', '--yes'], {
    cwd: folder,
    env: { ...process.env, SENDGRID_API_KEY: 'SG.bench', CI: 'true' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peakKiB = 0
  const poll = setInterval(() => {
    peakKiB = Math.max(peakKiB, highWaterKiB(child.pid))
  }, 20)
  const code = await new Promise(resolve => child.on('close', resolve))
  clearInterval(poll)
  if (code !== 0) throw new Error(`it ended with ${code}`)
  return { peakMiB: peakKiB / 1024, stdout: await report(folder) }
}

function highWaterKiB(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function report(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'report', '--format', 'json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
    })
    child.on('close', () => resolve(text))
    child.on('error', reject)
  })
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
