/**
 * `smtp://` and `smtps://` addresses of a server. They are taken apart as text, not as WHATWG URLs, because a part may be
 * `${NAME}` or a password with characters that a URL could not hold. Nothing here puts a part into a message.
 */

import { variablesIn } from './secret-option.ts'

/** The parts as they stand in the URL. */
export interface ServerUrl {
  readonly scheme: 'smtp' | 'smtps'
  readonly user: string | undefined
  readonly password: string | undefined
  /** A name or an IP address, IPv6 without its brackets. */
  readonly host: string
  readonly port: string | undefined
}

/** Undefined if it is none: another scheme, no host, or a path or query behind it. */
export function parseServerUrl(text: string): ServerUrl | undefined {
  const match = /^(smtps?):\/\/(?:(.*)@)?(\[[0-9a-f:.]+\]|[^@:/?#[\]\s]+)(?::([^@:/?#\s]+))?\/?$/is.exec(text)
  const [, scheme, login, host, port] = match ?? []
  if (host === undefined) return undefined
  return {
    scheme: scheme?.toLowerCase() === 'smtps' ? 'smtps' : 'smtp',
    ...splitLogin(login),
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port,
  }
}

export interface HostText {
  readonly host: string
  readonly port: number | undefined
}

/** `mail.example.com`, `mail.example.com:2525`, `[2001:db8::1]:25`; undefined if it is none of them. */
export function parseHost(text: string): HostText | undefined {
  const [, host, digits] = /^([\w.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || (port !== undefined && (port < 1 || port > 65535))) return undefined
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port }
}

/** A server for people: `mail.example.com:587`, `[2001:db8::1]:25`. */
export function serverText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether a URL gives a password away, rather than saying with `${NAME}` where it is. */
export function revealsPassword(text: string): boolean {
  const login = /^(?:[a-z]*:\/\/)?(.*)@/is.exec(text)?.[1]
  const { password } = splitLogin(login)
  return password !== undefined && password !== '' && variablesIn(password).length === 0
}

function splitLogin(login: string | undefined): { user: string | undefined; password: string | undefined } {
  if (login === undefined) return { user: undefined, password: undefined }
  const colon = login.indexOf(':')
  if (colon === -1) return { user: login, password: undefined }
  return { user: login.slice(0, colon), password: login.slice(colon + 1) }
}
