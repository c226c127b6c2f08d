/**
 * The HTTP half of a sink: one port for all providers with an HTTP API, each under a path that begins with its name. What
 * the rules say is done at each step, and who is accepted goes into the ledger first.
 */

import { createHash } from 'node:crypto'
import { CallMemory } from './call-memory.ts'
import { type Call, type Conduct, domainOf, sameAddress } from './conduct.ts'
import {
  type HttpAct,
  type HttpAnswer,
  type HttpEnding,
  type HttpRequest,
  type HttpServer,
  startHttpServer,
} from './http-server.ts'
import { TakenMemory } from './memory.ts'
import { isOfSite } from './misbehaviour.ts'
import { type Rule, type RulePhase, usualSaying } from './rule.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading } from './vendor.ts'

const garbage = '\u0001\u0016 what 0xDEAD\r\n\r\n'

export interface HttpSinkOptions {
  readonly port: number
  readonly conduct: Conduct
  readonly vendors: readonly SinkVendor[]
  /** The one key that is accepted; null: any. */
  readonly apiKey: string | null
  /** Told of every new connection, with its number. */
  readonly onOpened: (connection: number) => void
}

/** A request to a vendor, and its call. */
interface Visit {
  readonly vendor: SinkVendor
  readonly path: string
  readonly call: Call
  hasBody: boolean
}

/** Rejects with the system's error if the port cannot be had. */
export function startHttpSink({ port, conduct, vendors, apiKey, onOpened }: HttpSinkOptions): Promise<HttpServer> {
  const visits = new WeakMap<HttpRequest, Visit>()
  const memories = new Map(vendors.map(vendor => [vendor, new TakenMemory()]))
  const calls = new Map(vendors.map(vendor => [vendor, new CallMemory()]))

  function visitOf(request: HttpRequest): Visit | undefined {
    const name = /^\/([^/?]+)/.exec(request.url)?.[1]
    const vendor = vendors.find(each => each.name === name)
    if (vendor === undefined) return undefined
    const path = request.url.slice(vendor.name.length + 1)
    const number = vendor.isLookup(request.method, path) ? null : conduct.nextCall()
    const { connection } = request
    const call: Call = { provider: vendor.name, connection, number, to: [], misbehaviour: null, inLedger: false }
    return { vendor, path, call, hasBody: false }
  }

  /** What the rules have to say before a request is there whole. */
  function meet(visit: Visit, phase: 'head' | 'lookup' | 'body'): HttpAct | Promise<HttpAct> {
    const rule = conduct.meet(visit.call, phase, { transport: 'http', phase })
    if (rule === null) return { do: 'go on' }
    return conduct.after(rule.delayMs, actOf(rule, phase, visit, { about: 0, wait: waitOf(rule) }))
  }

  /** What the rule has a refusal ask for, from when it is said. */
  function waitOf({ retryAfterSeconds: seconds, delayMs }: Rule): AskedWait | null {
    return seconds === null ? null : { seconds, fromMs: conduct.nowMs() + delayMs }
  }

  function taken(visit: Visit, mails: readonly VendorMail[]): boolean {
    const entries = mails.map(mail => ({
      address: mail.to,
      message_id: mail.messageId,
      run: mail.run,
      subject: mail.subject,
      body_sha256: createHash('sha256')
        .update(`${mail.text ?? ''}\0${mail.html ?? ''}`)
        .digest('hex'),
    }))
    if (!conduct.take(visit.call, entries)) return false
    const atMs = conduct.nowMs()
    for (const { messageId, run, to } of mails)
      if (messageId !== null)
        memories.get(visit.vendor)?.add(messageId, { run, to: sameAddress(to), call: visit.call.number ?? 0, atMs })
    return true
  }

  async function whole(request: HttpRequest, visit: Visit, body: Buffer): Promise<HttpEnding> {
    const { vendor, path, call } = visit
    const { method, headers } = request
    const reading = await vendor.read({ method, mountedAt: `/${vendor.name}`, path, headers, body }, apiKey)
    if (reading.kind === 'refused' || reading.kind === 'asked') return answerWith(reading.answer)
    if (reading.kind === 'lookup') return answerWith(reading.answer(memories.get(vendor) ?? new TakenMemory()))
    const { mails, repeatable } = reading
    // A repetition is answered as the first call was, and takes nothing.
    const repeated = repeatable && calls.get(vendor)?.answerTo(repeatable, conduct.nowMs())
    call.to = mails.map(mail => sameAddress(mail.to))
    const rule = conduct.meet(call, 'taken', { transport: 'http', phase: 'answer' })
    const about = Math.max(
      0,
      mails.findIndex(mail => rule !== null && isOfSite(rule.sites, domainOf(mail.to))),
    )
    const partly =
      repeated === undefined && rule?.do === 'refuse-part' ? partlyRefused(reading, rule, call, about) : undefined
    const answer = repeated ?? partly ?? reading.answer(call.number ?? 0)
    const takes = repeated === undefined && (partly !== undefined || rule === null || rule.do === 'slow' || rule.taken)
    if (takes) {
      const going = partly === undefined ? mails : mails.filter((_, index) => index !== about)
      if (going.length > 0 && reading.delivers && !taken(visit, going)) return { do: 'drop' }
      if (repeatable !== undefined) calls.get(vendor)?.add(repeatable, answer, conduct.nowMs())
    }
    if (rule === null) return answerWith(answer)
    const act = partly === undefined ? actOf(rule, 'answer', visit, { about, wait: waitOf(rule) }) : answerWith(partly)
    return conduct.after(rule.delayMs, act.do === 'go on' ? answerWith(answer) : act)
  }

  return startHttpServer({
    port,
    bodyMaxBytes: Math.max(0, ...vendors.map(vendor => vendor.requestMaxBytes)),
    onOpened,
    onHead(request) {
      const visit = visitOf(request)
      if (visit === undefined) return answerWith(nobodyHere)
      visits.set(request, visit)
      return meet(visit, visit.call.number === null ? 'lookup' : 'head')
    },
    onBody(request) {
      const visit = visits.get(request)
      if (visit === undefined || visit.hasBody || visit.call.number === null) return { do: 'go on' }
      visit.hasBody = true
      return meet(visit, 'body')
    },
    onWhole(request, body) {
      const visit = visits.get(request)
      return visit === undefined ? answerWith(nobodyHere) : whole(request, visit, body)
    },
    onAnswered(request) {
      const call = visits.get(request)?.call
      if (call !== undefined && call.number !== null) conduct.answered(call)
    },
  })
}

