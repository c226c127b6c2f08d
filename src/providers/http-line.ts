/**
 * The connections of one open route: a pool of HTTP/1.1 connections, straight to the API or through the tunnel of a proxy
 * (CONNECT, RFC 9110, 9.3.6). Through a proxy, what is encrypted is so from here to the API, and a tunnel that does not come
 * about is a connection that was not made: nothing has left. This machine is never reached by a proxy.
 *
 * Why not HTTP/2: it gains nothing here and breaks a promise. On loopback, over TLS, with bodies of 22 kB, undici 8.12 needs
 * 120 to 160 µs of its thread for a call by HTTP/2 and 75 µs by HTTP/1.1, with 10 and with 64 calls open, whether the calls
 * share one connection or four. And its HTTP/2 repeats calls by itself: a stream that was refused, and one that a GOAWAY
 * says was not processed (RFC 9113, 8.7), are sent a second time, which http-call forbids and can then only call a doubt.
 * Servers say GOAWAY whenever they close a connection, so each of those would put people in doubt who cannot have been sent
 * to. Nor is undici's own cache of names (`interceptors.dns`) of use: it repeats a call that ended with ETIMEDOUT.
 */

import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici'
import type { BaseUrl } from './http-base-url.ts'
import { rememberingLookup } from './http-names.ts'
import type { HttpLimits } from './http-provider.ts'
import type { EnvironmentProxy } from './http-proxy.ts'

export interface LineSettings {
  readonly limits: HttpLimits
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca: string | null
}

export function openLine(
  base: BaseUrl,
  settings: LineSettings & { readonly proxy: EnvironmentProxy | null; readonly concurrency: number },
): Dispatcher {
  const { limits, ca, proxy, concurrency } = settings
  const tls = { timeout: limits.connectMs, minVersion: 'TLSv1.2' as const, allowH2: false, lookup: rememberingLookup() }
  const connect = ca === null ? tls : { ...tls, ca }
  const options: Pool.Options = {
    connections: concurrency,
    pipelining: 1,
    allowH2: false,
    connect,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.bodyMs,
    maxHeaderSize: limits.answerHeadBytes,
    maxResponseSize: limits.answerBytes,
  }
  if (proxy === null) return new Pool(base.origin, options)
  return new EnvHttpProxyAgent({
    ...options,
    // An address that is given, though empty, keeps the agent from looking into the environment by itself.
    httpProxy: '',
    httpsProxy: proxy.url,
    noProxy: proxy.noProxy,
    requestTls: connect,
    proxyTls: tls,
    // The answer to CONNECT belongs to the connecting, and is waited for no longer.
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: limits.connectMs }),
  })
}
