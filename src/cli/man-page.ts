/** The manual page, made from the command tree, so that it says what the help says. In the macros of man(7). */

import type { Argument, Command, Option } from 'commander'
import { examples } from './examples.ts'

/** `date` stands in the page's foot, such as `2026-11-26`. */
export function manPage(program: Command, { version, date, exitCodes }: ManFacts): string {
  return [
    `.TH MAILBLAST 1 "${date}" "mailblast ${version}"`,
    '.SH NAME',
    `mailblast \\- ${roff(program.description().replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B mailblast',
    '.I command',
    '[\\fIoption\\fR ...]',
    '.SH COMMANDS',
    ...program.commands.flatMap(command => commandLines(command)),
    '.SH OPTIONS OF EVERY COMMAND',
    ...program.options.flatMap(optionLines),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(({ code, means }) => ['.TP', `.B ${code}`, roff(means)]),
    '.SH FILES',
    '.TP',
    '.I .mailblast/journal.db',
    'The journal, beside the campaign file unless \\fB\\-\\-journal\\fR or \\fBMAILBLAST_JOURNAL\\fR names another.',
    '',
  ].join('\n')
}

export interface ManFacts {
  readonly version: string
  readonly date: string
  readonly exitCodes: readonly { readonly code: number; readonly means: string }[]
}

function commandLines(command: Command, parent = ''): string[] {
  const name = `${parent}${command.name()}`
  const usage = [`.B ${roff(name)}`, ...command.registeredArguments.map(argumentText)].join(' ')
  const shown = command.options.filter(option => !option.hidden)
  return [
    `.SS ${roff(name)}`,
    usage.replace(/^\.B (\S+(?: \S+)?)$/, '.B $1'),
    '.PP',
    roff(command.description()),
    ...shown.flatMap(optionLines),
    ...exampleLines(command.name()),
    ...command.commands.flatMap(inner => commandLines(inner, `${name} `)),
  ]
}

function exampleLines(command: string): string[] {
  const lines = examples[command] ?? []
  return lines.length === 0 ? [] : ['.PP', 'Examples:', '.PP', '.nf', ...lines.map(line => roff(`    ${line}`)), '.fi']
}

function argumentText(argument: Argument): string {
  const name = roff(argument.name())
  return argument.required ? `<${name}>` : `[${name}]`
}

function optionLines(option: Option): string[] {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`
  const standard =
    option.defaultValueDescription ?? (typeof option.defaultValue === 'string' ? option.defaultValue : null)
  const shown = standard === null ? '' : ` Default: ${standard}.`
  return ['.TP', `.B ${roff(option.flags)}`, roff(`${option.description}${choices}.${shown}`)]
}

/** Text that holds no request and no escape of its own. */
function roff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/\s+/g, ' ')
    .replace(/[^\0-\x7f]/gu, each => `\\[u${each.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/^(?=[.'])/, '\\&')
}