/** A vendor's answer that takes all mails but one; undefined if it takes a call whole or not at all, or the rule has its own. */
function partlyRefused(
  { partial }: VendorReading & { readonly kind: 'mails' },
  rule: Rule,
  { number }: Call,
  about: number,
): HttpAnswer | undefined {
  if (rule.status !== null || rule.body !== null) return undefined
  return partial?.(number ?? 0, about, rule.say ?? usualSaying(rule.do, 'answer'))
}

const nobodyHere: HttpAnswer = { status: 404, body: '{"errors":[{"message":"no provider is served at this path"}]}' }

function answerWith(answer: HttpAnswer): HttpEnding {
  return { do: 'answer', answer }
}

/** What a refusal names and asks for: `about` is the position of a mail. */
interface Particulars {
  readonly about: number
  readonly wait: AskedWait | null
}

/** What a rule comes to, apart from what is taken. */
function actOf(rule: Rule, phase: RulePhase, { vendor }: Visit, particulars: Particulars): HttpAct {
  switch (rule.do) {
    case 'slow':
    // Never chosen here: it is the port's.
    case 'refuse-connections':
      return { do: 'go on' }
    case 'refuse':
    case 'defer':
    case 'throttle':
    case 'refuse-part':
      return answerWith(refusalOf(rule, phase, vendor, particulars))
    case 'lose-answer':
    case 'drop':
      return { do: 'drop' }
    case 'garbage':
      return { do: 'raw', bytes: garbage }
    case 'hang':
      return { do: 'nothing' }
  }
}

function refusalOf(rule: Rule, phase: RulePhase, vendor: SinkVendor, { about, wait }: Particulars): HttpAnswer {
  const said = vendor.says(rule.say ?? usualSaying(rule.do, phase), about, wait)
  return {
    status: rule.status ?? said.status,
    ...(said.headers === undefined ? {} : { headers: said.headers }),
    body: rule.body ?? said.body ?? '',
  }
}
