/** One person's story with all that may be in it. */

import { expect, test } from 'vitest'
import type { Chapter, StoredAttempt, Story } from '../../src/journal/journal.ts'
import type { MessageRecord } from '../../src/model/message.ts'
import { storyJson, storyText, type Told } from '../../src/report/story.ts'
import { address } from '../journal/samples.ts'
import { run, startedMs } from './samples.ts'

const minute = 60_000

const record: MessageRecord = {
  line: 7,
  address: 'ada@example.org',
  state: 'queued',
  skipReason: null,
  class: null,
  code: null,
  status: null,
  text: null,
  route: null,
  providerId: null,
  attempts: 0,
  dueAtMs: null,
  changedAtMs: null,
  settledBy: null,
}

function call(minutes: number, more: Partial<StoredAttempt> = {}): StoredAttempt {
  const begunAtMs = startedMs + minutes * minute
  return {
    route: 'smtp',
    begunAtMs,
    settledAtMs: begunAtMs + 1480,
    givenUpAtMs: null,
    messages: 1,
    isLast: false,
    ...more,
  }
}

function chapter(more: Partial<MessageRecord>, attempts: readonly StoredAttempt[] = []): Chapter {
  return { run: { ...run, campaignName: 'november\u001b[2J' }, record: { ...record, ...more }, attempts }
}

const said = { class: 'soft', code: '452', status: '4.2.2', text: 'mailbox \u001b[31mfull' } as const

const story: Story = {
  suppression: {
    address: address('ada@example.org'),
    reason: 'hard bounce',
    source: 'run 20261122-k3f9mp: 550 5.1.1',
    atMs: startedMs + 60 * minute,
  },
  chapters: [
    chapter({ dueAtMs: startedMs + 30 * minute, ...said }, [call(0), call(5, { messages: 3, isLast: true })]),
    chapter({ dueAtMs: 0 }),
    chapter({ state: 'accepted', providerId: 'abc', changedAtMs: startedMs, settledBy: 'asked' }, [
      call(1, { settledAtMs: null, givenUpAtMs: startedMs + 9 * minute }),
      call(2, { isLast: true }),
    ]),
    chapter({ state: 'failed', ...said, class: 'hard', changedAtMs: startedMs }, [call(3, { isLast: true })]),
    chapter({ state: 'in doubt', class: 'unknown', text: 'the connection was lost', changedAtMs: startedMs }, [
      call(4, { isLast: true }),
    ]),
    chapter({ state: 'skipped', skipReason: 'already had it', changedAtMs: null }),
    chapter({ dueAtMs: 0 }, [call(6, { settledAtMs: null })]),
  ],
}

const told: Told = {
  address: 'ada@example.org',
  story,
  messageIdOf: (of, to) => `<${of.key}.${to}>`,
  nowMs: startedMs + 10 * minute,
}

/** The zone is the reader's; what is golden has none. */
function withoutZone(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d \d\d:(\d\d:\d\d) \S+?(?=[\s:,]|$)/gm, 'DAY HOUR:$1 ZONE')
}

test('for people', async () => {
  const text = [...storyText(told)].join('')
  expect(text).not.toContain('\u001b')
  await expect(withoutZone(text)).toMatchFileSnapshot('../golden/story.txt')
})

test('for programs', async () => {
  await expect(storyJson(told)).toMatchFileSnapshot('../golden/story.json')
})

test('somebody who is suppressed and was on no list, and somebody who is not', () => {
  const alone = [...storyText({ ...told, story: { ...story, chapters: [] } })].join('')
  expect(withoutZone(alone)).toBe(
    'ada@example.org\nsuppressed since DAY HOUR:00:00 ZONE: hard bounce (run 20261122-k3f9mp: 550 5.1.1)\non no list that was sent to\n',
  )
  const free = [...storyText({ ...told, story: { suppression: null, chapters: [] } })].join('')
  expect(free).toBe('ada@example.org\nnot suppressed\non no list that was sent to\n')
})
