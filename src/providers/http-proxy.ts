/**
 * The proxy that the environment names, as every program reads it: `HTTPS_PROXY`, or `HTTP_PROXY` where that is all there
 * is, and `NO_PROXY` for the hosts that are reached without; small letters count before capitals. A password in it is a
 * secret.
 */

import { UserError } from '../model/errors.ts'

export interface EnvironmentProxy {
  /** With user name and password, if it has them. */
  readonly url: string
  /** As it stands in the environment; empty if it does not. */
  readonly noProxy: string
  /** What must not get out in words. */
  readonly secrets: readonly string[]
}

/** Null if there is none. Throws UserError if it cannot be used, not repeating it; `where` names the route. */
export function proxyOf(env: Readonly<Record<string, string | undefined>>, where: string): EnvironmentProxy | null {
  const name = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].find(each => (env[each] ?? '') !== '')
  if (name === undefined) return null
  const text = env[name] ?? ''
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    throw new UserError(`${name} in the environment is not the address of a proxy`, {
      where,
      remedy: `Set it to an address such as http://proxy.example.com:3128, or take it out: unset ${name}.`,
    })
  return { url: url.href, noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '', secrets: secretsIn(url, name, where) }
}

function secretsIn({ username, password }: URL, name: string, where: string): readonly string[] {
  try {
    const [user, secret] = [decodeURIComponent(username), decodeURIComponent(password)]
    // The second is what goes to the proxy, as HTTP Basic authorization (RFC 7617).
    return secret === '' ? [] : [secret, `${user}:${secret}`]
  } catch {
    throw new UserError(`user name or password of ${name} in the environment are not percent-encoded`, {
      where,
      remedy: 'Write % as %25, @ as %40, : as %3A and / as %2F in them.',
    })
  }
}
