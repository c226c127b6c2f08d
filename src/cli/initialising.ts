/** What `mailblast init` does. It writes new files only: if one is there already, nothing is written. */

import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDocument } from 'yaml'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { InitFlags } from './commands/init.ts'
import type { Context } from './context.ts'
import { askForCampaign } from './init-questions.ts'
import { programName, quotedForShell, shown } from './places.ts'

const templates = fileURLToPath(new URL('../../templates/', import.meta.url))
const campaignFile = 'campaign.yml'

interface InitOptions extends InitFlags {
  readonly folder: string
  /** Whether nothing is said of the campaign yet. */
  readonly isBare: boolean
}

export async function init(options: InitOptions, context: Context): Promise<ExitCode> {
  const asks = options.isBare && context.stdin.isTTY && context.stderr.isTerminal
  const flags = asks ? await askForCampaign(context) : options
  if (flags !== null) return write({ ...flags, folder: options.folder }, context)
  context.stderr.write('Nothing was written.\n')
  return exitCode.usage
}

async function write(options: InitFlags & { readonly folder: string }, context: Context): Promise<ExitCode> {
  const folder = resolve(context.cwd, options.folder)
  const source = join(templates, options.template)
  const names = (await readdir(source)).sort()
  const taken = names.filter(name => existsSync(join(folder, name)))
  if (taken.length > 0) {
    throw new UserError(`${taken.join(', ')}: there already; nothing was written`, {
      where: shown(folder, context),
      remedy: 'name another folder: mailblast init FOLDER',
    })
  }
  try {
    await mkdir(folder, { recursive: true })
    for (const name of names) {
      const text = await readFile(join(source, name), 'utf8')
      await writeFile(join(folder, name), name === campaignFile ? filledIn(text, options) : text, { flag: 'wx' })
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new UserError(`cannot be written (${code})`, { where: shown(folder, context) })
  }
  const campaign = quotedForShell(shown(join(folder, campaignFile), context))
  const program = programName(context)
  const version = options.template === 'notice' ? ' --var version=1.0.0' : ''
  context.stdout.write(
    [
      `wrote ${names.map(name => shown(join(folder, name), context)).join(', ')}`,
      '',
      `  ${program} preview ${campaign}${version}`,
      `  ${program} send ${campaign}${version}`,
      '',
      'As it stands the campaign delivers to nobody: every message becomes a file in outbox/.',
      '',
    ].join('\n'),
  )
  return exitCode.done
}

/** Name and sender are put in as YAML, whatever characters they hold; comments stay. */
function filledIn(text: string, { name, from }: InitFlags): string {
  if (name === undefined && from === undefined) return text
  const document = parseDocument(text)
  if (name !== undefined) document.set('name', name)
  if (from !== undefined) document.set('from', from)
  return document.toString()
}
