/**
 * The judgements of `smtp-reply.ts`, one a row; the first row that fits decides. A row fits if the reply is of a class
 * for which it has a verdict (`on4`, `on5`) and meets each condition it names. Sources: RFC 5321 (codes), RFC 3463 and
 * the registrations after it (enhanced codes), and the wording of real replies.
 */

import type { FailureClass, Scope } from '../model/outcome.ts'

/**
 * What a reply answers: the connection (greeting), EHLO or HELO, STARTTLS, AUTH, MAIL, RCPT, the DATA command, or the
 * message itself (its final dot).
 */
export type Stage = 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message'

export interface Facts {
  readonly stage: Stage
  readonly code: number
  /** Subject and detail of the enhanced code, such as `7.1`; empty without one. */
  readonly status: string
  readonly words: string
  /** 5yz, unless its enhanced code says that it may pass. */
  readonly isPermanent: boolean
}

export interface Verdict {
  readonly kind: 'deferred' | 'refused'
  readonly scope: Scope
  readonly class: FailureClass
}

export interface Rule {
  readonly stages?: readonly Stage[]
  readonly codes?: readonly number[]
  readonly status?: RegExp
  readonly words?: RegExp
  /** The verdict on a reply that may pass; never a refusal. */
  readonly on4?: Verdict & { readonly kind: 'deferred' }
  /** The verdict on a permanent one; some are temporary for all that. */
  readonly on5?: Verdict
}

const defer = (scope: Scope, failureClass: FailureClass) => ({ kind: 'deferred', scope, class: failureClass }) as const
const refuse = (scope: Scope, failureClass: FailureClass) => ({ kind: 'refused', scope, class: failureClass }) as const

/** For a code that belongs to no class: an answer that cannot be understood is trouble of the server. */
export const otherwise: Verdict = defer('route', 'transient')

/** Words that forbid suppressing anybody, whatever the codes say. */
export const speaksOfPolicy = /block|spam|reputation|polic(y|ies)|abuse|listed|banned|denied|quota|filter/

/**
 * How much one recipient takes, and from whom, is that one's own matter, though the words may sound like our rate, login
 * or sender.
 */
const recipientsOwn: readonly Rule[] = [
  {
    stages: ['rcpt', 'data', 'message'],
    words:
      /receiving (e-?)?mails? (too quickly|at a rate)|(recipient|user) has exceeded|to this recipient per|too many recent/,
    on4: defer('recipient', 'soft'),
    on5: defer('recipient', 'soft'),
  },
  {
    stages: ['rcpt', 'data', 'message'],
    status: /^7\.(2|1[23]\d)$/,
    on4: defer('recipient', 'soft'),
    on5: refuse('recipient', 'soft'),
  },
  {
    stages: ['rcpt', 'data', 'message'],
    words:
      /delivery restriction|\brejected by (the )?recipients?\b|mailbox unavailable or access denied|\b(send|write|mail|post)\w* to this (recipient|group|list|address|mailbox|user)\b/,
    on4: defer('recipient', 'soft'),
    on5: refuse('recipient', 'soft'),
  },
]

/** Our account at the server, and what it thinks of us. It says so at any stage. */
const account: readonly Rule[] = [
  {
    words:
      /credits? (exceeded|exhausted)|\bsending (quota|limit)|^(?!.*\b(recipient|mailbox|receiv)).*\b(daily|monthly|hourly)\b.{0,40}\b(quota|limit)/,
    on4: defer('route', 'quota'),
    on5: refuse('route', 'quota'),
  },
  {
    words: /\b(your|sender|sending) account\b.*\b(suspended|disabled|locked|blocked|expired)/,
    on4: defer('route', 'config'),
    on5: refuse('route', 'config'),
  },
  // About this connection or the account's rate, not about a site: `454 Throttling failure: Maximum sending rate …`.
  {
    words: /throttling failure|sending rate|too many (concurrent |open )?(smtp )?(connections|sessions|errors)/,
    on4: defer('route', 'throttled'),
    on5: defer('route', 'throttled'),
  },
  {
    words: /concurrent connections|messages? per (connection|session)/,
    on4: defer('route', 'throttled'),
    on5: defer('route', 'throttled'),
  },
  { codes: [530, 534, 535, 538], on5: refuse('route', 'auth') },
  {
    words:
      /authentication (is )?(required|needed)|must (be authenticated|authenticate|issue)|\bnot authenticated|smtp auth/,
    on4: defer('route', 'transient'),
    on5: refuse('route', 'auth'),
  },
]

