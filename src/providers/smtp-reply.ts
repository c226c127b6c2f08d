/**
 * What an SMTP server means by a reply that is not an acceptance. Pure: stage, code and words in, outcome out; the
 * judgements are the rows of `smtp-reply-rules.ts`. A 4yz reply never refuses, and nobody is suppressed by a reply that
 * speaks of policy, reputation, blocks or quotas.
 */

import { causeText, type Outcome } from '../model/outcome.ts'
import {
  type Facts,
  otherwise,
  type Rule,
  rules,
  type Stage,
  speaksOfPolicy,
  type Verdict,
} from './smtp-reply-rules.ts'

export interface Reply {
  readonly stage: Stage
  readonly code: number
  /** The server's words without the code, on one line; `parseReply` makes them. */
  readonly text: string
}

export type Negative = Outcome & { kind: 'deferred' | 'refused' }

/**
 * The outcome of a negative reply. Read in this order, after the provider reference, section 8: words that tell whose
 * trouble it is whatever the code, the enhanced code (RFC 3463), other words, the code (RFC 5321) with its stage.
 */
export function classifyReply(reply: Reply): Negative {
  const status = enhancedCode(reply)
  const facts: Facts = {
    stage: reply.stage,
    code: reply.code,
    status: status?.slice(2) ?? '',
    words: plainWords(reply.text),
    isPermanent: reply.code >= 500 && reply.code <= 599 && !status?.startsWith('4'),
  }
  const verdict = settled(
    facts,
    rules.find(rule => applies(rule, facts)),
  )
  const words = status !== undefined && reply.text.startsWith(status) ? reply.text.slice(status.length) : reply.text
  return {
    kind: verdict.kind,
    scope: verdict.scope,
    cause: {
      class: verdict.class,
      code: String(reply.code),
      ...(status === undefined ? {} : { status }),
      text: causeText(words) || `the server answered ${reply.code} without a word`,
    },
  }
}

/**
 * Whether an outcome tells of the server that was talked to, and another one of the same route may fare better: not what
 * it says of our login or allowance, nor an end of our own doing.
 */
export function isServersTrouble(outcome: Outcome): outcome is Negative {
  if (outcome.kind !== 'deferred' && outcome.kind !== 'refused') return false
  const { class: failureClass, code } = outcome.cause
  return outcome.scope === 'route' && failureClass !== 'auth' && failureClass !== 'quota' && code !== abortedCode
}

/** The code of an outcome that is our own doing: the call was to end at once. */
export const abortedCode = 'ABORTED'

/**
 * Takes a reply as it came, of one line or several (`550-5.7.1 …`), apart. The code is undefined if it has none of the
 * form `4yz` or `5yz`, and then it is no answer to rely on.
 */
export function parseReply(response: string): { readonly code: number | undefined; readonly text: string } {
  const lines = response.split(/\r?\n/)
  const code = /^[45]\d\d(?=[ -]|$)/.exec(lines.at(-1) ?? '')?.[0]
  const words = lines.map(line => line.replace(/^\d{3}[ -]?/, '').trim())
  const status = /^[245]\.\d{1,3}\.\d{1,3}\b/.exec(words[0] ?? '')?.[0]
  // Many servers begin every line of a reply with the enhanced code; once is enough.
  const text = words.map((line, index) =>
    index > 0 && status && line.startsWith(status) ? line.slice(status.length) : line,
  )
  return { code: code === undefined ? undefined : Number(code), text: text.join(' ').replace(/\s+/g, ' ').trim() }
}

/**
 * The enhanced code: at the beginning of the words, or else anywhere (`450 cuda_nsu 4.7.1`, `(#5.1.1)`) if it is of the
 * reply's own class, for words also hold version numbers and addresses. RFC 3463 knows the subjects 0 to 7.
 */
function enhancedCode({ code, text }: Reply): string | undefined {
  const leading = /^[45]\.[0-7]\.\d{1,3}(?![\d.])/.exec(text)?.[0]
  if (leading !== undefined) return leading
  const anywhere = /(?<![\d.])[45]\.[0-7]\.\d{1,3}(?!\.?\d)/.exec(text)?.[0]
  return anywhere?.startsWith(String(code).charAt(0)) ? anywhere : undefined
}

/** Lower case, and without what only looks like words: URLs, addresses, host names. */
function plainWords(text: string): string {
  return (
    text
      .slice(0, 2000)
      .toLowerCase()
      // Exchange's way to say so: `RESOLVER.RST.AuthRequired; authentication required`.
      .replace(/\bresolver\.rst\.\w+/g, 'delivery restriction')
      .replace(/https?:\/\/\S+/g, ' ')
      .replace(/<[^<>\s]*>/g, ' ')
      .replace(/[^\s@(]+@[\w.-]+/g, ' ')
      .replace(/\b[\w-]+(\.[\w-]+)+\b/g, ' ')
      .replace(/[’`]/g, "'")
      .replace(/\s+/g, ' ')
  )
}

function applies(rule: Rule, facts: Facts): boolean {
  return (
    (facts.isPermanent ? rule.on5 : rule.on4) !== undefined &&
    (rule.stages === undefined || rule.stages.includes(facts.stage)) &&
    (rule.codes === undefined || rule.codes.includes(facts.code)) &&
    (rule.status === undefined || rule.status.test(facts.status)) &&
    (rule.words === undefined || rule.words.test(facts.words))
  )
}

function settled(facts: Facts, rule: Rule | undefined): Verdict {
  const verdict = (facts.isPermanent ? rule?.on5 : rule?.on4) ?? otherwise
  if (verdict.class === 'hard' && speaksOfPolicy.test(facts.words)) {
    return { kind: 'refused', scope: 'lane', class: 'block' }
  }
  // At MAIL no site has been spoken of: what would be its trouble is the server's own.
  if (verdict.scope === 'lane' && facts.stage === 'mail') return { ...verdict, scope: 'route' }
  // Words of another server, handed on (`host x said: …`), tell nothing of the one we talk to.
  const isAboutMessage = facts.stage === 'rcpt' || facts.stage === 'data' || facts.stage === 'message'
  if (verdict.scope === 'route' && isAboutMessage && /\bsaid: /.test(facts.words)) return { ...verdict, scope: 'lane' }
  return verdict
}
