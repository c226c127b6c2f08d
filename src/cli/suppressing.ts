/** What `mailblast suppress` does. */

import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { openRecipients } from '../intake/recipients.ts'
import { type Address, parseAddress } from '../model/address.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Fields } from '../model/recipient.ts'
import { type Suppression, type SuppressionReason, suppressionReasons } from '../model/suppression.ts'
import { plural, terminalSafe } from '../model/words.ts'
import { csvCell } from '../report/csv.ts'
import type { SuppressFlags } from './commands/suppress.ts'
import type { Context } from './context.ts'
import { withJournal } from './opening.ts'
import { writeAll } from './printing.ts'

type WithReason = SuppressFlags & { readonly reason: SuppressionReason }

/** All of them or, if one is not an address, none. */
export function addSuppressions(texts: readonly string[], options: WithReason, context: Context): Promise<ExitCode> {
  const atMs = context.clock.nowMs()
  const suppressions = texts.map(text => ({
    address: addressOf(text),
    reason: options.reason,
    source: 'command line',
    atMs,
  }))
  return withJournal(options, context, 'create', journal => {
    const added = journal.suppress(suppressions)
    return say(
      context,
      `${plural(added, 'address', 'addresses')} suppressed, ${texts.length - added} suppressed before`,
    )
  })
}

export function removeSuppressions(
  texts: readonly string[],
  options: SuppressFlags,
  context: Context,
): Promise<ExitCode> {
  const addresses = texts.map(addressOf)
  return withJournal(options, context, 'readWrite', journal => {
    const removed = journal.unsuppress(addresses)
    return say(
      context,
      `${plural(removed, 'address', 'addresses')} allowed again, ${addresses.length - removed} not suppressed before`,
    )
  })
}

export function listSuppressions(options: SuppressFlags & { json?: boolean }, context: Context): Promise<ExitCode> {
  return withJournal(options, context, 'readOnly', async journal => {
    for (const { address, reason, source, atMs } of journal.suppressions()) {
      const at = new Date(atMs).toISOString()
      const line =
        options.json === true
          ? JSON.stringify({ email: address, reason, source, at })
          : `${terminalSafe(address)}  ${reason}  ${at.slice(0, 10)}  ${terminalSafe(source)}`
      context.stdout.write(`${line}\n`)
    }
    await context.stdout.flush()
    return exitCode.done
  })
}

/** Bad rows are named and left out; what is good is suppressed, for too many is the safe side here. */
export function importSuppressions(file: string, options: WithReason, context: Context): Promise<ExitCode> {
  const settings = { path: file, columns: {}, delimiter: null, encoding: null }
  return withJournal(options, context, 'create', async journal => {
    const list = await openRecipients(settings, { folder: context.cwd, stdin: context.stdin })
    const atMs = context.clock.nowMs()
    let rows = 0
    let added = 0
    let bad = 0
    for await (const { recipients, problems } of list.batches) {
      for (const problem of problems)
        context.stderr.write(`${file}:${problem.line}: ${terminalSafe(problem.detail)}; left out\n`)
      bad += problems.length
      rows += recipients.length
      added += journal.suppress(
        recipients.map(({ address, fields }): Suppression => {
          return { address, reason: reasonOf(fields, options.reason), source: `import of ${file}`, atMs }
        }),
      )
    }
    say(
      context,
      `${plural(added, 'address', 'addresses')} suppressed, ${rows - added} suppressed before, ${plural(bad, 'bad row')}`,
    )
    return bad === 0 ? exitCode.done : exitCode.incomplete
  })
}

export function exportSuppressions(
  file: string | undefined,
  options: SuppressFlags,
  context: Context,
): Promise<ExitCode> {
  return withJournal(options, context, 'readOnly', async journal => {
    if (file === undefined || file === '-') {
      await writeAll(csvLines(journal.suppressions()), context.stdout.stream)
      return exitCode.done
    }
    await writeNew(resolve(context.cwd, file), csvLines(journal.suppressions()))
    return exitCode.done
  })
}

function* csvLines(suppressions: Iterable<Suppression>): Generator<string> {
  yield 'email,reason,source,at\n'
  for (const { address, reason, source, atMs } of suppressions) {
    yield `${[address, reason, source, new Date(atMs).toISOString()].map(csvCell).join(',')}\n`
  }
}

async function writeNew(path: string, lines: Iterable<string>): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      for (const line of lines) await file.write(line)
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    const remedy = code === 'EEXIST' ? 'name a file that is not there yet' : 'name a file that can be written'
    throw new UserError(`cannot be written (${code})`, { where: path, remedy })
  }
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed.ok) return parsed.address
  throw new UserError(`${terminalSafe(text)}: ${parsed.problem}; nothing was changed`)
}

/** A reason of the file's own, under whatever case of its column; one that is not known is not guessed at. */
function reasonOf(fields: Fields, otherwise: SuppressionReason): SuppressionReason {
  const cell = Object.entries(fields).find(([name]) => name.toLowerCase() === 'reason')?.[1]
  return suppressionReasons.find(reason => reason === cell?.trim().toLowerCase()) ?? otherwise
}

function say(context: Context, words: string): ExitCode {
  context.stdout.write(`${words}\n`)
  return exitCode.done
}