/**
 * Before a message: the connection, EHLO, STARTTLS, AUTH. Never a recipient's fault; all of it is the route's. A 421 here
 * is the server being busy or going down.
 */
const session: readonly Rule[] = [
  {
    stages: ['connect', 'ehlo', 'starttls', 'auth'],
    words: /too many|too (fast|quickly)|rate[- ]?limit|throttl|concurrent/,
    on4: defer('route', 'throttled'),
    on5: defer('route', 'throttled'),
  },
  // RFC 5321 gives these to commands that the server does not know: it offers no such AUTH, which no password mends.
  { stages: ['auth'], codes: [500, 501, 502, 503, 504], on5: refuse('route', 'config') },
  { stages: ['auth'], on4: defer('route', 'transient'), on5: refuse('route', 'auth') },
  { stages: ['ehlo', 'starttls'], on4: defer('route', 'transient'), on5: refuse('route', 'config') },
  { stages: ['connect'], on4: defer('route', 'transient'), on5: refuse('route', 'block') },
]

/** Words so clear that they count more than the code beside them, which is often another than RFC 3463 has for it. */
const clearWords: readonly Rule[] = [
  { words: /gr[ae]y-?list/, on4: defer('recipient', 'transient') },
  {
    stages: ['rcpt', 'data', 'message'],
    words:
      /over ?quota|(?<!queue )quota (is |was )?(exceeded|violation)|storage allocation|mailbox (is )?full|mailbox size|exceeded (its |the |their )?(mailbox|storage)|full mailbox|boite .*pleine/,
    on4: defer('recipient', 'soft'),
    on5: defer('recipient', 'soft'),
  },
  {
    words:
      /message (is |was )?(too (large|big|long)|size)|size (limit|exceed)|larger than .*(limit|size|maximum|allowed)/,
    on4: defer('recipient', 'content'),
    on5: refuse('message', 'content'),
  },
  // Whoever sends unsigned mail sends it to everybody: to be mended before going on.
  { words: /\b(dmarc|spf|dkim)\b|\bunauthenticated\b/, on4: defer('lane', 'config'), on5: refuse('route', 'config') },
  {
    words: /spamhaus|cloudmark|(block|black|deny) ?-?list|\blisted (in|by|on|at)\b|blocked using|\b(dns|r)bl\b/,
    on4: defer('lane', 'throttled'),
    on5: refuse('lane', 'block'),
  },
  {
    words: /reverse dns|\br?dns\b.*record|\bptr\b|\brdns\b|cannot find your|helo command rejected|valid sender domain/,
    on4: defer('lane', 'config'),
    on5: refuse('route', 'config'),
  },
  {
    words:
      /\b(invalid|bad|unknown) sender|\bsender (address )?(is )?(rejected|denied|invalid|refused|unknown|not )|domain of sender|\bsender (verify|domain)|\bfrom:? (header|address)|address is not verified|\bsend as\b|not (allowed|authori[sz]ed|permitted) to send|mail ?from.* (not allowed|rejected)/,
    on4: defer('route', 'transient'),
    on5: refuse('route', 'config'),
  },
  {
    words:
      /\brelay(ing)? (access )?(is )?(denied|disallowed|prohibited|not)|\b(unable to|cannot|not|open|as a) (.* )?relay/,
    on4: defer('lane', 'config'),
    on5: refuse('route', 'config'),
  },
  {
    stages: ['rcpt', 'data', 'message'],
    words:
      /\b(mailbox|account|user|recipient)\b.{0,60}\b(disabled|inactive|suspended|deactivated|locked|inactivity|closed)\b/,
    on4: defer('recipient', 'soft'),
    on5: refuse('recipient', 'soft'),
  },
  {
    words: /virus|malware|attachment|banned content|content (denied|rejected)|not rfc|headers? .*(missing|malformed)/,
    on4: defer('recipient', 'content'),
    on5: refuse('message', 'content'),
  },
]

