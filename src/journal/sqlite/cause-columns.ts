/** A cause as it is kept in the columns of its message. */

import type { Cause, FailureClass } from '../../model/outcome.ts'
import { bounded, boundedOrNull } from './columns.ts'

export interface CauseColumns {
  readonly class: FailureClass
  readonly code: string | null
  readonly status: string | null
  readonly text: string
}

/** To follow `SET`; takes CauseColumns. */
export const setCause = 'class = :class, code = :code, status = :status, text = :text'

export function causeValues(cause: Cause): CauseColumns {
  return {
    class: cause.class,
    code: boundedOrNull(cause.code),
    status: boundedOrNull(cause.status),
    text: bounded(cause.text),
  }
}

export function causeOf({ class: failureClass, code, status, text }: CauseColumns): Cause {
  return {
    class: failureClass,
    ...(code === null ? {} : { code }),
    ...(status === null ? {} : { status }),
    text,
  }
}
