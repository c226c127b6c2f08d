/**
 * What a build server makes of log lines: GitHub Actions folds groups and shows errors beside the job (its page on workflow
 * commands), GitLab folds sections (its page on job logs). Words from outside must never be taken for a command.
 */

export interface CiLog {
  /** To be written before lines that belong together, and after them; they are folded. */
  readonly open: (title: string, nowMs: number) => string
  readonly close: (nowMs: number) => string
  /** To be written around lines with words from outside that are not folded. */
  readonly hush: string
  readonly speak: string
  /** An error shown beside the job; null where there is no such thing. */
  readonly error: ((title: string, text: string) => string) | null
}

/** Null where no such build server runs this. `token` is hexadecimal, and nobody can guess it. */
export function ciLog(env: Readonly<Record<string, string | undefined>>, token: string): CiLog | null {
  if (env['GITHUB_ACTIONS'] === 'true') return githubLog(token)
  return env['GITLAB_CI'] === 'true' ? gitlabLog(token) : null
}

/** Between `hush` and `speak` the runner takes no line for a command, whatever it holds. */
function githubLog(token: string): CiLog {
  const [hush, speak] = [`::stop-commands::${token}\n`, `::${token}::\n`]
  return {
    open: title => `::group::${data(title)}\n${hush}`,
    close: () => `${speak}::endgroup::\n`,
    hush,
    speak,
    error: (title, text) => `::error title=${property(title)}::${data(text)}\n`,
  }
}

function gitlabLog(token: string): CiLog {
  const name = `mailblast_${token.slice(0, 8)}`
  const mark = (what: string, nowMs: number): string =>
    `\x1b[0Ksection_${what}:${Math.floor(nowMs / 1000)}:${name}\r\x1b[0K`
  return {
    open: (title, nowMs) => `${mark('start', nowMs)}${title}\n`,
    close: nowMs => `${mark('end', nowMs)}\n`,
    hush: '',
    speak: '',
    error: null,
  }
}

/** As the runner's own toolkit escapes what follows the second `::`. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** The same for what stands before it, where a colon and a comma mean something too. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