const unknownUser =
  /\b(user|mailbox|recipient|address|addressee|account)\b.{0,50}\b(unknown|invalid|unallocated|misspelled|unavailable|does ?n.t (exist|have)|does not (exist|have)|could not be found|no longer valid|not (found|exist|valid|known|a valid))\b|no such (user|mailbox|recipient|address|account)|\b(unknown|invalid) (user|recipient|mailbox|address)|no longer valid|not our customer|not in recipient list/
const throttling = /rate[- ]?limit|throttl|too (many|fast|quickly)|frequency limited|slow down/
const blocking =
  /block|reputation|polic(y|ies)|abuse|banned|denied|prohibit|restrict|filter|violat|complaint|go away|not accepted from|rejected by/
const outOfOrder =
  /temporary (server|internal|system) (error|failure)|service (is )?(currently |temporarily )?unavailable/
const spam = /spam|unsolicited|\bjunk\b|\bbulk\b|suspicio|phish|spoof|impersonat/

/** At MAIL nobody knows the recipient yet: size aside, it is about the sender and so about the route. */
const atMail: readonly Rule[] = [
  { stages: ['mail'], status: /^(2\.3|3\.4)$/, on4: defer('route', 'transient'), on5: refuse('message', 'content') },
  { stages: ['mail'], codes: [552], on5: refuse('message', 'content') },
  { stages: ['mail'], words: throttling, on4: defer('route', 'throttled'), on5: defer('route', 'throttled') },
  { stages: ['mail'], status: /^7\.8$/, on4: defer('route', 'transient'), on5: refuse('route', 'auth') },
  { stages: ['mail'], status: /^7\.[0-7]$/, on4: defer('route', 'throttled'), on5: refuse('route', 'block') },
  { stages: ['mail'], on4: defer('route', 'transient'), on5: refuse('route', 'config') },
]

