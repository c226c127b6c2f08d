/** Python, where the machine has one: a second opinion, by programs that share no line with ours. */

import { spawn, spawnSync } from 'node:child_process'

/** Debian's own first: it is the one that has the modules of its packages. */
const candidates = ['/usr/bin/python3', 'python3']

/** A Python 3 that can import all of these modules, or undefined. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const script = ['import sys', 'assert sys.version_info >= (3, 8)', ...modules.map(each => `import ${each}`)].join(
    '\n',
  )
  return candidates.find(python => spawnSync(python, ['-c', script], { stdio: 'ignore' }).status === 0)
}

/** What a script prints as JSON for what it is given as JSON. */
export async function askPython<Answer>(python: string, script: string, question: unknown): Promise<Answer> {
  const child = spawn(python, ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(question))
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString()) as Answer
}
