#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import module from 'node:module'

// Kept to what the oldest Node can read, so that one that is too old gets a sentence and not a stack.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`mailblast needs Node 22.19 or newer; this is Node ${process.versions.node}\n`)
  process.exitCode = 2
} else if (/^(-V|--version)$/.test(process.argv.slice(2).join(' '))) {
  // Asked by scripts again and again, and answered without a command line.
  process.stdout.write(`${JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version}\n`)
} else {
  // What was compiled once is kept by Node for the next start, where it can be; where it cannot, nothing is lost.
  module.enableCompileCache?.()
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
}
