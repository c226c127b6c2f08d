/** `mailblast completion`, and `mailblast manual`: the command line described for shells and for man. */

import { Argument, Command } from 'commander'
import { exitCode } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Finish } from '../main.ts'

export function completionCommand(context: Context, finish: Finish): Command {
  const command = new Command('completion')
    .description('Print a script that completes commands and options, for bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
  return command.action(async (shell: 'bash' | 'zsh' | 'fish') => {
    const { completionScript } = await import('../completion.ts')
    context.stdout.write(completionScript(rootOf(command), shell))
    finish(exitCode.done)
  })
}

export function manualCommand(context: Context, finish: Finish): Command {
  const command = new Command('manual').description('Print the manual page, for man.')
  return command.action(async () => {
    const { manPage } = await import('../man-page.ts')
    const program = rootOf(command)
    const date = new Date(context.clock.nowMs()).toISOString().slice(0, 10)
    context.stdout.write(manPage(program, { version: program.version() ?? '', date, exitCodes }))
    finish(exitCode.done)
  })
}

/** A topic of `mailblast help`, which is a command all the same. */
export function exitCodesCommand(context: Context, finish: Finish): Command {
  return new Command('exit-codes').description('Say what each exit code means, for scripts.').action(() => {
    context.stdout.write(`${exitCodes.map(({ code, means }) => `${code}  ${means}`).join('\n')}\n`)
    finish(exitCode.done)
  })
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent)
}
