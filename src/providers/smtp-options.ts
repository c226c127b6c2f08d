/**
 * The options of an SMTP route, and what they come to. A password stands in the campaign file only as a reference, and
 * no message here repeats what stands in a URL. A password never travels in the clear beyond this machine.
 */

import { z } from 'zod'
import { UserError } from '../model/errors.ts'
import { parseDurationMs } from '../model/rate.ts'
import type { SecretReference } from '../model/secret.ts'
import { caFileOption, type ReadText, readCaFile } from './ca-file.ts'
import { dkimOptions } from './dkim-options.ts'
import type { RouteOpening } from './provider.ts'
import { secretKeys, secretReference } from './secret-option.ts'
import { authOption, type Login, readLogin, tokenKeys } from './smtp-login-options.ts'
import { parseReturnPath, type ReturnPath } from './smtp-return-path.ts'
import { type HostText, parseHost, parseServerUrl, revealsPassword } from './smtp-url.ts'

export type Tls = 'required' | 'opportunistic' | 'implicit' | 'none'

export interface SmtpServer {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

export interface SmtpSettings {
  /** At least one; all of them take the same mail under the same login. */
  readonly servers: readonly SmtpServer[]
  readonly tls: Tls
  readonly login: Login | null
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca: string | null
  readonly heloName: string | null
  readonly connectMs: number
  readonly greetingMs: number
  /** How long the server may keep silent. */
  readonly idleMs: number
  readonly messagesPerConnection: number
  /** The envelope sender. */
  readonly returnPath: ReturnPath
  /** Whether bounces are asked to name the message, and to leave its text out. */
  readonly dsn: boolean
}

const duration = z.string().refine(text => (parseDurationMs(text) ?? 0) > 0, { error: 'is not a duration such as 30s' })

const plainOptions = {
  host: z
    .string()
    .regex(/^[\w.:-]+$/, { error: 'is not a host name or IP address' })
    .optional()
    .describe('Server that takes the mail, unless there is a url'),
  hosts: z
    .array(
      z.string().refine(text => parseHost(text) !== undefined, {
        error: 'is not a host name or IP address, with or without :port',
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Several servers that take the same mail, such as [a.example.com, "b.example.com:2525"], instead of host',
    ),
  port: z.int().min(1).max(65535).optional().describe('Default: 587, or 465 with TLS from the first byte'),
  secure: z.boolean().optional().describe('TLS from the first byte; the same as tls: implicit'),
  user: z.string().min(1).optional().describe('User name for AUTH'),
  auth: authOption,
  tls: z
    .enum(['required', 'opportunistic', 'implicit', 'none'])
    .optional()
    .describe('STARTTLS or nothing, STARTTLS if offered, TLS from the first byte, or no TLS. Default: required'),
  ca_file: caFileOption,
  helo_name: z
    .string()
    .regex(/^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])$/, { error: 'is not a host name' })
    .optional()
    .describe('Name given in EHLO. Default: the name of this machine'),
  timeout: z
    .strictObject({
      connect: duration.optional().describe('From the name lookup to the greeting, TLS included. Default: 1m'),
      greeting: duration.optional().describe('For the greeting alone, and for TLS alone. Default: 30s'),
      idle: duration.optional().describe('How long the server may keep silent. Default: 10m'),
    })
    .optional()
    .describe('When the server counts as lost'),
  messages_per_connection: z.int().min(1).max(100_000).default(100).describe('Then a new connection is made'),
  return_path: z
    .string()
    .refine(text => parseReturnPath(text) !== undefined, {
      error: 'is not an address, nor one such as bounces+{recipient}@example.com',
    })
    .optional()
    .describe(
      'Envelope sender, to which bounces go; {recipient} before the @ gives each recipient one of her own. Default: the From address',
    ),
  dsn: z
    .boolean()
    .default(false)
    .describe('Where the server offers DSN, ask that bounces name our Message-ID and leave the text out'),
}

export const smtpOptions = z.strictObject({
  ...secretKeys('url', {
    description: 'Server and login: smtps://user:${SMTP_PASSWORD}@mail.example.com:465',
    required: false,
    reveals: revealsPassword,
  }),
  ...plainOptions,
  ...secretKeys('password', { description: 'Password for AUTH', required: false }),
  ...tokenKeys,
  ...dkimOptions,
})

const plainSchema = z.object(plainOptions)
type PlainOptions = z.infer<typeof plainSchema>

/** RFC 5321, section 4.5.3.2.6, gives a server ten minutes to answer the end of the data. */
const defaults = { connect: '1m', greeting: '30s', idle: '10m' }

/** Resolves secrets and reads the certificate file. Throws UserError if the options do not go together. */
export async function readSmtpSettings(opening: RouteOpening, readText: ReadText): Promise<SmtpSettings> {
  const where = `route ${opening.route.name}`
  const options = plainSchema.parse(opening.route.options)
  const server = await readServer(options, opening, where)
  const login = await readLogin({ auth: options.auth, ...server }, opening, where)
  const tls = readTls(options, server, login !== null, where)
  return {
    servers: server.hosts.map(({ host, port }) => ({
      host,
      port: port ?? server.port ?? (tls === 'implicit' ? 465 : 587),
    })),
    tls,
    login,
    ca: options.ca_file === undefined ? null : await readCaFile(options.ca_file, opening.folder, readText, where),
    heloName: options.helo_name ?? null,
    connectMs: milliseconds(options.timeout?.connect ?? defaults.connect),
    greetingMs: milliseconds(options.timeout?.greeting ?? defaults.greeting),
    idleMs: milliseconds(options.timeout?.idle ?? defaults.idle),
    messagesPerConnection: options.messages_per_connection,
    returnPath: readSender(options, opening, where),
    dsn: options.dsn,
  }
}

interface Server {
  readonly hosts: readonly HostText[]
  /** Of those that do not name their own. */
  readonly port: number | undefined
  readonly implicitTls: boolean
  readonly user: string | undefined
  readonly password: string | undefined
}

async function readServer(options: PlainOptions, opening: RouteOpening, where: string): Promise<Server> {
  const url = secretReference(opening.route.options, 'url')
  const password = secretReference(opening.route.options, 'password')
  if (url !== undefined) {
    const beside = [...(['host', 'hosts', 'port', 'secure', 'user'] as const)].find(key => options[key] !== undefined)
    if (beside !== undefined || password !== undefined)
      throw new UserError(`url and ${beside ?? 'password'} do not go together`, {
        where,
        remedy: `Put the ${beside ?? 'password'} into the url, or write host, port, user and password without a url.`,
      })
    return readUrl(url, opening, where)
  }
  if (options.host !== undefined && options.hosts !== undefined)
    throw new UserError('host and hosts do not go together', { where, remedy: 'Put all of them into hosts.' })
  const given = options.hosts ?? (options.host === undefined ? [] : [options.host])
  if (given.length === 0)
    throw new UserError('there is no server', { where, remedy: 'Give host, or url such as smtp://mail.example.com.' })
  return {
    // A host by itself may be an IPv6 address without brackets; one of several says its port behind the last colon.
    hosts: options.hosts?.flatMap(text => parseHost(text) ?? []) ?? given.map(host => ({ host, port: undefined })),
    port: options.port,
    implicitTls: options.secure === true,
    user: options.user,
    password: password === undefined ? undefined : (await opening.secret(password)).reveal(),
  }
}

/**
 * A URL whose parts hold `${NAME}` is taken apart first, so that a password may hold any character as it is. One that
 * comes whole from the environment, a file or a command is percent-encoded, as URLs are.
 */
async function readUrl(url: SecretReference, opening: RouteOpening, where: string): Promise<Server> {
  const isTemplate = url.from === 'text' && /^smtps?:/i.test(url.text)
  const parsed = parseServerUrl(isTemplate ? url.text : (await opening.secret(url)).reveal().trim())
  if (parsed === undefined)
    throw new UserError('url is not an address such as smtps://user:${SMTP_PASSWORD}@mail.example.com:465', {
      where,
      remedy: 'It begins with smtp:// or smtps://, and nothing follows host and port.',
    })
  const part = async (text: string) =>
    isTemplate && text.includes('${') ? (await opening.secret({ from: 'text', text })).reveal() : decoded(text)
  const port = parsed.port === undefined ? undefined : Number(await part(parsed.port))
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535))
    throw new UserError('the port in the url is not a number from 1 to 65535', { where })
  return {
    hosts: [{ host: await part(parsed.host), port }],
    port: undefined,
    implicitTls: parsed.scheme === 'smtps',
    user: parsed.user === undefined ? undefined : await part(parsed.user),
    password: parsed.password === undefined ? undefined : await part(parsed.password),
  }
}

