/**
 * A body of Mailgun's `POST /v3/{domain}/messages` as Mailgun accepts it: its API description and its pages on sending and
 * batch sending, each limit as the strictest of them states it. What it would take and pass over in silence is refused here,
 * so that a slip does not go unnoticed.
 */

import { z } from 'zod'

export const formLimits = {
  recipients: 1000,
  optionBytes: 16_000,
  messageBytes: 25_000_000,
  /** A longer request gets a 413 (52.4 MiB, the page on errors): counted in millions, to be on the safe side. */
  requestBytes: 52_400_000,
  tags: 3,
} as const

export interface MailgunForm {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string | null
  readonly html: string | null
  /** By name, as given. */
  readonly headers: Readonly<Record<string, string>>
  readonly isTest: boolean
  /** By address. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly files: readonly FormFile[]
}

export interface FormFile {
  readonly isInline: boolean
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

/** The form, or Mailgun's words about what is wrong with it. */
export async function readForm(body: Buffer, contentType: string): Promise<MailgunForm | string> {
  try {
    // Node's own reader of such bodies; one that is cut off or malformed makes it throw.
    const data = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
    return await formOf([...data])
  } catch {
    return 'bad request: the form cannot be read'
  }
}

type Entry = readonly [name: string, value: string | File]

async function formOf(entries: readonly Entry[]): Promise<MailgunForm | string> {
  const files = entries.filter((entry): entry is readonly [string, File] => typeof entry[1] !== 'string')
  const texts = entries.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
  const problem = problemOf(texts, files)
  if (problem !== undefined) return problem
  const all = (name: string) => texts.filter(each => each[0] === name).map(each => each[1])
  const one = (name: string) => all(name)[0] ?? null
  const to = all('to')
  const variables = recipientVariables.safeParse(parsedJson(one('recipient-variables') ?? '{}'))
  if (!variables.success) return "'recipient-variables' is not a JSON dictionary of dictionaries of texts"
  const unnamed = to.some(address => variables.data[address] === undefined)
  if (to.length > 1 && unnamed) return 'this sink takes several recipients only with recipient-variables for each'
  if (Object.keys(variables.data).some(address => !to.includes(address)))
    return 'recipient-variables name an address that is not in to'
  const headers = texts.filter(([name]) => name.startsWith('h:')).map(([name, value]) => [name.slice(2), value])
  return {
    from: one('from') ?? '',
    to,
    subject: one('subject') ?? '',
    text: one('text'),
    html: one('html'),
    headers: Object.fromEntries(headers) as Record<string, string>,
    isTest: one('o:testmode') === 'yes',
    variables: variables.data,
    files: await Promise.all(files.map(fileOf)),
  }
}

/** What is wrong with the fields by themselves, in the order in which they are looked at. */
function problemOf(
  texts: readonly (readonly [string, string])[],
  files: readonly (readonly [string, File])[],
): string | undefined {
  const valuesOf = (name: string) => texts.filter(each => each[0] === name).map(each => each[1])
  const [from] = valuesOf('from')
  const to = valuesOf('to')
  if (from === undefined) return 'from parameter is missing'
  if (!address.test(from)) return 'from parameter is not a valid address. please check documentation'
  if (to.length === 0) return 'to parameter is missing'
  if (!to.every(each => address.test(each))) return 'to parameter is not a valid address. please check documentation'
  if (to.length > formLimits.recipients) return `Too many recipients, max is ${formLimits.recipients}`
  if ((valuesOf('subject')[0] ?? '') === '') return 'subject parameter is missing'
  if ([...valuesOf('text'), ...valuesOf('html')].every(each => each === ''))
    return "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"
  const options = texts.filter(([name]) => /^[ohvt]:/.test(name))
  if (sum(options.flat().map(each => Buffer.byteLength(each))) > formLimits.optionBytes) return tooManyOptions
  return (
    texts.map(([name, value]) => problemOfField(name, value)).find(problem => problem !== undefined) ??
    files.map(([name, file]) => problemOfFile(name, file)).find(problem => problem !== undefined) ??
    problemOfRepeats(texts.map(([name]) => name))
  )
}

export const tooManyOptions = 'Send options (parameters starting with o:, h:, or v:) are limited to 16KB total'

/** With the name before it that the API description allows. */
const address = /^(?:[^<>\r\n]* <[^<>\s@]+@[^<>\s@]+\.[^<>\s@]+>|[^<>\s@,]+@[^<>\s@,]+\.[^<>\s@,]+)$/

const usual = new Set(['from', 'to', 'subject', 'text', 'html', 'recipient-variables'])

function problemOfField(name: string, value: string): string | undefined {
  if (usual.has(name)) return undefined
  if (name === 'o:testmode') return value === 'yes' ? undefined : 'o:testmode can be yes only'
  if (name === 'o:tag') return /^[\x20-\x7e]{1,128}$/.test(value) ? undefined : 'o:tag is not a valid tag'
  if (/^v:[\w-]+$/.test(name)) return undefined
  if (/^h:[!-9;-~]+$/.test(name)) return /[\r\n\0]/.test(value) ? `${name} has a line break` : undefined
  return `this sink knows no parameter ${name.slice(0, 60)}`
}

function problemOfFile(name: string, file: File): string | undefined {
  if (name !== 'attachment' && name !== 'inline') return `this sink knows no file ${name.slice(0, 60)}`
  return file.name === '' ? `${name} has no file name` : undefined
}

function problemOfRepeats(names: readonly string[]): string | undefined {
  const counts = Map.groupBy(names, name => name.toLowerCase())
  if ((counts.get('o:tag')?.length ?? 0) > formLimits.tags) return `a message has ${formLimits.tags} tags at most`
  const repeated = [...counts].find(([name, each]) => each.length > 1 && name !== 'to' && name !== 'o:tag')
  return repeated === undefined ? undefined : `${repeated[0]} is given more than once`
}

/** "key is a plain recipient address, and value is a dictionary with variables" (page on batch sending). */
const recipientVariables = z.record(z.string(), z.record(z.string().regex(/^[\w.-]+$/), z.string()))

async function fileOf([name, file]: readonly [string, File]): Promise<FormFile> {
  const bytes = Buffer.from(await file.arrayBuffer())
  return { isInline: name === 'inline', name: file.name, type: file.type, bytes }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
