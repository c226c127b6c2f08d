/**
 * What receivers say when they refuse, put off or slow down, in the manner of those who say it: the codes and the form are
 * theirs, the words are ours. So a rehearsal reads its answers as on the day itself.
 */

import { siteOf } from '../policy/sites.ts'

/** What can be said, by what it means. */
export const refusals = ['no-such-user', 'blocked', 'content', 'too-big', 'bad-key', 'no-credit'] as const
export const deferrals = ['busy', 'mailbox-full', 'greylisted'] as const
export type Saying = (typeof refusals)[number] | (typeof deferrals)[number] | 'throttled'

/** Whose manner it is; `plain` is that of a usual Postfix. */
export const voices = ['plain', 'gmail', 'yahoo', 'outlook', 'apple'] as const
export type Voice = (typeof voices)[number]

/** An SMTP reply with its codes; `to` is the recipient, empty where none is known yet. */
export function smtpReply(saying: Saying, voice: Voice | null, to: string): string {
  const reply = replies[saying][voice ?? voiceOf(to)] ?? replies[saying].plain
  return reply.replaceAll('{to}', to)
}

/** The manner of the site that an address belongs to. */
function voiceOf(address: string): Voice {
  const site = siteOf(address.slice(address.lastIndexOf('@') + 1).toLowerCase())
  return voiceBySite[site] ?? 'plain'
}

const voiceBySite: Readonly<Record<string, Voice>> = {
  google: 'gmail',
  yahoo: 'yahoo',
  microsoft: 'outlook',
  apple: 'apple',
}

type Replies = Readonly<Partial<Record<Voice, string>> & { plain: string }>

const replies: Readonly<Record<Saying, Replies>> = {
  'no-such-user': {
    plain: '550 5.1.1 <{to}>: Recipient address rejected: no such user here',
    gmail:
      '550 5.1.1 No such account: the address {to} is not known here. Look for typing errors, or read https://support.google.com/mail/?p=NoSuchUser - gsmtp',
    yahoo: "554 delivery error: dd The user behind {to} doesn't have an account here [-5] - mta4001.mail.yahoo.com",
    outlook:
      '550 5.1.10 RecipientNotFound; no such mailbox: {to} [DB5EUR03FT001.eop-EUR03.prod.protection.outlook.com]',
    apple: '550 5.1.1 <{to}>: no such user',
  },
  blocked: {
    plain: '554 5.7.1 Service refused: your address is blocked by local policy',
    gmail:
      '550 5.7.1 [127.0.0.1] Gmail takes this mail for unsolicited and has blocked it, to keep spam from its users. More at https://support.google.com/mail/?p=UnsolicitedMessageError - gsmtp',
    yahoo: '554 5.7.9 Mail refused for policy reasons, see https://postmaster.yahooinc.com/error-codes',
    outlook:
      '550 5.7.1 Mail from [127.0.0.1] was turned away: part of its network is on our block list (S3140). [DB5EUR03FT001.eop-EUR03.prod.protection.outlook.com]',
    apple: '550 5.7.1 [CS01] Mail refused by local policy, see https://support.apple.com/en-us/HT204137',
  },
  content: {
    plain: '550 5.6.0 Message refused for what it holds: a header is malformed',
    gmail: '552 5.7.0 An attachment of this mail is of a kind that Gmail does not take - gsmtp',
  },
  'too-big': {
    plain: '552 5.3.4 Message too big for this server',
    gmail: "552 5.2.3 The message is larger than Gmail's size limit allows - gsmtp",
  },
  'bad-key': { plain: '530 5.7.0 Authentication required' },
  'no-credit': { plain: '550 5.7.0 Maximum credits exceeded' },
  busy: {
    plain: '451 4.3.2 System busy, try again later',
    gmail: '451 4.3.0 The mail server cannot take this mail just now - gsmtp',
    yahoo: '451 mta4001.mail.yahoo.com Resources not available for the moment, try again later [#4.16.1]',
    outlook: '451 4.3.2 Server error of a passing kind, please try again later ATTR17 [outlook.com]',
  },
  'mailbox-full': {
    plain: '452 4.2.2 <{to}>: Mailbox full',
    gmail:
      '452 4.2.2 The account {to} is over quota and takes no mail. More at https://support.google.com/mail/?p=OverQuotaTemp - gsmtp',
    apple: '452 4.2.2 <{to}>: user is over quota',
  },
  greylisted: { plain: '450 4.2.0 <{to}>: Recipient address rejected: Greylisted, try again in five minutes' },
  throttled: {
    plain: '421 4.7.0 Too many messages from your address, slow down',
    gmail:
      '421 4.7.28 [127.0.0.1] Gmail sees an unusual rate of mail from your address and holds it back for a while. More at https://support.google.com/mail/?p=UnsolicitedRateLimitError - gsmtp',
    yahoo:
      '421 4.7.0 [TSS04] Mail from 127.0.0.1 is put off for now: its volume is unexpected, or users complain of it - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
    outlook:
      '451 4.7.650 The server [127.0.0.1] is rate limited for now, as its reputation is low. See https://postmaster.live.com (S775) [DB5EUR03FT001.eop-EUR03.prod.protection.outlook.com]',
    apple:
      '421 4.7.1 Mail to {to} is put off: too much of it at once. Try again later, see https://support.apple.com/en-us/HT204137',
  },
}
