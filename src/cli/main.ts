/**
 * The command line: finds the command, runs it, and turns what is thrown into one clear message and an exit code. Each
 * command loads what it needs when it runs, so that help and version need next to nothing.
 */

import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import { type Context, processContext } from './context.ts'
import { examplesHelp } from './examples.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { keepHeapSmall } from './heap.ts'

/** Runs one command line (without the program's name) and returns its exit code; never throws. */
export async function main(args: readonly string[], context: Context = processContext()): Promise<ExitCode> {
  keepHeapSmall()
  const code = await run(args, context)
  await context.stdout.flush()
  return toldInFull(code, args, context)
}

async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = exitCode.done
  try {
    const program = build(await commandsFor(args[0]), context, result => {
      code = result
    })
    await program.parseAsync(args.map(withoutOptionalValue), { from: 'user' })
    return code
  } catch (error) {
    // Somebody who closes the pipe early (`| head`) has read enough; that is not an error.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return code
    return explain(error, context, args.includes('--debug'))
  }
}

/**
 * `--yes` may have a value or none, and commander would take the campaign file after a bare `--yes` for its value. So
 * `--yes=COUNT` is an option of its own behind the scenes.
 */
function withoutOptionalValue(argument: string): string {
  return argument.startsWith('--yes=') ? `--yes-count=${argument.slice('--yes='.length)}` : argument
}

/** What they have done is done, and their exit code says so, whether or not it could be told. */
const acting: readonly string[] = [
  'init',
  'send',
  'resume',
  'settle',
  'retry',
  'pause',
  'cancel',
  'rate',
  'suppress add',
  'suppress remove',
  'suppress import',
]

/** What was asked for and is cut off, as on a disk that is full, must not be taken for all of it. */
function toldInFull(code: ExitCode, [name = '', inner = '']: readonly string[], { stdout, stderr }: Context): ExitCode {
  if (stdout.lost === null) return code
  stderr.write(`mailblast: not everything could be written to standard output (${stdout.lost})\n`)
  const isActing = acting.includes(name) || acting.includes(`${name} ${inner}`)
  return code === exitCode.done && !isActing ? exitCode.usage : code
}

/** Told by a command what its exit code is. */
export type Finish = (code: ExitCode) => void

type MakeCommand = (context: Context, finish: Finish) => Command

/** Every command, in the order of the help. Each file is loaded when it is asked for: together they take longer than most. */
const commands: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  preview: async () => (await import('./commands/preview.ts')).previewCommand,
  send: async () => (await import('./commands/send.ts')).sendCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  watch: async () => (await import('./commands/watch.ts')).watchCommand,
  report: async () => (await import('./commands/report.ts')).reportCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  settle: async () => (await import('./commands/settle.ts')).settleCommand,
  retry: async () => (await import('./commands/retry.ts')).retryCommand,
  pause: async () => (await import('./commands/pause.ts')).pauseCommand,
  cancel: async () => (await import('./commands/cancel.ts')).cancelCommand,
  rate: async () => (await import('./commands/rate.ts')).rateCommand,
  suppress: async () => (await import('./commands/suppress.ts')).suppressCommand,
  providers: async () => (await import('./commands/providers.ts')).providersCommand,
  sink: async () => (await import('./commands/sink.ts')).sinkCommand,
  schema: async () => (await import('./commands/schema.ts')).schemaCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
  manual: async () => (await import('./commands/completion.ts')).manualCommand,
  'exit-codes': async () => (await import('./commands/completion.ts')).exitCodesCommand,
}

/** These tell of all the others. */
const tellsOfAll: readonly string[] = ['completion', 'manual']

/** Only the command that is named, where one is: all of them for the help, and to find the one that may have been meant. */
function commandsFor(name: string | undefined): Promise<readonly MakeCommand[]> {
  const load =
    name === undefined || !Object.hasOwn(commands, name) || tellsOfAll.includes(name) ? undefined : commands[name]
  return Promise.all((load === undefined ? Object.values(commands) : [load]).map(make => make()))
}

function build(commands: readonly MakeCommand[], context: Context, finish: Finish): Command {
  const program = new Command('mailblast')
    .description('Send a campaign to a list: nobody lost, nobody mailed twice, every row accounted for.')
    .version(version(), '-V, --version')
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: text => context.stdout.write(text), writeErr: text => context.stderr.write(text) })
    .option('--debug', 'show the stack of an error')
    .showHelpAfterError('(mailblast --help shows what there is)')
    .exitOverride()
  for (const command of commands) program.addCommand(inherit(command(context, finish), program))
  return program.addHelpText('after', exitCodesHelp)
}

function inherit(command: Command, program: Command): Command {
  command
    .copyInheritedSettings(program)
    .addHelpText('after', examplesHelp(command.name()))
    .addHelpText('after', exitCodesHelp)
  for (const inner of command.commands) inherit(inner, command)
  return command
}

function explain(error: unknown, context: Context, debug: boolean): ExitCode {
  const { stderr, cwd } = context
  // Commander has printed its message already; help and version end this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage
  if (error instanceof UserError) {
    const where = error.where === undefined ? '' : `${error.where}: `
    const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy.replaceAll('\n', '\n  ')}`
    // Files are named as they are seen from where the command was given.
    const message = `mailblast: ${where}${error.message}${remedy}\n`
    stderr.write(cwd === '/' ? message : message.replaceAll(`${cwd}/`, ''))
    if (debug) stderr.write(`${error.stack ?? ''}\n`)
    return error.exitCode
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  stderr.write(`mailblast: this is a bug in mailblast, please report it: ${debug ? stack : stack.split('\n', 1)[0]}\n`)
  if (!debug) stderr.write('  --debug shows where it happened\n')
  return exitCode.bug
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
