/**
 * The options of an SMTP route, and what they come to. A password stands in the campaign file only as a reference, and
 * no message here repeats what stands in a URL. A password never travels in the clear beyond this machine.
 */

import { z } from 'zod'
import { type Address, parseAddress } from '../model/address.ts'
import { UserError } from '../model/errors.ts'
import { parseDurationMs } from '../model/rate.ts'
import type { SecretReference } from '../model/secret.ts'
import { caFileOption, type ReadText, readCaFile } from './ca-file.ts'
import type { RouteOpening } from './provider.ts'
import { secretKeys, secretReference } from './secret-option.ts'
import { parseServerUrl, revealsPassword, type ServerUrl } from './smtp-url.ts'

export type Tls = 'required' | 'opportunistic' | 'implicit' | 'none'

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  readonly tls: Tls
  readonly login: { readonly user: string; readonly password: string } | null
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca: string | null
  readonly heloName: string | null
  readonly connectMs: number
  readonly greetingMs: number
  /** How long the server may keep silent. */
  readonly idleMs: number
  readonly messagesPerConnection: number
  /** The envelope sender. */
  readonly returnPath: Address
}

const duration = z.string().refine(text => (parseDurationMs(text) ?? 0) > 0, { error: 'is not a duration such as 30s' })

const plainOptions = {
  host: z
    .string()
    .regex(/^[\w.:-]+$/, { error: 'is not a host name or IP address' })
    .optional()
    .describe('Server that takes the mail, unless there is a url'),
  port: z.int().min(1).max(65535).optional().describe('Default: 587, or 465 with TLS from the first byte'),
  secure: z.boolean().optional().describe('TLS from the first byte; the same as tls: implicit'),
  user: z.string().min(1).optional().describe('User name for AUTH'),
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
    .refine(text => parseAddress(text).ok, { error: 'is not an address' })
    .optional()
    .describe('Envelope sender, to which bounces go. Default: the From address'),
}

export const smtpOptions = z.strictObject({
  ...secretKeys('url', {
    description: 'Server and login: smtps://user:${SMTP_PASSWORD}@mail.example.com:465',
    required: false,
    reveals: revealsPassword,
  }),
  ...plainOptions,
  ...secretKeys('password', { description: 'Password for AUTH', required: false }),
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
  const tls = readTls(options, server, where)
  return {
    host: server.host,
    port: server.port ?? (tls === 'implicit' ? 465 : 587),
    tls,
    login: server.login,
    ca: options.ca_file === undefined ? null : await readCaFile(options.ca_file, opening.folder, readText, where),
    heloName: options.helo_name ?? null,
    connectMs: milliseconds(options.timeout?.connect ?? defaults.connect),
    greetingMs: milliseconds(options.timeout?.greeting ?? defaults.greeting),
    idleMs: milliseconds(options.timeout?.idle ?? defaults.idle),
    messagesPerConnection: options.messages_per_connection,
    returnPath: readSender(options, opening, where),
  }
}

interface Server {
  readonly host: string
  readonly port: number | undefined
  readonly implicitTls: boolean
  readonly login: SmtpSettings['login']
}

async function readServer(options: PlainOptions, opening: RouteOpening, where: string): Promise<Server> {
  const url = secretReference(opening.route.options, 'url')
  const password = secretReference(opening.route.options, 'password')
  if (url !== undefined) {
    const beside = [...(['host', 'port', 'secure', 'user'] as const)].find(key => options[key] !== undefined)
    if (beside !== undefined || password !== undefined)
      throw new UserError(`url and ${beside ?? 'password'} do not go together`, {
        where,
        remedy: `Put the ${beside ?? 'password'} into the url, or write host, port, user and password without a url.`,
      })
    return readUrl(url, opening, where)
  }
  if (options.host === undefined)
    throw new UserError('there is no server', { where, remedy: 'Give host, or url such as smtp://mail.example.com.' })
  const login = await readLogin(options.user, password, opening, where)
  return { host: options.host, port: options.port, implicitTls: options.secure === true, login }
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
    host: await part(parsed.host),
    port,
    implicitTls: parsed.scheme === 'smtps',
    login: await readUrlLogin(parsed, part, where),
  }
}

async function readUrlLogin(
  { user, password }: ServerUrl,
  part: (text: string) => Promise<string>,
  where: string,
): Promise<Server['login']> {
  if (user === undefined && password === undefined) return null
  const login = { user: await part(user ?? ''), password: await part(password ?? '') }
  if (login.user === '' || login.password === '') throw halfLogin(where)
  return login
}

async function readLogin(
  user: string | undefined,
  password: SecretReference | undefined,
  opening: RouteOpening,
  where: string,
): Promise<Server['login']> {
  if (user === undefined && password === undefined) return null
  if (user === undefined || password === undefined) throw halfLogin(where)
  const login = { user, password: (await opening.secret(password)).reveal() }
  if (login.password === '') throw halfLogin(where)
  return login
}

function halfLogin(where: string): UserError {
  return new UserError('user and password go together, and one of them is missing or empty', { where })
}

function readTls(options: PlainOptions, server: Server, where: string): Tls {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(server.host)
  if (server.implicitTls && options.tls !== undefined && options.tls !== 'implicit')
    throw new UserError(`tls: ${options.tls} contradicts smtps:// or secure: true`, { where })
  const tls = server.implicitTls ? 'implicit' : (options.tls ?? (isLoopback ? 'opportunistic' : 'required'))
  if (server.login !== null && !isLoopback && (tls === 'none' || tls === 'opportunistic'))
    throw new UserError(`tls: ${tls} would show the password to the network`, {
      where,
      remedy: 'Write tls: required (or implicit), with ca_file if the certificate is of an authority of your own.',
    })
  return tls
}

/** Addresses in the header that only SMTPUTF8 carries would make every message depend on it: better said beforehand. */
function readSender(options: PlainOptions, opening: RouteOpening, where: string): Address {
  const { from, replyTo } = opening.content
  const given = options.return_path === undefined ? undefined : parseAddress(options.return_path)
  const returnPath = given?.ok ? given.address : from.address
  const odd = [from.address, replyTo?.address, returnPath].find(address => /[^\0-\x7f]/.test(address ?? ''))
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
