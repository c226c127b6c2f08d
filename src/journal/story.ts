/** All that a journal knows of one address, as `Journal.story` gives it. */

import type { MessageRecord } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import type { Suppression } from '../model/suppression.ts'

export interface Story {
  /** Null: she may be mailed. */
  readonly suppression: Suppression | null
  /** One for each row of a list on which she stands; the newest run first, in the order of its lines. */
  readonly chapters: readonly Chapter[]
}

export interface Chapter {
  readonly run: Run
  readonly record: MessageRecord
  /** In the order in which the calls began. */
  readonly attempts: readonly StoredAttempt[]
}

/** A call in which she was handed over. What was said in it is in the record if it was the last one. */
export interface StoredAttempt {
  readonly route: string
  readonly begunAtMs: number
  /** When its outcome was written down; null: it is open, or nobody heard the answer. */
  readonly settledAtMs: number | null
  /** When it was found that nobody would hear the answer; null: that was never so. */
  readonly givenUpAtMs: number | null
  /** How many messages went in the same call, hers among them. */
  readonly messages: number
  /** Whether it is the last one that was settled or given up. */
  readonly isLast: boolean
}
