/**
 * What does not go together in a rule, though each part of it is good. A rule that could never do anything is an error when
 * it is read, so that no rehearsal passes because nothing went wrong in it.
 */

import { deferrals, refusals, type Saying } from './replies.ts'
import { type Behaviour, type RulePhase, rulePhases, type Transport } from './rule.ts'
import type { RuleFields } from './rules.ts'

export interface Contradiction {
  readonly path: Field
  readonly message: string
}

type Field = keyof RuleFields

export function contradictions(rule: RuleFields): readonly Contradiction[] {
  const given = (Object.keys(rule) as Field[]).filter(name => rule[name] !== undefined)
  const transport = rule.provider === undefined ? null : rule.provider === 'smtp' ? 'smtp' : 'http'
  const unfit = given.flatMap((path): Contradiction[] => {
    if (onlyFor[path]?.includes(rule.do) === false)
      return [{ path, message: `has no meaning with \`do: ${rule.do}\`, only with ${listed(onlyFor[path])}` }]
    const over = onlyOver[path]
    return transport === null || over === undefined || over === transport
      ? []
      : [{ path, message: `is for ${over === 'smtp' ? 'SMTP' : 'HTTP providers'} alone` }]
  })
  return [...unfit, ...phaseContradictions(rule, transport), ...sayingContradictions(rule), ...needs(rule, given)]
}

function phaseContradictions(rule: RuleFields, transport: Transport | null): readonly Contradiction[] {
  const { phase, provider } = rule
  if (rule.do === 'refuse-part' && transport === 'smtp')
    return [{ path: 'do', message: 'over SMTP every mail is a call of its own, so no part of one can be refused' }]
  const wrong: Contradiction[] = []
  if (phase !== undefined && !phasesFor[rule.do].includes(phase))
    wrong.push({ path: 'phase', message: `cannot be ${phase} with \`do: ${rule.do}\`${choices(phasesFor[rule.do])}` })
  else if (phase !== undefined && transport !== null && !phasesOf[transport].includes(phase))
    wrong.push({ path: 'phase', message: `there is no ${phase} with ${provider}${choices(phasesOf[transport])}` })
  const isSiteless =
    phase !== undefined && (sitelessPhases.includes(phase) || (phase === 'body' && transport === 'http'))
  if (rule.site !== undefined && isSiteless)
    wrong.push({ path: 'site', message: `no recipient is known at phase ${phase} yet` })
  return wrong
}

function sayingContradictions(rule: RuleFields): readonly Contradiction[] {
  const sayings = sayingsFor[rule.do]
  const wrong: Contradiction[] = []
  if (rule.say !== undefined && sayings?.includes(rule.say) === false)
    wrong.push({ path: 'say', message: `cannot be ${rule.say} with \`do: ${rule.do}\`${choices(sayings)}` })
  const digit = rule.do === 'refuse' ? '5' : '4'
  if (rule.reply !== undefined && sayings !== undefined && !rule.reply.startsWith(digit))
    wrong.push({ path: 'reply', message: `with \`do: ${rule.do}\` a reply begins with ${digit}` })
  return wrong
}

function needs(rule: RuleFields, given: readonly Field[]): readonly Contradiction[] {
  if (rule.do === 'slow' && (rule.delay ?? 0) === 0)
    return [{ path: 'delay', message: 'is missing: how long `do: slow` waits, such as 2s' }]
  if (rule.do === 'garbage' && rule.taken === undefined)
    return [{ path: 'taken', message: 'is missing: whether the mail is taken before the garbage, true or false' }]
  const early = rule.taken === true && rule.phase !== undefined && rule.phase !== 'answer'
  if (early) return [{ path: 'taken', message: `nothing can be taken at phase ${rule.phase}, only at answer` }]
  if (rule.do !== 'refuse-connections') return []
  const senseless = given.find(name => ['site', 'phase', 'share', 'first', 'delay'].includes(name))
  if (senseless === undefined) return []
  return [{ path: senseless, message: 'has no meaning with `do: refuse-connections`: there are `after` and `for`' }]
}

function choices(names: readonly string[]): string {
  return names.length === 0 ? '' : `; it can be ${listed(names)}`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

const phasesOf: Readonly<Record<Transport, readonly RulePhase[]>> = {
  smtp: ['connect', 'mail', 'rcpt', 'data', 'body', 'answer'],
  http: ['head', 'body', 'answer', 'lookup'],
}
/** Where something can be answered: not after 354 or in the middle of a body. */
const answerable: readonly RulePhase[] = ['connect', 'mail', 'rcpt', 'head', 'answer', 'lookup']
const phasesFor: Readonly<Record<Behaviour, readonly RulePhase[]>> = {
  refuse: answerable,
  defer: answerable,
  throttle: answerable,
  slow: rulePhases,
  'lose-answer': ['answer'],
  drop: rulePhases,
  garbage: answerable,
  'refuse-part': ['answer'],
  hang: rulePhases,
  'refuse-connections': [],
}
const sayingsFor: Readonly<Partial<Record<Behaviour, readonly Saying[]>>> = {
  refuse: refusals,
  defer: deferrals,
  throttle: ['throttled'],
}
/** The recipients are not known there. */
const sitelessPhases: readonly RulePhase[] = ['connect', 'mail', 'head', 'lookup']

/** What each behaviour can do with; the others fit all of them. */
const onlyFor: Readonly<Partial<Record<Field, readonly Behaviour[]>>> = {
  say: ['refuse', 'defer', 'throttle'],
  voice: ['refuse', 'defer', 'throttle'],
  reply: ['refuse', 'defer', 'throttle'],
  status: ['refuse', 'defer', 'throttle'],
  body: ['refuse', 'defer', 'throttle'],
  retry_after: ['defer', 'throttle'],
  taken: ['garbage', 'hang'],
  for: ['refuse-connections'],
}
const onlyOver: Readonly<Partial<Record<Field, Transport>>> = {
  voice: 'smtp',
  reply: 'smtp',
  status: 'http',
  body: 'http',
  retry_after: 'http',
}
