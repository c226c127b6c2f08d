import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifyReply, parseReply } from '../../src/providers/smtp-reply.ts'
import type { Stage } from '../../src/providers/smtp-reply-rules.ts'

const stages: readonly Stage[] = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'message']

/** `refused recipient hard 550 5.1.1`: kind, scope, class, code, enhanced code. */
function verdict(stage: Stage, response: string): string {
  const { code, text } = parseReply(response)
  if (code === undefined) return 'no answer'
  const { kind, scope, cause } = classifyReply({ stage, code, text })
  return [kind, scope, cause.class, cause.code, cause.status].filter(Boolean).join(' ')
}

/** Stage, reply and, after the arrow, what is made of it. */
const table = `
  # There is nobody of that name
  rcpt      550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown   -> refused recipient hard 550 5.1.1
  rcpt      550-5.1.1 The account you tried to reach\\n550 5.1.1 does not exist.    -> refused recipient hard 550 5.1.1
  rcpt      550 No such user here                                                   -> refused recipient hard 550
  rcpt      550 Requested action not taken: mailbox unavailable                     -> refused recipient hard 550
  rcpt      550 Invalid recipient <bob@example.org> (#5.1.1)                        -> refused recipient hard 550 5.1.1
  rcpt      550 gate_7 5.1.1 <bob@example.org>... User unknown                      -> refused recipient hard 550 5.1.1
  rcpt      550 5.1.2 Host unknown                                                  -> refused recipient hard 550 5.1.2
  rcpt      553 5.1.3 The recipient address is not a valid address                  -> refused recipient hard 553 5.1.3
  rcpt      550 5.1.6 Mailbox has moved                                             -> refused recipient hard 550 5.1.6
  rcpt      556 5.1.10 Recipient address has null MX                                -> refused recipient hard 556 5.1.10
  rcpt      551 User not local; please try elsewhere                                -> refused recipient hard 551
  rcpt      553 Mailbox name not allowed here                                       -> refused recipient hard 553
  rcpt      550 5.5.0 Requested action not taken: mailbox unavailable               -> refused recipient hard 550 5.5.0
  message   554 delivery error: This user doesn't have an account                   -> refused recipient hard 554
  message   550 5.1.1 host mx.example.org said: 550 5.1.1 user unknown              -> refused recipient hard 550 5.1.1

  # The mailbox cannot take it: failed or later, and never suppressed
  rcpt      452 4.2.2 The account is over quota                                     -> deferred recipient soft 452 4.2.2
  rcpt      552 5.2.2 Mailbox full                                                  -> deferred recipient soft 552 5.2.2
  message   554 5.2.2 Quota exceeded (mailbox for user is full)                     -> deferred recipient soft 554 5.2.2
  rcpt      552 5.1.1 <bob@example.org> extended quota violation                    -> deferred recipient soft 552 5.1.1
  message   552 Requested mail action aborted: exceeded storage allocation          -> deferred recipient soft 552
  rcpt      450 4.2.1 User is receiving mail at a rate that prevents more           -> deferred recipient soft 450 4.2.1
  message   554 5.2.122 The recipient has exceeded their limit per hour             -> deferred recipient soft 554 5.2.122
  rcpt      550 5.2.1 The account that you tried to reach is disabled               -> refused recipient soft 550 5.2.1
  rcpt      550 5.2.1 This mailbox has been blocked due to inactivity               -> refused recipient soft 550 5.2.1
  rcpt      550 Local mailbox is unavailable: account is disabled                   -> refused recipient soft 550
  rcpt      550 5.4.1 Recipient address rejected: Access denied                     -> refused recipient soft 550 5.4.1
  rcpt      550 5.7.1 No such user!                                                 -> refused recipient soft 550 5.7.1
  rcpt      452 4.2.2 The mailbox has reached its daily limit                       -> deferred recipient soft 452 4.2.2
  rcpt      550 5.2.2 The recipient has exceeded its hourly quota                   -> deferred recipient soft 550 5.2.2
  rcpt      550 5.7.1 RESOLVER.RST.AuthRequired; authentication required            -> refused recipient soft 550 5.7.1
  rcpt      550 5.7.133 Sender not authenticated for group                          -> refused recipient soft 550 5.7.133
  rcpt      550 5.7.1 You are not allowed to post to this list                      -> refused recipient soft 550 5.7.1
  message   550 Mail is rejected by recipients                                      -> refused recipient soft 550
  rcpt      550 Mailbox unavailable or access denied                                -> refused recipient soft 550
  rcpt      551 5.7.1 Domain not found                                              -> refused recipient soft 551 5.7.1
  rcpt      551 5.7.1 Loop detected                                                 -> refused recipient soft 551 5.7.1
  rcpt      554 5.7.1 <bob@example.org>: Recipient address rejected: no-domain      -> refused recipient soft 554 5.7.1
  rcpt      501 5.5.4 Bad address syntax                                            -> refused recipient soft 501 5.5.4
  rcpt      450 Mailbox busy                                                        -> deferred recipient soft 450
  rcpt      450 4.2.0 <bob@example.org>: Greylisted for 60 seconds                  -> deferred recipient transient 450 4.2.0
  rcpt      451 4.7.1 Greylisting in action, please come back later                 -> deferred recipient transient 451 4.7.1
  rcpt      451 Local error in processing                                           -> deferred recipient transient 451

  # The site wants less, or nothing of us
  message   421 4.7.0 Messages from 192.0.2.1 deferred due to unexpected volume     -> deferred lane throttled 421 4.7.0
  message   421 4.7.28 An unusual rate of unsolicited mail; rate limited            -> deferred lane throttled 421 4.7.28
  rcpt      451 4.7.650 The server was rate limited due to IP reputation            -> deferred lane throttled 451 4.7.650
  rcpt      450 4.7.1 Policy rejection. Go away.                                    -> deferred lane throttled 450 4.7.1
  rcpt      452 4.5.3 Rate limit exceeded                                           -> deferred lane throttled 452 4.5.3
  message   550 Sender frequency limited                                            -> deferred lane throttled 550
  message   451 4.4.1 No answer from mx.example.org                                 -> deferred lane transient 451 4.4.1
  message   451 Temporarily rejected                                                -> deferred lane transient 451
  message   451 4.7.0 Temporary server error. Please try again later                -> deferred lane transient 451 4.7.0
  rcpt      451 4.7.1 Service unavailable - try again later                         -> deferred lane transient 451 4.7.1
  rcpt      451 4.7.1 Try again later                                               -> deferred lane throttled 451 4.7.1
  message   451 4.7.500 Server busy. Please try again later                         -> deferred lane throttled 451 4.7.500
  message   550 5.2.0 Mail rejected                                                 -> refused lane block 550 5.2.0
  rcpt      541 5.4.1 Mail rejected by destination domain                           -> refused lane block 541 5.4.1
  rcpt      551 5.7.1 The reputation of this domain is too low, blocked             -> refused lane block 551 5.7.1
  rcpt      550 5.5.0 Mailbox unavailable: blocked by policy                        -> refused lane block 550 5.5.0
  message   550 5.7.1 Message rejected due to local policy                          -> refused lane block 550 5.7.1
  rcpt      554 5.7.1 Service unavailable; client [192.0.2.1] blocked               -> refused lane block 554 5.7.1
  rcpt      550 5.7.1 Client host blocked using Spamhaus                            -> refused lane block 550 5.7.1
  rcpt      550 5.7.606 Access denied, banned sending IP [192.0.2.1]                -> refused lane block 550 5.7.606
  rcpt      550 Blocked                                                             -> refused lane block 550
  rcpt      552 5.1.1 <bob@example.org> Mailbox delivery failure: policy            -> refused lane block 552 5.1.1
  rcpt      550 permanent failure for one or more recipients (bob@example.org:blocked) -> refused lane block 550
  message   554 5.7.9 Message not accepted for policy reasons                       -> refused lane block 554 5.7.9
  message   550 5.7.1 Message considered as spam                                    -> refused lane content 550 5.7.1
  message   554 rejected due to spam URL in content                                 -> refused lane content 554
  message   554 Transaction failed                                                  -> refused lane block 554
  message   550 5.7.28 Too much mail from your network                              -> refused lane block 550 5.7.28

  # This message cannot go
  mail      552 5.3.4 Message size exceeds fixed limit                              -> refused message content 552 5.3.4
  message   552 5.3.4 Message too big for system                                    -> refused message content 552 5.3.4
  message   552-5.2.3 Your message exceeded our\\n552 5.2.3 message size limits      -> refused message content 552 5.2.3
  message   552 5.7.0 Our system detected an illegal attachment                     -> refused message content 552 5.7.0
  message   550 virus detected                                                      -> refused message content 550
  message   554 5.6.0 Message headers are malformed                                 -> refused message content 554 5.6.0
  message   500 Line too long                                                       -> refused message content 500

  # The sender is not set up as it should be: to be mended before anything more is sent
  message   550 5.7.26 This mail is unauthenticated                                 -> refused route config 550 5.7.26
  message   550 5.7.1 Rejected due to the DMARC policy of example.com               -> refused route config 550 5.7.1
  rcpt      550 SPF check failed                                                    -> refused route config 550
  message   550 5.7.515 Access denied, the sending domain does not pass             -> refused route config 550 5.7.515
  rcpt      550 5.7.25 The sending IP has no PTR record                             -> refused route config 550 5.7.25
  mail      550 5.1.8 Sender address rejected: Domain not found                     -> refused route config 550 5.1.8
  rcpt      550 5.1.8 Sender address rejected: Domain not found                     -> refused route config 550 5.1.8
  mail      553 Sorry, that domain is not yours                                     -> refused route config 553
  mail      501 Syntax error in parameters                                          -> refused route config 501
  message   554 Message rejected: Email address is not verified                     -> refused route config 554
  rcpt      550 5.7.1 Relay access denied                                           -> refused route config 550 5.7.1
  rcpt      554 5.7.1 <bob@example.org>: Relaying denied                            -> refused route config 554 5.7.1
  rcpt      503 Bad sequence of commands                                            -> refused route config 503
  rcpt      555 5.5.4 Unsupported option: NOTIFY                                    -> refused route config 555 5.5.4
  rcpt      555 RCPT parameters not recognized                                      -> refused route config 555
  mail      555 5.5.4 Unsupported option: SIZE                                      -> refused route config 555 5.5.4
  message   421 4.7.32 Rate limited because there is no DMARC alignment             -> deferred lane config 421 4.7.32
  mail      451 4.1.8 Domain of sender address does not resolve                     -> deferred route transient 451 4.1.8
  rcpt      550 5.7.1 host mx.example.org[192.0.2.2] said: 554 Relay access denied  -> refused lane config 550 5.7.1

  # The login
  auth      535 5.7.8 Authentication credentials invalid                            -> refused route auth 535 5.7.8
  auth      534 5.7.9 Application-specific password required                        -> refused route auth 534 5.7.9
  auth      538 5.7.11 Encryption required                                          -> refused route auth 538 5.7.11
  auth      504 5.5.4 Unrecognized authentication type                              -> refused route config 504 5.5.4
  auth      454 4.7.0 Temporary authentication failure                              -> deferred route transient 454 4.7.0
  auth      454 4.7.0 Too many login attempts, please try later                     -> deferred route throttled 454 4.7.0
  auth      451 Authentication failed: Maximum credits exceeded                     -> deferred route quota 451
  mail      530 5.7.0 Must issue a STARTTLS command first                           -> refused route auth 530 5.7.0
  rcpt      550 5.7.57 Client was not authenticated to send mail                    -> refused route auth 550 5.7.57
  message   550 5.7.60 No permission to send as this sender                         -> refused route config 550 5.7.60

  # The server itself
  connect   421 Too many connections from your host                                 -> deferred route throttled 421
  connect   421 4.3.2 Service not available                                         -> deferred route transient 421 4.3.2
  connect   554 No SMTP service here                                                -> refused route block 554
  ehlo      501 5.5.4 Invalid domain name                                           -> refused route config 501 5.5.4
  starttls  454 TLS not available due to temporary reason                           -> deferred route transient 454
  starttls  502 Command not implemented                                             -> refused route config 502
  mail      421 4.4.2 Timeout, closing connection                                   -> deferred route transient 421 4.4.2
  rcpt      421 Service shutting down                                               -> deferred route transient 421
  message   421 4.3.2 Too many concurrent connections                               -> deferred route throttled 421 4.3.2
  mail      452 4.3.1 Insufficient system storage                                   -> deferred route transient 452 4.3.1
  message   452 Insufficient system storage                                         -> deferred route transient 452
  message   454 Throttling failure: Maximum sending rate exceeded                   -> deferred route throttled 454
  message   454 Throttling failure: Daily message quota exceeded                    -> deferred route quota 454
  message   550 5.4.5 Daily user sending quota exceeded                             -> refused route quota 550 5.4.5
  mail      550 Your account has been suspended                                     -> refused route config 550
  mail      550 5.7.1 Client host listed in a blocklist                             -> refused route block 550 5.7.1

  # Codes that contradict themselves: what may pass is tried again
  rcpt      450 5.1.1 User unknown in local table                                   -> deferred recipient soft 450 5.1.1
  rcpt      550 4.2.2 Mailbox is full                                               -> deferred recipient soft 550 4.2.2
  message   554 4.7.1 Try again later                                               -> deferred lane throttled 554 4.7.1

  # Words that are none: addresses, host names, version numbers
  rcpt      550 5.1.1 <spam@blocked.example>: no mailbox by that name               -> refused recipient hard 550 5.1.1
  rcpt      550 Unknown user, see https://mx.example.org/spam/policy                -> refused recipient hard 550
  rcpt      450 Greeted by 4.16.55.1, come back later                               -> deferred recipient soft 450
  rcpt      550 Rejected by mailserver 2.5.1                                        -> refused lane block 550

  # No answers
  message   garbage                                                                 -> no answer
  message   250 OK                                                                  -> no answer
  message   5500 OK                                                                 -> no answer
`

