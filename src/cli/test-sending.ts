/** `send --test-to`: real rows' messages to one address of the operator's. Nothing of it is recorded as sent. */

import { freezeFiles, readFrozenFile } from '../content/attachments.ts'
import { openRecipients } from '../intake/recipients.ts'
import { type Address, domainOf, parseAddress } from '../model/address.ts'
import type { DeliverySettings, RouteSettings } from '../model/campaign.ts'
import type { Attachment, FilledMessage } from '../model/edition.ts'
import { type ExitCode, exitCode, InvariantError, UserError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Recipient } from '../model/recipient.ts'
import { plural, terminalSafe } from '../model/words.ts'
import { serves } from '../policy/routing.ts'
import { causeWords } from '../report/terminal.ts'
import type { ReadyCampaign } from './campaign.ts'
import type { Context } from './context.ts'
import { withRoutes } from './routes.ts'
import { noMemory, siteFinding } from './site-finding.ts'

const defaultCount = 3

/** Sends the messages of the first good rows, one after the other, by the first route that serves the test address. */
export async function testSend(
  ready: ReadyCampaign,
  testTo: string,
  limit: number | undefined,
  context: Context,
): Promise<ExitCode> {
  const { campaign, content } = ready
  const parsed = parseAddress(testTo)
  if (!parsed.ok) throw new UserError(`--test-to ${terminalSafe(testTo)}: ${parsed.problem}`)
  const settings = await routeFor(ready, parsed.address, context)
  const messages = await testMessages(ready, parsed.address, limit ?? defaultCount, context)
  let allAccepted = true
  await withRoutes([settings], content.shared, campaign.file, context, async ([route]) => {
    for (const { recipient, message } of messages) {
      const [outcome] = (await route?.provider.send([message], new AbortController().signal)) ?? []
      allAccepted &&= outcome?.kind === 'accepted'
      context.stdout.write(`${said(recipient, outcome)}\n`)
    }
  })
  context.stdout.write(
    `${plural(messages.length, 'test message')} to ${parsed.address} by ${settings.name}; nothing was recorded as sent\n`,
  )
  return allAccepted ? exitCode.done : exitCode.incomplete
}

async function routeFor({ campaign }: ReadyCampaign, address: Address, context: Context): Promise<RouteSettings> {
  const { delivery } = campaign
  const domain = domainOf(address)
  // A first route that serves everybody is the one, whatever the site.
  const site = delivery.routes[0]?.sites === null ? domain : await siteFor(domain, delivery, context)
  const route = delivery.routes.find(each => serves(each, site, domain))
  if (route === undefined) throw new UserError(`no route serves ${address}`, { where: campaign.file })
  return route
}

async function siteFor(domain: string, delivery: DeliverySettings, context: Context): Promise<string> {
  const finding = await siteFinding(delivery, noMemory, context)
  try {
    return (await finding.sitesOf([domain])).get(domain) ?? domain
  } finally {
    finding.close()
  }
}

interface TestMessage {
  readonly recipient: Recipient
  readonly message: FilledMessage
}

async function testMessages(
  { campaign, content, folder }: ReadyCampaign,
  testTo: Address,
  wanted: number,
  context: Context,
): Promise<readonly TestMessage[]> {
  const list = await openRecipients(campaign.recipients, { folder, stdin: context.stdin })
  content.checkColumns(list.columns)
  const tokenKey = context.randomBytes(32)
  const messages: TestMessage[] = []
  for await (const { recipients } of list.batches) {
    for (const recipient of recipients) {
      const attachments = await filesOf(content, recipient)
      // A key of its own gives each test a Message-ID of its own: a mailbox would drop the second copy of one it has seen.
      const key = `test ${context.randomBytes(8).toString('hex')}`
      const filled = content.fill(recipient, { id: 0, run: null, key, tokenKey, attachments })
      if (!filled.ok) throw rowError(campaign.recipients.path, recipient, filled.problem.detail)
      const headers = [...filled.message.headers, { name: 'X-Mailblast-Test', value: `line ${recipient.line}` }]
      messages.push({ recipient, message: { ...filled.message, to: testTo, headers } })
      if (messages.length === wanted) return messages
    }
  }
  if (messages.length === 0)
    throw new UserError('the list has no row that could be mailed', { where: campaign.recipients.path })
  return messages

  async function filesOf(from: typeof content, recipient: Recipient): Promise<readonly Attachment[]> {
    const frozen = await freezeFiles(from, recipient.fields)
    if (!frozen.ok) throw rowError(campaign.recipients.path, recipient, frozen.problem.detail)
    const attachments: Attachment[] = []
    for (const file of frozen.files) {
      const read = await readFrozenFile(file)
      if (!read.ok) throw rowError(campaign.recipients.path, recipient, read.why)
      attachments.push(read.attachment)
    }
    return attachments
  }
}

function rowError(file: string, recipient: Recipient, detail: string): UserError {
  return new UserError(detail, { where: `${file}:${recipient.line}`, remedy: 'mend the row, or put a good one first' })
}

function said(recipient: Recipient, outcome: Outcome | undefined): string {
  const whose = `line ${recipient.line} (${terminalSafe(recipient.address)})`
  if (outcome === undefined) throw new InvariantError('a test message has no outcome')
  if (outcome.kind === 'accepted') return `✓ ${whose}`
  return `✗ ${whose}: ${causeWords(outcome.cause)}`
}
