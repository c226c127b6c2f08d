/**
 * The `base_url` option that every HTTP vendor has: where its API is. A key must not travel in the clear, so plain
 * `http:` is for this machine alone (a rehearsal, a test).
 */

import { z } from 'zod'
import { UserError } from '../model/errors.ts'

export interface BaseUrl {
  /** Such as `https://api.example.com`. */
  readonly origin: string
  /** Whether that is this machine. */
  readonly isLoopback: boolean
  /** What goes before the path of every call: empty, or `/proxy/v1` without a slash at its end. */
  readonly path: string
}

/** The option for a vendor's schema, with the vendor's own address as default. */
export function baseUrlOption(usual: string) {
  return url().default(usual).describe(description)
}

/** The same for a vendor whose own address depends on its other options: there is none unless it is given. */
export function otherBaseUrlOption(usual: string) {
  return url().optional().describe(`${description}. Default: ${usual}`)
}

const description = 'Where the API is: an https address, or http on this machine'

function url() {
  return z
    .string()
    .refine(text => typeof parse(text) !== 'string', { error: issue => String(parse(String(issue.input))) })
}

/** Throws UserError if calls cannot go there; `where` names the route. */
export function parseBaseUrl(text: string, where: string): BaseUrl {
  const parsed = parse(text)
  if (typeof parsed === 'string')
    throw new UserError(`base_url ${parsed}`, { where, remedy: 'Give an address such as https://api.example.com.' })
  return parsed
}

/** The address, or what is wrong with it. The address is not repeated in words: it might hold a password. */
function parse(text: string): BaseUrl | string {
  if (!URL.canParse(text)) return 'is not an address such as https://api.example.com'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.search !== '' || url.hash !== '') return 'must not hold a ? or #'
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'must begin with https://, for http would show the key to the network; only this machine (localhost) is reached by http'
  return { origin: url.origin, isLoopback: isLoopback(url.hostname), path: url.pathname.replace(/\/+$/, '') }
}

/** RFC 1122's 127.0.0.0/8, RFC 4291's ::1, RFC 6761's localhost. URL has normalised the host's spelling already. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
