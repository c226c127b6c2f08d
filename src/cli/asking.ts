/** `mailblast settle` without a word of the operator: asks the providers, repeats what may be repeated, says what came of it. */

import { compileEdition } from '../content/compile.ts'
import { messageIdFor } from '../content/identity.ts'
import { fillFromEdition } from '../engine/fill.ts'
import { type SettleProgress, type SettleResult, settleByAsking } from '../engine/settle.ts'
import type { Lease } from '../journal/journal.ts'
import type { RouteSettings } from '../model/campaign.ts'
import { type ExitCode, exitCode, type UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { count, moment, plural, terminalSafe } from '../model/words.ts'
import { providerKind } from '../providers/index.ts'
import type { Profile } from '../providers/provider.ts'
import { watchInterrupts } from './interrupts.ts'
import { commandFor } from './places.ts'
import { withRoutesThatOpen } from './routes.ts'
import type { Settling } from './settling.ts'

export async function ask(settling: Settling, lease: Lease): Promise<ExitCode> {
  const { journal, run, options, context } = settling
  const doubtful = new Set<string>()
  for (const { route } of journal.inDoubt(run.id)) doubtful.add(route)
  // A route that cannot be asked, or need not be, needs no password now; and one that lacks it stands in no other's way.
  const result = await withRoutesThatOpen(
    journal,
    run,
    context,
    route => doubtful.has(route.name) && canBeSettled(profileOf(route)),
    async (routes, unopened) => {
      const interrupts = watchInterrupts(context)
      const edition = journal.edition(run.editionHash)
      const content = compileEdition(edition, sha256 => journal.payload(sha256))
      try {
        return await settleByAsking({
          journal,
          lease,
          run,
          routes,
          unasked: reasonsNotToAsk(run, unopened),
          fill: fillFromEdition(content, run, journal.tokenKey()),
          messageIdOf: address => messageIdFor(run.key, address, edition.from.address),
          clock: context.clock,
          patienceMs: options.wait,
          signal: interrupts.stopping,
          notify: progress => tell(progress, settling),
        })
      } finally {
        interrupts.release()
      }
    },
  )
  const inDoubt = journal.counts(run.id).inDoubt
  context.stdout.write(options.json === true ? json(settling, result, inDoubt) : text(settling, result, inDoubt))
  if (result.stopped) return exitCode.stopped
  return inDoubt > 0 ? exitCode.incomplete : exitCode.done
}

function profileOf(route: RouteSettings): Profile {
  return providerKind(route.provider).profile
}

function canBeSettled({ lookup, idempotency }: Profile): boolean {
  return lookup !== 'no' || idempotency.kind !== 'none'
}

function reasonsNotToAsk(run: Run, unopened: ReadonlyMap<string, UserError>): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>()
  for (const route of run.delivery.routes) {
    const profile = profileOf(route)
    if (!canBeSettled(profile)) reasons.set(route.name, profile.guarantee)
  }
  for (const [name, { message }] of unopened) reasons.set(name, `its provider could not be asked: ${message}`)
  return reasons
}

function tell(progress: SettleProgress, { context }: Settling): void {
  if (progress.type === 'waiting') {
    const until = moment(progress.untilMs)
    context.stderr.write(`${progress.route} wants to be asked less often; asking again at ${until}\n`)
  } else if (progress.of > 100) {
    context.stderr.write(`asked for ${count(progress.done)} of ${count(progress.of)}\n`)
  }
}

function json({ run }: Settling, result: SettleResult, inDoubt: number): string {
  const { acceptedByAsking, acceptedByRepeating, queued, left, stopped } = result
  const accepted = { accepted_by_asking: acceptedByAsking, accepted_by_repeating: acceptedByRepeating }
  return `${JSON.stringify({ type: 'doubts-settled', run: run.id, ...accepted, queued, left, stopped, in_doubt: inDoubt })}\n`
}

function text(settling: Settling, result: SettleResult, inDoubt: number): string {
  const { journalPath, run, context } = settling
  const { acceptedByAsking, acceptedByRepeating, queued } = result
  const command = (name: string): string => commandFor(name, run, journalPath, context)
  const settled = acceptedByAsking + acceptedByRepeating + queued
  const lines = [
    `${inDoubt === 0 ? '✓' : '!'} run ${run.id}: ${plural(settled, 'recipient')} settled, ${count(inDoubt)} still in doubt`,
  ]
  if (acceptedByAsking > 0) lines.push(`  ${count(acceptedByAsking)} accepted: the provider has them`)
  if (acceptedByRepeating > 0)
    lines.push(`  ${count(acceptedByRepeating)} accepted: the call was repeated under its idempotency key`)
  if (queued > 0) lines.push(`  ${count(queued)} never taken, waiting again: ${command('resume')}`)
  for (const { route, reason, count: number, example } of result.left)
    lines.push(`  ${count(number)} in doubt on ${route}: ${terminalSafe(reason, 300)} (e.g. ${terminalSafe(example)})`)
  if (result.stopped) lines.push(`  stopped before the end: ${command('settle')}`)
  if (inDoubt > 0 && !result.stopped) {
    lines.push(
      `  What the provider's log says, you can say: ${command('settle')} --as accepted, or --as failed.`,
      '  --resend mails them again; who has it already then gets it twice.',
    )
  }
  return `${lines.join('\n')}\n`
}
