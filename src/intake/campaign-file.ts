/**
 * The campaign file, read and checked as a whole before anything else happens. It finds every mistake at once, and lets
 * nothing pass that could be seen to be wrong only after the first mail has left.
 */

import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { type Address, coversAddress } from '../model/address.ts'
import type { Campaign, RecipientsSettings, RetrySettings, RouteSettings } from '../model/campaign.ts'
import type { Json } from '../model/edition.ts'
import type { Schedule } from '../model/schedule.ts'
import type { ProviderKind } from '../providers/provider.ts'
import { renderName } from './campaign-name.ts'
import { campaignSchema } from './campaign-schema.ts'
import { expandCampaign } from './expansion.ts'
import { type Problem, problemsError } from './problems.ts'
import { readRoutes } from './routes.ts'
import { readSchedule } from './schedule-fields.ts'
import { schemaProblems } from './schema-problems.ts'
import type { Environment } from './variables.ts'
import { readYaml } from './yaml-file.ts'

export interface CampaignReading {
  readonly env: Environment
  /** What `--var` gives; it goes over `data:`. */
  readonly vars: Readonly<Record<string, string>>
  readonly kinds: readonly ProviderKind[]
  /** The zone of a schedule that names none, by whatever name the machine has for it. */
  readonly machineZone: () => string
}

/**
 * Reads a campaign file. Throws UserError with every mistake that is in it, each with its line, column and field, what
 * was expected and what to do. Files that it names are not read, but a secret's file and variable must be there.
 */
export async function readCampaign(
  path: string,
  { env, vars, kinds, machineZone }: CampaignReading,
): Promise<Campaign> {
  const yaml = await readYaml(path, 'name: november-newsletter')
  const file = resolve(path)
  const { value, problems: unset } = expandCampaign(yaml.value, env, kinds)
  const { routes, problems: ofRoutes } = await readRoutes(value['routes'], { env, kinds, folder: dirname(file) })
  const { schedule, problems: ofSchedule } = readSchedule(value['schedule'], machineZone)
  const checked = schema.safeParse(value)
  const names = readNames(value, vars)
  const problems = [
    ...unset,
    ...ofRoutes,
    ...ofSchedule,
    ...(checked.success ? [] : schemaProblems(checked.error.issues, { value, at: [], schema })),
    ...names.problems,
    ...contentProblems(value),
    ...headerProblems(value),
    ...columnProblems(value),
    ...canaryProblems(value),
    ...(checked.success ? senderProblems(checked.data.from.address, routes) : []),
  ]
  if (!checked.success || problems.length > 0) throw problemsError(problems, yaml)
  return campaignOf(file, checked.data, { ...names, routes, schedule, vars })
}

const schema = campaignSchema(z.unknown())

type Given = { readonly [key: string]: Json }

function campaignOf(
  file: string,
  given: z.output<typeof schema>,
  read: {
    readonly name: string
    readonly key: string
    readonly routes: readonly RouteSettings[]
    readonly schedule: Schedule | null
    readonly vars: Readonly<Record<string, string>>
  },
): Campaign {
  return {
    name: read.name,
    key: read.key,
    file,
    from: given.from,
    replyTo: given.reply_to ?? null,
    subject: given.subject,
    template: given.template ?? null,
    layout: given.layout ?? null,
    text: given.text ?? null,
    partials: given.partials ?? null,
    recipients: recipientsOf(given),
    data: { ...given.data, ...read.vars },
    headers: given.headers,
    attachments: given.attachments,
    list:
      given.list === undefined
        ? null
        : {
            unsubscribeUrl: given.list.unsubscribe_url ?? null,
            unsubscribeMailto: given.list.unsubscribe_mailto ?? null,
            postalAddress: given.list.postal_address ?? null,
          },
    empty: given.empty,
    delivery: {
      routes: read.routes,
      sites: given.sites?.paces ?? {},
      sitesBy: given.sites?.sitesBy ?? 'domain',
      schedule: read.schedule,
      retry: retryOf(given.retry),
      guard: { stopWhen: given.guard.stop_when, maxRecipients: given.guard.max_recipients ?? null },
      thresholds: given.thresholds,
      priority: given.priority,
      canary: given.canary === undefined ? null : { share: given.canary.share, holdMs: given.canary.hold },
    },
  }
}