const rows = [...table.matchAll(/^ {2}(\w+) +(\d{3}.*?|garbage) +-> (.*)$/gm)].map(
  ([, stage, reply, expected]) => [stage as Stage, (reply ?? '').replaceAll('\\n', '\r\n'), expected ?? ''] as const,
)

describe('what a reply means', () => {
  test('the table is read whole', () => {
    expect(rows.length).toBe(table.split('\n').filter(line => line.includes('->')).length)
    expect(rows.length).toBeGreaterThan(60)
  })

  test.each(rows)('%s: %s', (stage, reply, expected) => {
    expect(verdict(stage, reply)).toBe(expected)
  })
})

describe('the words', () => {
  const textOf = (response: string) => {
    const { code = 0, text } = parseReply(response)
    return classifyReply({ stage: 'rcpt', code, text }).cause.text
  }

  test.each([
    ['come without codes', '550 5.1.1 No such user', 'No such user'],
    ['of several lines become one', '550-5.7.1 Not\r\n550-5.7.1 accepted,\r\n550 5.7.1 sorry', 'Not accepted, sorry'],
    ['keep a code that stands within', '550 relay7 5.1.1 no user', 'relay7 5.1.1 no user'],
    ['hold no control character', '550 a\x1b[31mb\x07', 'a [31mb'],
    ['are said to be missing', '550', 'the server answered 550 without a word'],
  ])('%s', (_, response, expected) => {
    expect(textOf(response)).toBe(expected)
  })

  test('are bounded', () => {
    expect(textOf(`550 ${'x'.repeat(5000)}`)).toHaveLength(500)
  })
})