function readTls(options: PlainOptions, server: Server, logsIn: boolean, where: string): Tls {
  const isLoopback = server.hosts.every(({ host }) => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host))
  if (server.implicitTls && options.tls !== undefined && options.tls !== 'implicit')
    throw new UserError(`tls: ${options.tls} contradicts smtps:// or secure: true`, { where })
  const tls = server.implicitTls ? 'implicit' : (options.tls ?? (isLoopback ? 'opportunistic' : 'required'))
  if (logsIn && !isLoopback && (tls === 'none' || tls === 'opportunistic'))
    throw new UserError(`tls: ${tls} would show the login to the network`, {
      where,
      remedy: 'Write tls: required (or implicit), with ca_file if the certificate is of an authority of your own.',
    })
  return tls
}

/** Addresses in the header that only SMTPUTF8 carries would make every message depend on it: better said beforehand. */
function readSender(options: PlainOptions, opening: RouteOpening, where: string): ReturnPath {
  const { from, replyTo } = opening.content
  const given = options.return_path === undefined ? undefined : parseReturnPath(options.return_path)
  const returnPath = given ?? { fixed: from.address, around: null }
  const odd = [from.address, replyTo?.address, returnPath.fixed].find(address => /[^\0-\x7f]/.test(address ?? ''))
  if (odd !== undefined)
    throw new UserError(`${odd} has a character beyond ASCII before the @, which few mail servers let a sender have`, {
      where,
      remedy: 'Give an address in ASCII as from, reply_to and return_path.',
    })
  return returnPath
}

function milliseconds(text: string): number {
  return parseDurationMs(text) ?? 0
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
