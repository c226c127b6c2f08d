/**
 * Decides what a sink does at a step: by its rules and a seed, and by nothing else. The same rules, the same seed and the
 * same sequence of occasions give the same decisions.
 *
 * Every rule counts and draws for itself at every occasion that fits it, whatever other rules say there; so a rule that is
 * added or taken away shifts none of the others. Of those that apply, the first one decides.
 */

import { createHash } from 'node:crypto'
import { type Rule, type RulePhase, type Transport, usualPhase } from './rule.ts'

/** A step at which a sink may misbehave. */
export interface Occasion {
  readonly provider: string
  readonly transport: Transport
  readonly phase: RulePhase
  /** The domains of the recipients who are known by now, in lower case and punycode. */
  readonly domains: readonly string[]
}

export interface Chooser {
  /** The rule to obey, or null to behave. */
  decide(occasion: Occasion): Rule | null
}

export function chooser(rules: readonly Rule[], seed: number): Chooser {
  const lines = rules.map((rule, index) => {
    const twins = rules.slice(0, index).filter(other => nameOf(other) === nameOf(rule)).length
    return { rule, name: `${seed} ${nameOf(rule)} ${twins}`, fitted: 0 }
  })
  return {
    decide(occasion) {
      let decision: Rule | null = null
      for (const line of lines) {
        if (!fits(line.rule, occasion)) continue
        line.fitted += 1
        if (applies(line.rule, line.fitted, line.name)) decision ??= line.rule
      }
      return decision
    },
  }
}

/** Whether a domain is of a site as a rule writes it; see `Rule.sites`. */
export function isOfSite(sites: readonly string[] | null, domain: string): boolean {
  return (
    sites === null || sites.some(each => (each.startsWith('*.') ? domain.endsWith(each.slice(1)) : domain === each))
  )
}

function fits(rule: Rule, { provider, transport, phase, domains }: Occasion): boolean {
  if (rule.do === 'refuse-connections') return false
  if (rule.provider !== null && rule.provider !== provider) return false
  if (rule.do === 'refuse-part' && transport === 'smtp') return false
  if ((rule.phase ?? usualPhase(rule, transport)) !== phase) return false
  return rule.sites === null || domains.some(domain => isOfSite(rule.sites, domain))
}

/** `fitted` counts the occasions that fitted the rule, this one included. */
function applies({ after, first, share }: Rule, fitted: number, name: string): boolean {
  if (fitted <= after || (first !== null && fitted > after + first)) return false
  return share === 1 || fraction(name, fitted) < share
}

/** What tells a rule from others: not how often it applies, so that a larger share meets all that a smaller one met. */
function nameOf({ provider, sites, phase, do: behaviour }: Rule): string {
  return JSON.stringify([provider, sites, phase, behaviour])
}

/** A number from 0 up to but not including 1: the first 48 bits of SHA-256 over the name and the number of the draw. */
function fraction(name: string, draw: number): number {
  return createHash('sha256').update(`${name} ${draw}`).digest().readUIntBE(0, 6) / 2 ** 48
}
