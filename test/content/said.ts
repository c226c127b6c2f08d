/** What is said of a mistake, on one line, as the tables of these tests show it. */

import { UserError } from '../../src/model/errors.ts'

export function said(attempt: () => unknown): string {
  try {
    attempt()
    return 'fine'
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return line(error)
  }
}

export async function saidLater(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt()
    return 'fine'
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return line(error)
  }
}

function line({ where, message, remedy }: UserError): string {
  return `${where === undefined ? '' : `${where}: `}${message}${remedy === undefined ? '' : ` → ${remedy}`}`
}
