/**
 * Credentials as all programs of AWS find them: environment, shared files, SSO, web identity, container, instance. AWS's own
 * library looks for them and renews them before they expire. They are looked for when the first call needs them, for
 * finding them may itself take a call; where they cannot be had, nothing of the message has left.
 */

import type { Cause } from '../model/outcome.ts'
import { causeOf } from './answer-outcomes.ts'

export interface SesCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** There are none, and what that means for the messages of a call: an outcome of theirs. */
export interface NoCredentials {
  readonly kind: 'refused' | 'deferred'
  readonly scope: 'route'
  readonly cause: Cause
}

/** The credentials for a call that is made now. */
export type FindCredentials = () => Promise<SesCredentials | NoCredentials>

/** `keepSecret` is told of every secret before it is used. */
export function chainOfCredentials(profile: string | undefined, keepSecret: (secret: string) => void): FindCredentials {
  let chain: ReturnType<typeof loadChain> | undefined
  return async () => {
    try {
      chain ??= loadChain(profile)
      const { accessKeyId, secretAccessKey, sessionToken } = await (await chain)()
      for (const secret of [secretAccessKey, sessionToken]) if (secret !== undefined) keepSecret(secret)
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
    } catch (error) {
      return failed(error)
    }
  }
}

/** The library has no limit of its own where it asks another server, and a call must end. */
const askingLimits = { connectionTimeout: 5000, requestTimeout: 15_000 }

async function loadChain(profile: string | undefined) {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  return defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    clientConfig: { requestHandler: askingLimits },
    logger: silent,
  })
}

/** Without it the library writes warnings to the terminal by itself. */
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

function nothing(): void {
  // Whatever is of importance comes as an error.
}

/**
 * A failure that the library puts down to what it was given is the operator's to mend (nothing found, a profile that is
 * none, a session that has ended, a role that may not be assumed); any other (a server that does not answer) may pass.
 */
function failed(error: unknown): NoCredentials {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const isGivenWrong =
    /^(CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name) ||
    (error instanceof Error && '$fault' in error && error.$fault === 'client')
  const cause = causeOf(isGivenWrong ? 'auth' : 'transient', name, `no AWS credentials: ${message}`)
  return { kind: isGivenWrong ? 'refused' : 'deferred', scope: 'route', cause }
}
