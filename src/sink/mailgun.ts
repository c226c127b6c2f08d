/**
 * Mailgun as a sink plays it: `POST /v3/{domain}/messages` as strictly as Mailgun's pages describe it, refused in Mailgun's
 * words, with recipient variables put in as it does; its events; and what it says of a domain. Take whole or refuse whole,
 * as Mailgun does.
 */

import { decodedText, shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import { eventsAnswer } from './mailgun-events.ts'
import { formLimits, type MailgunForm, readForm, tooManyOptions } from './mailgun-form.ts'
import { merged } from './mailgun-merge.ts'
import type { Saying } from './replies.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const mailgunSink: SinkVendor = {
  name: 'mailgun',
  requestMaxBytes: formLimits.requestBytes,
  routeOptions: 'domain: mg.example.com, api_key: "${MAILGUN_API_KEY}"',
  isLookup: (method, path) => method === 'GET' && /\/(?:events|domains\/[^/?]+)(?:\?|$)/.test(path),
  read,
  says,
}

/** What a path asks for; the group is the domain. */
const paths = [
  { method: 'POST', path: /^\/v3\/([^/]+)\/messages$/, asks: 'send' },
  { method: 'GET', path: /^\/v3\/([^/]+)\/events$/, asks: 'events' },
  { method: 'GET', path: /^\/v4\/domains\/([^/]+)$/, asks: 'domain' },
] as const

async function read(request: VendorRequest, apiKey: string | null): Promise<VendorReading> {
  const [path = '', query = ''] = request.path.split('?', 2)
  const place = paths.find(each => each.path.test(path))
  const domain = place?.path.exec(path)?.[1] ?? ''
  if (place === undefined || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain)) return refused(404, 'Domain not found')
  if (request.method !== place.method) return refused(405, 'Method not allowed')
  const { authorization = '' } = request.headers
  if (!isAccepted(authorization, apiKey)) return { kind: 'refused', answer: forbidden }
  switch (place.asks) {
    case 'events':
      return { kind: 'lookup', answer: taken => eventsAnswer(domain, new URLSearchParams(query), taken) }
    case 'domain':
      return { kind: 'lookup', answer: () => ({ status: 200, body: JSON.stringify(activeDomain(domain)) }) }
    case 'send':
      return readMails(request, domain)
  }
}

async function readMails({ headers, body }: VendorRequest, domain: string): Promise<VendorReading> {
  const contentType = headers['content-type'] ?? ''
  if (!contentType.startsWith('multipart/form-data;')) return refused(400, 'this sink takes multipart/form-data only')
  if (body.length > formLimits.requestBytes) return refused(413, 'Request Entity Too Large')
  const form = await readForm(body, contentType)
  if (typeof form === 'string') return refused(400, form)
  const files = form.files.reduce((total, { bytes }) => total + Math.ceil(bytes.length / 57) * 78, 0)
  if (Buffer.byteLength(form.text ?? '') + Buffer.byteLength(form.html ?? '') + files > formLimits.messageBytes)
    return refused(413, 'Request Entity Too Large')
  return {
    kind: 'mails',
    mails: deliveriesOf(form),
    delivers: !form.isTest,
    answer: call => ({
      status: 200,
      body: JSON.stringify({ id: `<id-${call}@${domain}>`, message: 'Queued. Thank you.' }),
    }),
  }
}

/** "Use `api` as the user name and your API key is the password" (page on authentication). */
function isAccepted(authorization: string, apiKey: string | null): boolean {
  const pair = Buffer.from(/^Basic (\S+)$/.exec(authorization)?.[1] ?? '', 'base64').toString()
  return apiKey === null ? /^api:\S+$/.test(pair) : pair === `api:${apiKey}`
}

/** What each recipient gets of a call. The text is put together only when it is read. */
function deliveriesOf(form: MailgunForm): readonly VendorMail[] {
  const attachments = form.files.map(({ isInline, name, type, bytes }) => ({
    fileName: name,
    contentType: type,
    content: bytes.toString('base64'),
    contentId: isInline ? name : null,
  }))
  return form.to.map(to => {
    const variables = form.variables[to]
    const filled = (text: string) => merged(text, to, variables)
    const headers = new Map(Object.entries(form.headers).map(([name, value]) => [name.toLowerCase(), filled(value)]))
    const replyTo = headers.get('reply-to') ?? null
    const messageId = headers.get('message-id') ?? null
    const run = headers.get('x-mailblast-run') ?? null
    for (const name of ['reply-to', 'message-id', 'x-mailblast-run']) headers.delete(name)
    return {
      to,
      messageId,
      run,
      from: shownMailbox(filled(form.from)),
      replyTo: replyTo === null ? null : (/<([^<>]+)>$/.exec(replyTo)?.[1] ?? replyTo),
      subject: filled(form.subject),
      get text() {
        return form.text === null ? null : filled(form.text)
      },
      get html() {
        return form.html === null ? null : filled(form.html)
      },
      headers: shownHeaders(Object.fromEntries(headers)),
      attachments,
    }
  })
}

/** As a mail program shows it: the name without its quotes, its words decoded. */
function shownMailbox(text: string): string {
  const [, quoted, rest] = /^"((?:[^"\\]|\\.)*)"( <.*>)$/.exec(text) ?? []
  return quoted === undefined ? decodedText(text) : `${quoted.replace(/\\(.)/g, '$1')}${rest}`
}

/** What Mailgun answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, _about: number, wait: AskedWait | null): HttpAnswer {
  const seconds = wait?.seconds ?? 120
  switch (saying) {
    case 'no-such-user':
      return error(400, 'to parameter is not a valid address. please check documentation')
    case 'content':
      return error(400, tooManyOptions)
    case 'too-big':
      return { status: 413, body: '<html><head><title>413 Request Entity Too Large</title></head></html>' }
    case 'blocked':
      return error(403, 'Domain mg.example.com is not allowed to send: Account disabled')
    case 'bad-key':
      return forbidden
    case 'no-credit': {
      const until = new Date((wait?.fromMs ?? 0) + seconds * 1000).toUTCString().replace('GMT', 'UTC')
      const after = wait === null ? '' : `, try again after ${until}`
      return error(429, `Domain mg.example.com is not allowed to send: recipient limit exceeded${after}`)
    }
    case 'throttled':
      return error(
        429,
        `Domain mg.example.com is not allowed to send: account-requests-per-sec limit exceeded, try again after ${seconds} seconds`,
      )
    case 'busy':
    case 'mailbox-full':
    case 'greylisted':
      return error(503, 'Service Unavailable')
  }
}

/** Mailgun's 401 is no JSON. */
const forbidden: HttpAnswer = { status: 401, headers: { 'content-type': 'text/plain' }, body: 'Forbidden' }

function error(status: number, message: string): HttpAnswer {
  return { status, body: JSON.stringify({ message }) }
}

function refused(status: number, message: string): VendorReading {
  return { kind: 'refused', answer: error(status, message) }
}

/** The parts of the API description's example that tell whether it may send. */
function activeDomain(name: string) {
  return {
    domain: { name, state: 'active', is_disabled: false, type: 'custom' },
    receiving_dns_records: [],
    sending_dns_records: [
      {
        record_type: 'TXT',
        name,
        is_active: true,
        cached: [],
        valid: 'valid',
        value: 'v=spf1 include:mailgun.org ~all',
      },
    ],
  }
}
