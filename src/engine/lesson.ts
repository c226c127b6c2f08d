/** What a route or lane learns from all the messages of one call. */

import type { Lesson } from '../policy/disposition.ts'

const gravity: Readonly<Record<Lesson['kind'], number>> = { none: 0, 'went well': 1, 'slow down': 2, stop: 3 }

/** The gravest lesson counts; of several requests to slow down, the one with the longest wait. */
export function worst(lessons: readonly Lesson[]): Lesson {
  return lessons.reduce<Lesson>((grave, lesson) => (isGraver(lesson, grave) ? lesson : grave), { kind: 'none' })
}

function isGraver(lesson: Lesson, than: Lesson): boolean {
  if (lesson.kind === 'slow down' && than.kind === 'slow down')
    return (lesson.retryAfterMs ?? 0) > (than.retryAfterMs ?? 0)
  return gravity[lesson.kind] > gravity[than.kind]
}