type RetryGiven = { readonly delays?: number[] | undefined; readonly max_age?: number | undefined }

/** What a class leaves out is as it is for all. */
function retryOf({ delays, max_age: maxAgeMs, classes }: z.output<typeof schema>['retry']): RetrySettings {
  const own = Object.entries<RetryGiven | undefined>(classes).map(([name, plan]) => {
    return [name, { delaysMs: plan?.delays ?? delays, maxAgeMs: plan?.max_age ?? maxAgeMs }]
  })
  return { delaysMs: delays, maxAgeMs, classes: Object.fromEntries(own) }
}

function recipientsOf({ recipients, columns }: z.output<typeof schema>): RecipientsSettings {
  const own = typeof recipients === 'string' ? { path: recipients } : recipients
  return {
    path: own.path,
    columns: { ...columns, ...own.columns },
    delimiter: own.delimiter ?? null,
    encoding: own.encoding ?? null,
  }
}

/** Name and key filled in; empty where a problem says why. */
function readNames(
  { name, key = name, data }: Given,
  vars: Readonly<Record<string, string>>,
): { readonly name: string; readonly key: string; readonly problems: readonly Problem[] } {
  const known = { ...(isMapping(data) ? data : {}), ...vars }
  const problems: Problem[] = []
  const read = (field: string, source: Json | undefined): string => {
    if (typeof source !== 'string' || source.trim() === '') return ''
    const rendered = renderName(source, known)
    if (rendered.ok) return rendered.text
    problems.push({ path: [field], message: rendered.message, remedy: rendered.remedy })
    return ''
  }
  return { name: read('name', name), key: read(key === name ? 'name' : 'key', key), problems }
}

function contentProblems({ template, text, layout }: Given): readonly Problem[] {
  if (template === undefined && text === undefined) {
    return [{ path: ['template'], message: 'is missing, and so is `text`', remedy: 'Give one of them, or both.' }]
  }
  if (layout === undefined || template !== undefined) return []
  return [{ path: ['layout'], message: 'has no template to stand around', remedy: 'Give `template`, or remove it.' }]
}

/** Headers that `list:` writes. */
function headerProblems({ headers, list }: Given): readonly Problem[] {
  if (!isMapping(headers) || !isMapping(list)) return []
  if (list['unsubscribe_url'] === undefined && list['unsubscribe_mailto'] === undefined) return []
  return Object.keys(headers)
    .filter(name => /^list-unsubscribe(-post)?$/i.test(name))
    .map(name => ({ path: ['headers', name], message: 'cannot be set here: `list:` writes it' }))
}

function columnProblems({ columns, recipients }: Given): readonly Problem[] {
  const own = isMapping(recipients) ? recipients['columns'] : undefined
  if (!isMapping(columns) || !isMapping(own)) return []
  return Object.keys(own)
    .filter(field => Object.hasOwn(columns, field))
    .map(field => ({ path: ['recipients', 'columns', field], message: 'is given under `columns` already' }))
}

/** Only a threshold can say that it has not gone well. */
function canaryProblems({ canary, guard }: Given): readonly Problem[] {
  const thresholds = isMapping(guard) ? guard['stop_when'] : undefined
  if (canary === undefined || (Array.isArray(thresholds) && thresholds.length > 0)) return []
  const remedy =
    'Give the guard one, such as guard: { stop_when: ["hard_bounce_rate > 5% of 20"] }, or remove `canary`.'
  return [{ path: ['canary'], message: 'is of no use without a threshold in `guard.stop_when`', remedy }]
}

/** Whoever relies on a provider's word that the sender is not verified has lost a day by then. */
function senderProblems(from: Address, routes: readonly RouteSettings[]): readonly Problem[] {
  return routes.flatMap(({ name, senders }, index): Problem[] => {
    if (senders === null || senders.some(pattern => coversAddress(pattern, from))) return []
    const message = `${from} may not send by the route ${name}`
    const remedy = `It is for ${senders.join(', ')}. Give another \`from\`, or take the route out.`
    return [{ path: ['routes', index, 'senders'], message, remedy }]
  })
}

function isMapping(value: Json | undefined): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