/** RFC 3463 and the registry after it. Vendors' own details (7.509, 7.606 …) follow the subject unless they are named. */
const byStatus: readonly Rule[] = [
  { status: /^1\.(1|2|3|4|6|10)$/, on4: defer('recipient', 'soft'), on5: refuse('recipient', 'hard') },
  { status: /^1\.[78]$/, on4: defer('route', 'transient'), on5: refuse('route', 'config') },
  // A detail of 0 tells no more than the subject, and a server that means an address may well take that of protocols.
  { status: /^5\.0$/, words: unknownUser, on4: defer('recipient', 'soft'), on5: refuse('recipient', 'hard') },
  // A full mailbox is a "persistent transient" failure even as 5.2.2; 2.121 and 2.122 are Outlook's hourly limits.
  { status: /^2\.(2|121|122)$/, on4: defer('recipient', 'soft'), on5: defer('recipient', 'soft') },
  { status: /^(2\.3|3\.4)$/, on4: defer('recipient', 'content'), on5: refuse('message', 'content') },
  { status: /^2\./, words: blocking, on5: refuse('lane', 'block') },
  // What is rejected is the mail, and nothing is said of the mailbox.
  { status: /^2\.0$/, words: /\b(e-?)?(mail|message) (was |is )?rejected/, on5: refuse('lane', 'block') },
  // Disabled or unreachable mailboxes may come back: they fail, and are not suppressed.
  { status: /^2\./, on4: defer('recipient', 'soft'), on5: refuse('recipient', 'soft') },
  { status: /^4\./, words: /rejected by (the )?(destination|recipient'?s?) domain/, on5: refuse('lane', 'block') },
  { status: /^3\.[12]$/, on4: defer('route', 'transient') },
  { status: /^[34]\./, codes: [421], on4: defer('route', 'transient') },
  { status: /^3\./, stages: ['rcpt'], on4: defer('recipient', 'transient') },
  { status: /^[34]\./, on4: defer('lane', 'transient'), on5: refuse('recipient', 'soft') },
  { status: /^5\.3$/, on4: defer('lane', 'throttled') },
  { status: /^5\./, stages: ['rcpt'], codes: [500, 502, 503, 504, 555], on5: refuse('route', 'config') },
  { status: /^5\./, stages: ['rcpt'], on4: defer('recipient', 'transient'), on5: refuse('recipient', 'soft') },
  { status: /^5\./, on4: defer('lane', 'transient'), on5: refuse('message', 'content') },
  { status: /^6\./, on4: defer('recipient', 'content'), on5: refuse('message', 'content') },
  { status: /^7\.(8|57)$/, on4: defer('route', 'transient'), on5: refuse('route', 'auth') },
  // Authentication of the sending domain or host: 7.20–7.27, 7.29, 7.32; Microsoft's 7.509, 7.515, and 7.60 (send as).
  { status: /^7\.(2[0-79]|32|509|515|60)$/, on4: defer('lane', 'config'), on5: refuse('route', 'config') },
  // Not suppressed, for it is 5.7.x; but not held against the site either, for it is the recipient's fault.
  { status: /^7\./, words: unknownUser, on5: refuse('recipient', 'soft') },
  { status: /^7\./, words: blocking, on5: refuse('lane', 'block') },
  { status: /^7\./, words: spam, on5: refuse('lane', 'content') },
  // RFC 5321's code for a recipient who is elsewhere: forwarders say with it that they cannot find the way.
  { status: /^7\./, codes: [551], on5: refuse('recipient', 'soft') },
  { status: /^7\./, words: /\bno[- ]domain\b/, on5: refuse('recipient', 'soft') },
  // Out of order, rather than unwilling: being slower would not mend it.
  { status: /^7\./, words: outOfOrder, on4: defer('lane', 'transient') },
  { status: /^7\./, on4: defer('lane', 'throttled'), on5: refuse('lane', 'block') },
]

/** Without an enhanced code that says anything. */
const byWords: readonly Rule[] = [
  { words: throttling, on4: defer('lane', 'throttled'), on5: defer('lane', 'throttled') },
  { words: /volume|excessive|unusual rate|(server|system|too) busy|queue quota/, on4: defer('lane', 'throttled') },
  { words: blocking, on4: defer('lane', 'throttled'), on5: refuse('lane', 'block') },
  { words: spam, on4: defer('lane', 'throttled'), on5: refuse('lane', 'content') },
  { words: unknownUser, on4: defer('recipient', 'soft'), on5: refuse('recipient', 'hard') },
  // Some say so of an odd address, some of a sender they do not like: no ground to suppress anybody.
  { stages: ['rcpt'], words: /syntax error/, on5: refuse('recipient', 'soft') },
]

/** RFC 5321, sections 4.2.2, 4.2.3 and 4.3.2. */
const byCode: readonly Rule[] = [
  { codes: [421], on4: defer('route', 'transient') },
  { codes: [454], on4: defer('route', 'throttled') },
  { codes: [500, 502, 503, 504, 555], stages: ['rcpt', 'data'], on5: refuse('route', 'config') },
  { codes: [500, 501, 502, 503, 504], stages: ['message'], on5: refuse('message', 'content') },
  { codes: [552], on5: defer('recipient', 'soft') },
  { codes: [550, 551, 553, 556], stages: ['rcpt'], on5: refuse('recipient', 'hard') },
  { codes: [541, 554], stages: ['rcpt'], on5: refuse('lane', 'block') },
  { codes: [452], stages: ['data', 'message'], on4: defer('route', 'transient') },
  { codes: [451], stages: ['rcpt'], on4: defer('recipient', 'transient') },
  { stages: ['rcpt'], on4: defer('recipient', 'soft'), on5: refuse('recipient', 'soft') },
  { stages: ['data', 'message'], on4: defer('lane', 'transient'), on5: refuse('lane', 'block') },
]

export const rules: readonly Rule[] = [
  ...recipientsOwn,
  ...account,
  ...session,
  ...clearWords,
  ...atMail,
  ...byStatus,
  ...byWords,
  ...byCode,
]
