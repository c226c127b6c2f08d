/**
 * Brevo as a sink plays it: `POST /smtp/email` as strictly as Brevo describes it, its template language evaluated as far as a
 * sink can; `GET /smtp/emails?email=…`, the list of what was sent; and what it is asked about the account. A call is taken
 * whole or refused whole, and one with an idempotency key that was taken is refused the next time.
 */

import { isUtf8 } from 'node:buffer'
import { detectMimeType } from 'nodemailer/lib/mime-funcs'
import { type BrevoMail, brevoLimits, brevoSchema } from './brevo-mail.ts'
import { sameAddress } from './conduct.ts'
import { decodedText, shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import type { TakenMemory } from './memory.ts'
import type { Saying } from './replies.ts'
import { parsedJson, pathOf } from './request-parts.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const brevoSink: SinkVendor = {
  name: 'brevo',
  requestMaxBytes: brevoLimits.requestBytes,
  routeOptions: 'api_key: "${BREVO_API_KEY}"',
  isLookup: (method, path) => method === 'GET' && methods.get(pathOf(path)) === 'GET',
  read,
  says,
}

/** An account that may send as much as it likes; of senders and domains it says nothing. */
const accountAnswers: Readonly<Record<string, unknown>> = {
  '/account': {
    email: 'sink@mailblast.invalid',
    plan: [{ type: 'payAsYouGo', creditsType: 'sendLimit', credits: 1_000_000 }],
    relay: { enabled: true },
  },
  '/senders': { senders: [] },
  '/senders/domains': { domains: [] },
}

const methods: ReadonlyMap<string, string> = new Map([
  ['/smtp/email', 'POST'],
  ['/smtp/emails', 'GET'],
  ...Object.keys(accountAnswers).map((path): [string, string] => [path, 'GET']),
])

function read(request: VendorRequest, apiKey: string | null): VendorReading {
  const { path, headers, body } = request
  const refused = (answer: HttpAnswer): VendorReading => ({ kind: 'refused', answer })
  const method = methods.get(pathOf(path))
  if (method === undefined) return refused(error(404, 'document_not_found', 'path not found'))
  if (method !== request.method) return refused(error(405, 'method_not_allowed', 'method is not allowed'))
  const key = headers['api-key']
  if (typeof key !== 'string' || key === '' || (apiKey !== null && key !== apiKey)) return refused(unauthorized)
  const account = accountAnswers[pathOf(path)]
  if (account !== undefined) return { kind: 'asked', answer: { status: 200, body: JSON.stringify(account) } }
  if (method === 'GET') return sentList(new URLSearchParams(path.slice(pathOf(path).length + 1)))
  if (headers['content-type'] !== 'application/json')
    return refused(error(415, 'bad_request', 'Content-Type must be application/json'))
  if (body.length > brevoLimits.requestBytes) return refused(tooLarge)
  const parsed = brevoSchema.safeParse(isUtf8(body) ? parsedJson(body) : undefined)
  if (parsed.success) return reading(parsed.data)
  const [issue] = parsed.error.issues
  const fields = (issue?.path ?? []).filter(each => typeof each === 'string')
  return refused(
    error(400, 'invalid_parameter', `${issue?.message ?? 'input must be valid'} in ${fields.join('.') || 'body'}`),
  )
}

function reading(mail: BrevoMail): VendorReading {
  const { messageVersions: versions } = mail
  const mails = (versions ?? [{ to: mail.to ?? [] }]).flatMap(version => mailsOf(mail, version))
  const idempotencyKey = mail.headers?.['idempotencyKey']
  return {
    kind: 'mails',
    mails,
    delivers: mail.headers?.['X-Sib-Sandbox'] !== 'drop',
    answer: call => {
      const ids = mails.map(({ to }) => brevoId(call, to))
      return { status: 201, body: JSON.stringify(versions === undefined ? { messageId: ids[0] } : { messageIds: ids }) }
    },
    ...(idempotencyKey === undefined
      ? {}
      : {
          // "The API returns a duplicate_parameter error and does not process the request" (guide to idempotency).
          repeatable: {
            key: idempotencyKey,
            fingerprint: null,
            windowMs: 30 * 60_000,
            conflict: error(400, 'duplicate_parameter', 'idempotencyKey was used already'),
          },
        }),
  }
}

type Version = NonNullable<BrevoMail['messageVersions']>[number]

