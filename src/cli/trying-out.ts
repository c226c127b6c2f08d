/**
 * One message of the campaign, handed over where it reaches nobody: through a provider's sandbox, to its own test address,
 * or into an outbox. It must never be handed over in earnest, so a route without such a place is not tried.
 */

import { type Address, parseAddress } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError, UserError } from '../model/errors.ts'
import { providerKind } from '../providers/index.ts'
import type { Check, Profile, Provider } from '../providers/provider.ts'
import { causeWords } from '../report/terminal.ts'
import type { ReadyCampaign } from './campaign.ts'
import type { Context } from './context.ts'
import { openRoute } from './routes.ts'
import { testMessages } from './test-messages.ts'

/** Tries a route that is open already. Never rejects for what is wrong with it. */
export type TryOut = (route: RouteSettings, provider: Provider, signal: AbortSignal) => Promise<Check>

/** `send`: also where it may cost something or be kept. Throws UserError if a message is wanted and there can be none. */
export async function tryOut(
  ready: ReadyCampaign,
  routes: readonly RouteSettings[],
  send: boolean,
  context: Context,
): Promise<TryOut> {
  const { campaign, content } = ready
  const plans = new Map(routes.map(route => [route, planFor(route, providerKind(route.provider).profile, send)]))
  const isWanted = [...plans.values()].some(plan => plan.kind !== 'none')
  const message = isWanted ? await firstMessage(ready, context) : undefined

  return async (route, provider, signal) => {
    const plan = plans.get(route)
    if (plan === undefined) throw new InvariantError(`no plan for the route ${route.name}`)
    if (plan.kind === 'none') return { what: 'message', verdict: 'unknown', words: plan.why }
    if (message === undefined) throw new InvariantError('there is no message to try with')
    // Should a sandbox not be one after all, the message goes back to its sender and to nobody else.
    const to = plan.kind === 'address' ? plan.to : content.shared.from.address
    if (plan.kind !== 'option') return handOver(provider, { ...message, to }, plan.words, signal)
    let sandbox: Provider
    try {
      sandbox = await openRoute(plan.route, content.shared, campaign.file, context)
    } catch (error) {
      if (error instanceof UserError) return { what: 'message', verdict: 'bad', words: error.message }
      throw error
    }
    try {
      return await handOver(sandbox, { ...message, to }, plan.words, signal)
    } finally {
      await sandbox.close()
    }
  }
}

export type Plan =
  | { readonly kind: 'none'; readonly why: string }
  /** By the route with the option of its sandbox. */
  | { readonly kind: 'option'; readonly route: RouteSettings; readonly words: string }
  | { readonly kind: 'address'; readonly to: Address; readonly words: string }
  /** As it is, for it delivers nothing. */
  | { readonly kind: 'as it is'; readonly words: string }

/** Where a route's message goes, if it goes anywhere. Without `send` nothing is done that may be charged or kept. */
export function planFor(route: RouteSettings, { delivers, sandbox }: Profile, send: boolean): Plan {
  if (!delivers) {
    if (!send) return { kind: 'none', why: 'not tried: --send hands one over, which is kept and goes to nobody' }
    return { kind: 'as it is', words: 'it was taken, and goes to nobody' }
  }
  if (sandbox === undefined)
    return { kind: 'none', why: 'not tried: there is no sandbox; mailblast send --test-to ADDRESS sends one for real' }
  if (sandbox.by === 'address') {
    const to = parseAddress(sandbox.to)
    if (!to.ok) throw new InvariantError(`the sandbox of ${route.provider} is no address`)
    if (!send) return { kind: 'none', why: `not tried: --send sends one to ${sandbox.to}, which may be charged` }
    return { kind: 'address', to: to.address, words: `it was taken for ${sandbox.to}` }
  }
  if (sandbox.free !== true && !send)
    return { kind: 'none', why: 'not tried: --send hands one over in its sandbox, which may be charged' }
  return {
    kind: 'option',
    route: { ...route, options: { ...route.options, [sandbox.option]: true } },
    words: 'it was taken in the sandbox, and goes to nobody',
  }
}

async function firstMessage(ready: ReadyCampaign, context: Context): Promise<FilledMessage> {
  const [first] = await testMessages(ready, ready.content.shared.from.address, 1, context)
  if (first === undefined) throw new InvariantError('no test message was made')
  return first.message
}

async function handOver(
  provider: Provider,
  message: FilledMessage,
  words: string,
  signal: AbortSignal,
): Promise<Check> {
  const [outcome] = await provider.send([message], signal)
  if (outcome === undefined) throw new InvariantError('a message has no outcome')
  if (outcome.kind === 'accepted') return { what: 'message', verdict: 'good', words }
  return { what: 'message', verdict: 'bad', words: `it was not taken: ${causeWords(outcome.cause)}` }
}
