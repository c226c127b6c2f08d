/** Who is on the list, and why a row of the list did not become a recipient. */

import type { Address } from './address.ts'

/** Merge fields of one recipient: column name to cell. */
export type Fields = Readonly<Record<string, string>>

/** One good row of the list. */
export interface Recipient {
  readonly address: Address
  /** The line of the file on which the row begins, from 1. */
  readonly line: number
  readonly fields: Fields
}

/** The columns that a list of those who failed has after its own: what became of each. */
export const outcomeColumns = [
  'mailblast_line',
  'mailblast_class',
  'mailblast_code',
  'mailblast_status',
  'mailblast_text',
  'mailblast_route',
  'mailblast_attempts',
] as const

/** Why a row did not become a recipient. */
export type RowProblemReason =
  | 'invalid address'
  | 'wrong number of cells'
  | 'row too large'
  | 'quote not closed'
  | 'cannot be rendered'
  | 'line break in a header'
  | 'attachment missing'
  | 'unknown time zone'

/** A row that did not become a recipient: it goes to the rejects file and is counted in every report. */
export interface RowProblem {
  readonly line: number
  readonly reason: RowProblemReason
  /** What is wrong, for a person, with the cell or field it is about. */
  readonly detail: string
  /** The row as it stands in the file; cut where it is longer than 1 MiB. */
  readonly text: string
}

/** Why a good recipient is not mailed in this run. */
export type SkipReason =
  | 'duplicate'
  | 'already had it'
  | 'in doubt from an earlier run'
  | 'suppressed'
  | 'beyond the limit'
  | 'cancelled'
  | 'superseded'
