/** What build servers are told, and what they must not take for a command. */

import { expect, test } from 'vitest'
import { ciLog } from '../../src/dashboard/ci-log.ts'
import { plainWatcher } from '../../src/dashboard/plain.ts'
import type { Notice } from '../../src/model/notice.ts'

const startMs = Date.UTC(2026, 10, 22, 9)
const counts = { rows: 9, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: 9, rowProblems: 0 }
const token = '0123456789abcdef'

const notices: readonly Notice[] = [
  { type: 'started', atMs: startMs, run: 'RUN', campaign: 'news\n::error::x', counts, recovered: 0 },
  {
    type: 'route-resting',
    atMs: startMs + 1000,
    route: 'smtp',
    untilMs: startMs + 31_000,
    cause: { class: 'transient', text: '::set-env name=PATH::/tmp ##[add-mask]x' },
  },
  { type: 'ended', atMs: startMs + 90_000, run: 'RUN', ending: { kind: 'finished' }, counts },
]

function said(env: Record<string, string>): string {
  let text = ''
  const watcher = plainWatcher({ write: piece => (text += piece) }, ciLog(env, token))
  for (const notice of notices) watcher.notify(notice)
  watcher.close()
  return text
}

test('GitHub Actions folds the lines, and hears no command in them', () => {
  expect(said({ GITHUB_ACTIONS: 'true' })).toMatchInlineSnapshot(`
    "::group::mailblast sends news ::error::x
    ::stop-commands::0123456789abcdef
    run RUN: 9 messages to send
    smtp rests for 30 s: ::set-env name=PATH::/tmp ##[add-mask]x
    ::0123456789abcdef::
    ::endgroup::
    "
  `)
})

test('GitLab folds the lines', () => {
  expect(JSON.stringify(said({ GITLAB_CI: 'true' }))).toMatchInlineSnapshot(
    `""\\u001b[0Ksection_start:1795338000:mailblast_01234567\\r\\u001b[0Kmailblast sends news ::error::x\\nrun RUN: 9 messages to send\\nsmtp rests for 30 s: ::set-env name=PATH::/tmp ##[add-mask]x\\n\\u001b[0Ksection_end:1795338090:mailblast_01234567\\r\\u001b[0K\\n""`,
  )
})

test('elsewhere lines are lines', () => {
  expect(ciLog({}, token)).toBe(null)
  expect(said({ GITHUB_ACTIONS: 'false' })).toMatchInlineSnapshot(`
    "run RUN: 9 messages to send
    smtp rests for 30 s: ::set-env name=PATH::/tmp ##[add-mask]x
    "
  `)
})

test('an error is one line, whatever is in it', () => {
  expect(ciLog({ GITHUB_ACTIONS: 'true' }, token)?.error?.('a:b,c\n', '100 %\r\n::warning::d')).toBe(
    '::error title=a%3Ab%2Cc%0A::100 %25%0D%0A::warning::d\n',
  )
})