/** What holds for every reply there can be. */
function expectSane(stage: Stage, code: number, text: string): void {
  const { kind, scope, cause } = classifyReply({ stage, code, text })
  const said = `${stage} ${code} ${text} -> ${kind} ${scope} ${cause.class}`
  if (code < 500) expect(kind, said).toBe('deferred')
  if (cause.class === 'hard') expect([kind, scope], said).toEqual(['refused', 'recipient'])
  // A deferral that is nobody's fault is due again at once: it must not be given to a message by itself.
  if (kind === 'deferred') expect(scope, said).not.toBe('message')
  if (['connect', 'ehlo', 'starttls', 'auth'].includes(stage)) expect(scope, said).toBe('route')
  if (stage === 'mail') expect(scope, said).not.toBe('lane')
  if (stage === 'mail') expect(cause.class, said).not.toBe('hard')
}

test('any reply has a sane meaning', () => {
  const word = fc.constantFrom(
    'spam',
    'user',
    'unknown',
    'mailbox',
    'full',
    'blocked',
    'said:',
    'relay',
    'denied',
    'quota',
  )
  const status = fc.tuple(fc.constantFrom(2, 4, 5), fc.nat(9), fc.nat(40)).map(parts => parts.join('.'))
  const text = fc
    .array(fc.oneof(word, status, fc.string({ maxLength: 10 })), { maxLength: 8 })
    .map(words => words.join(' '))
  fc.assert(fc.property(fc.constantFrom(...stages), fc.integer({ min: 400, max: 599 }), text, expectSane), {
    numRuns: 5000,
  })
})