/** What each recipient of a version gets. The parts are put together only when they are read. */
function mailsOf(mail: BrevoMail, version: Version): readonly VendorMail[] {
  const { 'x-mailin-custom': marker = '', ...own } = shownHeaders({ ...mail.headers, ...version.headers })
  const { idempotencykey: _, 'x-sib-sandbox': __, ...headers } = own
  const named = markerIn(marker)
  const params = { ...mail.params, ...version.params }
  const html = version.htmlContent ?? mail.htmlContent
  const text = version.textContent ?? mail.textContent
  const { email, name } = mail.sender
  return version.to.map(({ email: to }) => ({
    to,
    messageId: named.mailblast_id ?? null,
    run: named.mailblast_run ?? null,
    from: name === undefined ? email : `${decodedText(name)} <${email}>`,
    replyTo: mail.replyTo?.email ?? null,
    subject: evaluated(version.subject ?? mail.subject, params),
    get text() {
      return text === undefined ? null : evaluated(text, params)
    },
    get html() {
      return evaluated(html, params)
    },
    headers,
    attachments: (mail.attachment ?? []).map(file => ({
      fileName: file.name,
      // "Brevo determines attachment content type by … examining that filename's extension" (django-anymail).
      contentType: detectMimeType(file.name),
      content: file.content,
      contentId: null,
    })),
  }))
}

/**
 * Brevo's template language as far as it matters here: a variable of `params` leaves its value, and every other variable, tag
 * or comment leaves nothing; one that is not closed takes the rest with it.
 */
function evaluated(text: string, params: Readonly<Record<string, unknown>>): string {
  return text.replace(/\{\{\s*(.*?)\s*(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#.*?(?:#\}|$)/gs, (_, variable?: string) => {
    const name = /^params\.(\w+)$/.exec(variable ?? '')?.[1]
    return name === undefined || !Object.hasOwn(params, name) ? '' : String(params[name])
  })
}

function markerIn(text: string): { readonly mailblast_id?: string; readonly mailblast_run?: string } {
  const json = parsedJson(Buffer.from(text))
  return typeof json === 'object' && json !== null ? json : {}
}

/** The list of what was sent to one address; by another filter this sink finds nothing, and says so. */
function sentList(query: URLSearchParams): VendorReading {
  const address = query.get('email') ?? ''
  const limit = Number(query.get('limit') ?? 500)
  if (address === '' || !Number.isInteger(limit) || limit < 1 || limit > 1000)
    return { kind: 'refused', answer: error(400, 'missing_parameter', 'this sink lists what was sent to one email') }
  return { kind: 'lookup', answer: taken => ({ status: 200, body: JSON.stringify(sentTo(address, limit, taken)) }) }
}

function sentTo(address: string, limit: number, taken: TakenMemory) {
  const found = taken.findTo(sameAddress(address)).slice(0, limit)
  const transactionalEmails = found.map(({ to, call, atMs, run }) => ({
    email: to,
    messageId: brevoId(call, to),
    date: new Date(atMs).toISOString(),
    tags: run === null ? [] : [`mailblast ${run}`],
  }))
  return { count: found.length, transactionalEmails }
}

function brevoId(call: number, to: string): string {
  return `<${call}.${Buffer.from(sameAddress(to)).toString('hex').slice(0, 48)}@smtp-relay.mailin.fr>`
}

/** What Brevo answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, _about: number, wait: AskedWait | null): HttpAnswer {
  const window = wait === null ? {} : { headers: windowHeaders(wait) }
  switch (saying) {
    case 'no-such-user':
      return error(400, 'invalid_parameter', 'email is not valid in to')
    case 'content':
      return error(400, 'invalid_parameter', 'value is not valid in headers')
    case 'too-big':
      return tooLarge
    case 'blocked':
      return error(403, 'permission_denied', 'Unable to send email. Your SMTP account is not yet activated.')
    case 'bad-key':
      return unauthorized
    case 'no-credit':
      return error(402, 'not_enough_credits', 'you do not have enough credits')
    case 'throttled':
      return { ...error(429, 'too_many_requests', 'the rate limit is exceeded'), ...window }
    case 'busy':
    case 'mailbox-full':
    case 'greylisted': {
      const later = wait === null ? {} : { headers: { 'retry-after': String(wait.seconds) } }
      return { ...error(503, 'service_unavailable', 'the service is not available for the moment'), ...later }
    }
  }
}

/** The reset is in seconds from now (page on rate limit headers). */
function windowHeaders({ seconds }: AskedWait): Readonly<Record<string, string>> {
  return {
    'x-sib-ratelimit-limit': '1000',
    'x-sib-ratelimit-remaining': '0',
    'x-sib-ratelimit-reset': String(seconds),
  }
}

function error(status: number, code: string, message: string): HttpAnswer {
  return { status, body: JSON.stringify({ code, message }) }
}

const unauthorized = error(401, 'unauthorized', 'Key not found')

const tooLarge: HttpAnswer = {
  status: 413,
  body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
}
