/**
 * Any SMTP server: a submission service, a relay of one's own, a receiving site itself. Each message is a transaction of
 * its own, so that each has an answer of its own. Nothing is sent twice: whoever was handed over and had no answer is in
 * doubt.
 */

import { readFile } from 'node:fs/promises'
import type { Profile, ProviderKind } from './provider.ts'
import { smtpOptions } from './smtp-options.ts'

const profile: Profile = {
  name: 'smtp',
  title: 'SMTP server',
  delivers: true,
  batchMax: 1,
  rateCounts: 'messages',
  // Servers announce their own limit in EHLO (SIZE, RFC 1870), usually 10 to 50 MB; that one is obeyed as well.
  messageMaxBytes: 100 * 1024 * 1024,
  // RFC 5321 has no way to recognise a message that is sent a second time.
  idempotency: { kind: 'none' },
  lookup: 'no',
  guarantee:
    'An SMTP server cannot be asked afterwards whether it took a message, so `mailblast settle` leaves whoever is in doubt to your decision.',
  defaultConcurrency: 5,
  // A relay of one's own passes on what it is given, and a receiving site itself is as fast as we are.
  receiversSeePace: true,
}

export const smtp: ProviderKind = {
  profile,
  options: smtpOptions,
  async open(opening) {
    const { openSmtpRoute } = await import('./smtp-route.ts')
    return openSmtpRoute(profile, opening, path => readFile(path, 'utf8'))
  },
}
