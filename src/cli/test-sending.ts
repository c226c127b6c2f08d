/** `send --test-to`: real rows' messages to one address of the operator's. Nothing of it is recorded as sent. */

import { type Address, domainOf, parseAddress } from '../model/address.ts'
import type { DeliverySettings, RouteSettings } from '../model/campaign.ts'
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
import { testMessages } from './test-messages.ts'

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

function said(recipient: Recipient, outcome: Outcome | undefined): string {
  const whose = `line ${recipient.line} (${terminalSafe(recipient.address)})`
  if (outcome === undefined) throw new InvariantError('a test message has no outcome')
  if (outcome.kind === 'accepted') return `✓ ${whose}`
  return `✗ ${whose}: ${causeWords(outcome.cause)}`
}
