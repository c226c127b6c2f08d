/** A sink of the real program, and where it is. */

import type { Running, Workplace } from './mailblast.ts'

export interface Rehearsal {
  readonly smtpPort: number
  /** Where its HTTP providers begin, without a slash at the end. */
  readonly http: string
  readonly sink: Running
}

export async function startSink(place: Workplace, ...args: readonly string[]): Promise<Rehearsal> {
  const sink = place.start(['sink', '--smtp-port', '0', '--http-port', '0', ...args])
  let text = ''
  sink.child.stderr?.on('data', (chunk: string) => {
    text += chunk
  })
  await sink.said('Ctrl-C ends it.')
  const smtpPort = Number(/smtp:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1])
  const http = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? ''
  return { smtpPort, http, sink }
}
