/**
 * Looking up a server's name for many connections. Names are asked of the system anew for each connection, so that a
 * vendor who moves is followed as fast as the system follows; but those who ask at the same time share one question, and
 * while the system knows no answer, the last good one stands in. So 64 connections that begin together ask once instead of
 * 64 times on the four threads that Node has for it, and a resolver that is out for a while in the middle of a run is not
 * noticed. Who is really there is proved by the certificate.
 */

import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

type Told = Parameters<LookupFunction>[2]
type Answer = Parameters<Told>

/** `ask` is for tests, which have no resolver. */
export function rememberingLookup(ask: LookupFunction = lookup): LookupFunction {
  const known = new Map<string, Answer>()
  const open = new Map<string, Told[]>()
  return (hostname, options, told) => {
    const question = JSON.stringify([hostname, options.all, options.family, options.hints])
    const waiting = open.get(question)
    if (waiting !== undefined) {
      waiting.push(told)
      return
    }
    const asking = [told]
    open.set(question, asking)
    ask(hostname, options, (...answer) => {
      open.delete(question)
      if (answer[0] === null) known.set(question, answer)
      const best = known.get(question) ?? answer
      for (const each of asking) each(...best)
    })
  }
}
