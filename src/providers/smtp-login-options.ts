/** How a route logs in: by user and password, or by user and access token. Both may come with the url. */

import { z } from 'zod'
import { UserError } from '../model/errors.ts'
import { headerSecret } from './http-secret.ts'
import type { RouteOpening } from './provider.ts'
import { secretKeys, secretReference } from './secret-option.ts'
import { AccessToken } from './smtp-access-token.ts'

export type PasswordMechanism = 'PLAIN' | 'LOGIN' | 'CRAM-MD5'

export type Login =
  | {
      readonly by: 'password'
      readonly user: string
      readonly password: string
      /** Null: the first that the server offers, of PLAIN, LOGIN and CRAM-MD5. */
      readonly mechanism: PasswordMechanism | null
    }
  | { readonly by: 'token'; readonly user: string; readonly token: AccessToken }

export const authOption = z
  .enum(['auto', 'plain', 'login', 'cram-md5', 'xoauth2'])
  .default('auto')
  .describe('Mechanism of AUTH. auto: xoauth2 with an access_token, else plain, login or cram-md5, as is offered')

export const tokenKeys = secretKeys('access_token', {
  description: 'OAuth 2 access token for AUTH XOAUTH2; asked for again when the server refuses it',
  required: false,
})

/** What stands in the options or in the url, where a part may be missing. */
export interface LoginParts {
  readonly auth: z.infer<typeof authOption>
  readonly user: string | undefined
  readonly password: string | undefined
}

/** Null if the server is to take our mail without. Throws UserError if the parts do not make a login. */
export async function readLogin(parts: LoginParts, opening: RouteOpening, where: string): Promise<Login | null> {
  const { auth, user, password } = parts
  const reference = secretReference(opening.route.options, 'access_token')
  if (reference !== undefined) {
    if (password !== undefined) throw new UserError('password and access_token do not go together', { where })
    if (auth !== 'auto' && auth !== 'xoauth2')
      throw new UserError(`auth: ${auth} needs a password, and there is an access_token`, { where })
    if (user === undefined || user === '')
      throw new UserError('access_token needs a user', { where, remedy: 'Give the address of the mailbox as user.' })
    const fetch = async () => headerSecret(await opening.secret(reference), 'access_token', where)
    return { by: 'token', user, token: new AccessToken(await fetch(), fetch) }
  }
  if (auth === 'xoauth2')
    throw new UserError('auth: xoauth2 needs an access_token', {
      where,
      remedy: 'Give access_token_command, a command that prints a fresh one.',
    })
  if (user === undefined && password === undefined) {
    if (auth !== 'auto') throw new UserError(`auth: ${auth} needs user and password`, { where })
    return null
  }
  if (user === undefined || password === undefined || user === '' || password === '')
    throw new UserError('user and password go together, and one of them is missing or empty', { where })
  return { by: 'password', user, password, mechanism: mechanisms[auth] }
}

const mechanisms = { auto: null, plain: 'PLAIN', login: 'LOGIN', 'cram-md5': 'CRAM-MD5' } as const
