/** The first half of a send: the list becomes a run of the journal, every message of which has been rendered once. */

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freezeFiles } from '../content/attachments.ts'
import { type Enqueued, enqueue, type Rehearse } from '../engine/enqueue.ts'
import { openRecipients } from '../intake/recipients.ts'
import { RejectsFile } from '../intake/rejects.ts'
import { zoneReader } from '../intake/zone-column.ts'
import type { Journal } from '../journal/journal.ts'
import { exitCode, UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { count, plural, terminalSafe } from '../model/words.ts'
import type { ReadyCampaign } from './campaign.ts'
import type { SendFlags } from './commands/send.ts'
import type { Context } from './context.ts'
import { runFolder } from './places.ts'
import { journalMemory, siteFinding } from './site-finding.ts'
import { silent, watcherFor } from './watching.ts'

/** What a send works with, from its command line on. */
export interface Sending {
  readonly journal: Journal
  readonly journalPath: string
  readonly ready: ReadyCampaign
  readonly options: SendFlags
  readonly context: Context
}

/** Reads the list into a new run of the journal. Whatever goes wrong, no trace of the run is left. */
export async function prepareRun(sending: Sending): Promise<Run> {
  const { journal, ready, options, journalPath, context } = sending
  const { campaign, frozen, content, folder } = ready
  journal.discardPreparing(campaign.key)
  const run = journal.createRun({
    key: campaign.key,
    campaignName: campaign.name,
    campaignFile: campaign.file,
    edition: frozen.edition,
    payloads: frozen.payloads,
    delivery: campaign.delivery,
    nowMs: context.clock.nowMs(),
  })
  const rejects = new RejectsFile(join(runFolder(journalPath, run), 'rejects.csv'))
  try {
    if (options.again !== true) refuseChangedContent(journal, run)
    const list = await openRecipients(campaign.recipients, { folder, stdin: context.stdin })
    content.checkColumns(list.columns)
    const zoneOf = zoneReader(campaign.delivery.schedule?.zoneColumn ?? null, list.columns, campaign.recipients.path)
    const finding = await siteFinding(campaign.delivery, journalMemory(journal), context)
    const watcher = options.quiet === true ? silent : await watcherFor(options.json === true, context)
    const enqueued = await enqueue({
      run: run.id,
      journal,
      clock: context.clock,
      batches: list.batches,
      rehearse: rehearsal(journal, ready),
      sitesOf: finding.sitesOf,
      zoneOf,
      routes: campaign.delivery.routes,
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      reject: async problems => {
        await mkdir(runFolder(journalPath, run), { recursive: true, mode: 0o700 })
        await rejects.write(problems)
      },
      progress: rows => watcher.reading(rows),
    }).finally(() => {
      watcher.close()
      finding.close()
    })
    checkEnqueued(enqueued, ready, options)
    chooseCanaries(journal, run)
    const rejectsFile = await rejects.close()
    if (rejectsFile !== null) journal.setRejectsFile(run.id, rejectsFile)
    return run
  } catch (error) {
    await rejects.close()
    await discardRun(sending, run)
    throw error
  }
}

/** Whoever goes first is chosen from the whole list, so that every site has its share. */
function chooseCanaries(journal: Journal, { id, delivery: { canary } }: Run): void {
  if (canary !== null && journal.counts(id).waiting > 0)
    journal.chooseCanaries(id, Math.max(1, Math.round(1 / canary.share)))
}

/** Leaves no trace of a run that was not opened. A process that lost its key meanwhile finds its run gone already. */
export async function discardRun({ journal, journalPath }: Sending, run: Run): Promise<void> {
  if (journal.run(run.id)?.state === 'preparing') journal.discardRun(run.id)
  await rm(runFolder(journalPath, run), { recursive: true, force: true })
}

/** What goes wrong with an open journal is said for a run that can be resumed; this one cannot, for nothing was sent. */
export function nothingSent(error: unknown): unknown {
  if (!(error instanceof UserError) || error.exitCode !== exitCode.stopped) return error
  const { where } = error
  return new UserError(`${error.message}; nothing was sent`, {
    ...(where === undefined ? {} : { where }),
    remedy: 'mend that, then send again',
    cause: error,
  })
}

/** A key stands for one content: going on with another must be said, so that nobody mixes two by mistake. */
function refuseChangedContent(journal: Journal, run: Run): void {
  const other = journal.runs({ key: run.key }).find(earlier => {
    if (earlier.editionHash === run.editionHash) return false
    const { accepted, inDoubt } = journal.counts(earlier.id)
    return accepted + inDoubt > 0
  })
  if (other === undefined) return
  throw new UserError(
    `the content has changed since run ${other.id} was sent under the key "${run.key}"; nothing was sent`,
    {
      remedy:
        '--again sends the changed content to those who have not had the other; to mail everybody, give the campaign a new key',
    },
  )
}

function rehearsal(journal: Journal, { content, campaign }: ReadyCampaign): Rehearse {
  const identity = { id: 0, run: null, key: campaign.key, tokenKey: journal.tokenKey(), attachments: [] }
  return async recipient => {
    const filled = content.fill(recipient, identity)
    if (!filled.ok) return filled
    return freezeFiles(content, recipient.fields)
  }
}

function checkEnqueued(enqueued: Enqueued, { campaign }: ReadyCampaign, { skipBadRows }: SendFlags): void {
  const { unrendered, unserved } = enqueued
  if (unrendered.count > 0 && skipBadRows !== true) {
    const lines = unrendered.first.map(({ line, detail }) => `line ${line}: ${terminalSafe(detail)}`)
    const more = unrendered.count - lines.length
    throw new UserError(`${plural(unrendered.count, 'row')} cannot be rendered; nothing was sent`, {
      where: campaign.recipients.path,
      remedy: [
        ...lines,
        ...(more > 0 ? [`and ${count(more)} more`] : []),
        'mend them, or leave them out with --skip-bad-rows',
      ].join('\n'),
    })
  }
  const [first] = unserved.first
  if (first !== undefined) {
    throw new UserError(
      `no route serves ${plural(unserved.count, 'recipient')}, the first on line ${first.line} (${first.address}); nothing was sent`,
      { where: campaign.file, remedy: 'give one of the routes no sites:, so that it takes what the others do not' },
    )
  }
}