test('a hostile reply has a sane meaning, and is read before the test times out', () => {
  for (const piece of ['a', 'a.', '@', 'user ', 'mailbox unavailable ', 'daily ', '<', 'sender ', '4.7.', ' '])
    expectSane('rcpt', 550, piece.repeat(64 * 1024).slice(0, 64 * 1024))
})

const corpus = resolve(import.meta.dirname, '../../../shared/specs/smtp')

describe.skipIf(!existsSync(corpus))(
  'real replies (the collection is not part of the project, and may be absent)',
  () => {
    interface Collected {
      readonly reply: number
      readonly providers: readonly { readonly responses: readonly { readonly response: string }[] }[]
      readonly spamFilters: Collected['providers']
    }

    /** The reply in a line of the collection, which has it after `smtp;` or after an account of the conversation. */
    const replies = existsSync(corpus)
      ? readdirSync(corpus)
          .filter(name => name.startsWith('codes-'))
          .map(name => JSON.parse(readFileSync(resolve(corpus, name), 'utf8')) as Collected)
          .flatMap(({ reply, providers, spamFilters }) =>
            [...providers, ...spamFilters].flatMap(({ responses }) =>
              responses.map(({ response }) => {
                const line = response.replace(/^.*?(smtp; ?|SIZE=\d+: |connection: )/i, '')
                return /^[45]\d\d/.test(line) ? line : `${reply} ${line}`
              }),
            ),
          )
      : []

    test('are many', () => {
      expect(replies.length).toBeGreaterThan(150)
    })

    test('are so many of each meaning', async () => {
      const counts = new Map<string, number>()
      for (const response of replies) {
        for (const stage of ['rcpt', 'message'] as const) {
          const [kind, scope, failureClass, code] = verdict(stage, response).split(' ')
          const row = `${stage.padEnd(8)}${code}  ${kind} ${scope} ${failureClass}`
          counts.set(row, (counts.get(row) ?? 0) + 1)
        }
      }
      const lines = [...counts].sort().map(([row, count]) => `${row.padEnd(50)}${String(count).padStart(3)}`)
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/smtp-replies.txt')
    })

    test.each(stages)('at %s have a sane meaning', stage => {
      for (const response of replies) {
        const { code, text } = parseReply(response)
        expect(code, response).toBeDefined()
        expectSane(stage, code ?? 0, text)
      }
    })

    test('suppress nobody who is refused for policy, reputation, spam or a block', () => {
      const suppressing = replies.filter(response => verdict('rcpt', response).includes(' hard '))
      expect(suppressing.filter(response => /block|spam|reputation|polic|abuse|quota/i.test(response))).toEqual([])
      expect(suppressing.length).toBeGreaterThan(15)
    })

    test('leave little to the mere code', () => {
      const undecided = replies.filter(response => verdict('message', response).startsWith('deferred route transient'))
      expect(undecided.length).toBeLessThan(replies.length / 8)
    })
  },
)
