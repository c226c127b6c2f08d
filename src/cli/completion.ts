/**
 * Completion for the shells, made from the command tree itself, so that it never lacks an option that there is. The scripts
 * hold words and nothing that runs mailblast; where no word fits, the shell completes files.
 */

import type { Command, Option } from 'commander'
import { UserError } from '../model/errors.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The script for a shell, to be read by it at its start. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = shownCommands(program)
  for (const { name } of commands.flatMap(command => [command, ...command.options]))
    if (!/^[\w-]+$/.test(name)) throw new UserError(`${name} cannot be completed`)
  return { bash, zsh, fish }[shell](commands)
}

interface ShownCommand {
  readonly name: string
  readonly description: string
  readonly options: readonly ShownOption[]
}

interface ShownOption {
  /** Without its dashes. */
  readonly name: string
  readonly description: string
  readonly takesValue: boolean
  /** Empty where any value will do. */
  readonly choices: readonly string[]
}

function shownCommands(program: Command): readonly ShownCommand[] {
  return program.commands.map(command => ({
    name: command.name(),
    description: firstSentence(command.description()),
    options: [...command.options, ...program.options].filter(option => !option.hidden && option.long).map(shownOption),
  }))
}

function shownOption(option: Option): ShownOption {
  return {
    name: option.long?.slice(2) ?? '',
    description: firstSentence(option.description),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  }
}

function firstSentence(text: string): string {
  return text.split(/[.;](?: |$)|: | \(/, 1)[0]?.trim() ?? ''
}

function bash(commands: readonly ShownCommand[]): string {
  const cases = commands.map(({ name, options }) => {
    const words = ['--help', ...options.map(option => `--${option.name}`)].join(' ')
    return `    ${name}) words="${words}" ;;`
  })
  const values = choicesOf(commands).map(([name, choices]) => `    --${name}) words="${choices.join(' ')}" ;;`)
  return `# bash completion for mailblast: eval "$(mailblast completion bash)"
_mailblast() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(command => command.name).join(' ')} help --help --version" -- "$word"))
    return
  fi
  case "$before" in
${values.join('\n')}
  esac
  if [ -z "$words" ] && [[ "$word" == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${cases.map(line => `  ${line}`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _mailblast mailblast
`
}

function zsh(commands: readonly ShownCommand[]): string {
  const names = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`)
  const cases = commands.map(({ name, options }) => {
    const specs = options.map(option => {
      const value =
        option.choices.length > 0 ? `:value:(${option.choices.join(' ')})` : option.takesValue ? ':value:_files' : ''
      return `        ${quoted(`--${option.name}[${option.description.replace(/[[\]]/g, '')}]${value}`)}`
    })
    return `      ${name}) _arguments \\\n${[...specs, "        '*:file:_files'"].join(' \\\n')} ;;`
  })
  return `#compdef mailblast
# zsh completion for mailblast: mailblast completion zsh > a folder of $fpath/_mailblast
_mailblast() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case "$state" in
    command) _describe 'command' commands ;;
    argument)
      case "$words[1]" in
${cases.join('\n')}
      esac ;;
  esac
}
compdef _mailblast mailblast
`
}

function fish(commands: readonly ShownCommand[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c mailblast -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ...options.map(option => {
      const value =
        option.choices.length > 0 ? ` -x -a ${quoted(option.choices.join(' '))}` : option.takesValue ? ' -r' : ''
      return `complete -c mailblast -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${value} -d ${quoted(option.description)}`
    }),
  ])
  return `# fish completion for mailblast: mailblast completion fish > ~/.config/fish/completions/mailblast.fish\n${lines.join('\n')}\n`
}

/** Options with a fixed set of values, each once. */
function choicesOf(commands: readonly ShownCommand[]): readonly (readonly [string, readonly string[]])[] {
  const found = new Map<string, readonly string[]>()
  for (const { options } of commands)
    for (const { name, choices } of options) if (choices.length > 0) found.set(name, choices)
  return [...found]
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
