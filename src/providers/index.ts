/** The registry: every provider there is, in the order in which they are listed to people. */

import { UserError } from '../model/errors.ts'
import { brevo } from './brevo.ts'
import { mailgun } from './mailgun.ts'
import { mandrill } from './mandrill.ts'
import { outbox } from './outbox.ts'
import { postmark } from './postmark.ts'
import type { ProviderKind } from './provider.ts'
import { resend } from './resend.ts'
import { sendgrid } from './sendgrid.ts'
import { ses } from './ses.ts'
import { smtp } from './smtp.ts'

export const providerKinds: readonly ProviderKind[] = [
  outbox,
  smtp,
  sendgrid,
  mailgun,
  postmark,
  mandrill,
  resend,
  brevo,
  ses,
]

/** The provider of a name; a run that another version started may name one that this version does not have. */
export function providerKind(name: string): ProviderKind {
  const found = providerKinds.find(kind => kind.profile.name === name)
  if (found !== undefined) return found
  const known = providerKinds.map(kind => kind.profile.name).join(', ')
  throw new UserError(`there is no provider "${name}"`, { remedy: `the providers are ${known}` })
}
