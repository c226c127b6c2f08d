/** `mailblast settle` without a word of the operator: asks the providers, repeats what may be repeated, says what came of it. */

import { compileEdition } from '../content/compile.ts'
import { messageIdFor } from '../content/identity.ts'
import { fillFromEdition } from '../engine/fill.ts'
import { type SettleProgress, type SettleResult, settleByAsking } from '../engine/settle.ts'
import type { Lease } from '../journal/journal.ts'
import type { RouteSettings } from '../model/campaign.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import { count, moment, plural, terminalSafe } from '../model/words.ts'
import { providerKind } from '../providers/index.ts'
import type { Profile } from '../providers/provider.ts'
import { watchInterrupts } from './interrupts.ts'
import { commandFor } from './places.ts'
import { withRoutesOf } from './routes.ts'
import type { Settling } from './settling.ts'

export async function ask(settling: Settling, lease: Lease): Promise<ExitCode> {
  const { journal, run, options, context } = settling
  // A route that cannot be asked needs no password now.
  const result = await withRoutesOf(
    journal,
    run,
    context,
    async routes => {
      const interrupts = watchInterrupts(context)
      const edition = journal.edition(run.editionHash)
      const content = compileEdition(edition, sha256 => journal.payload(sha256))
      try {
        return await settleByAsking({
          journal,
          lease,
          run,
          routes,
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
    route => canBeSettled(profileOf(route)),
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
  return `${JSON.stringify({ type: 'settled', run: run.id, ...accepted, queued, left, stopped, in_doubt: inDoubt })}\n`
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
  for (const { route, reason, count: number, example } of reasons(settling, result))
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

/** Of a route that was not asked, what its provider cannot tell. */
function reasons({ run }: Settling, { left }: SettleResult): SettleResult['left'] {
  const unable = new Map(
    run.delivery.routes
      .map(route => [route.name, profileOf(route)] as const)
      .filter(([, profile]) => !canBeSettled(profile)),
  )
  return left.map(each => ({ ...each, reason: unable.get(each.route)?.guarantee ?? each.reason }))
}
