/**
 * What became of a message whose SMTP transaction failed, by how far it had come. The one question that counts is if the
 * server can have taken it: never before the final dot was about to leave, and always possibly from then on until a
 * complete reply says otherwise.
 *
 * How `nodemailer/lib/smtp-connection` tells its stages apart: `command` names the command that was refused (`MAIL FROM`,
 * `RCPT TO`, `DATA`; `CONN` where the connection itself failed), `code` is `EENVELOPE` for a refusal before the data and
 * `EMESSAGE` for one of the data, `response` is the reply, `originalCode` the system's or TLS' own code.
 */

import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { type Cause, causeText, type Outcome } from '../model/outcome.ts'
import { classifyReply, type Negative, parseReply } from './smtp-reply.ts'
import type { Stage } from './smtp-reply-rules.ts'

export type SmtpError = SMTPConnection.SMTPError

/**
 * - `connect`: up to the answer to EHLO, STARTTLS included
 * - `login`: AUTH
 * - `envelope`: from MAIL to the answer to DATA; nothing of the message has left
 * - `body`: some of the message has left, its final dot has not
 * - `ended`: the final dot has left, or may have
 */
export type Phase = 'connect' | 'login' | 'envelope' | 'body' | 'ended'

export function failureOutcome(error: SmtpError, phase: Phase): Outcome {
  switch (phase) {
    case 'connect':
      return connectOutcome(error)
    case 'login':
      return error.code === 'EAUTH' ? loginOutcome(error) : (replyOutcome(error, 'auth') ?? networkOutcome(error))
    case 'envelope':
      return envelopeOutcome(error)
    case 'body':
      return dataReply(error) ?? networkOutcome(error)
    case 'ended':
      return dataReply(error) ?? inDoubt(error)
  }
}

/** A complete negative reply to the message itself. */
function dataReply(error: SmtpError): Negative | undefined {
  return error.code === 'EMESSAGE' && error.command === 'DATA' ? replyOutcome(error, 'message') : undefined
}

function inDoubt(error: SmtpError): Outcome {
  const text = `the message was handed over, and no complete answer came: ${words(error)}`
  return { kind: 'in-doubt', cause: { class: 'unknown', code: systemCode(error), text: causeText(text) } }
}

function replyOutcome(error: SmtpError, stage: Stage): Negative | undefined {
  const { code, text } = parseReply(error.response ?? '')
  return code === undefined ? undefined : classifyReply({ stage, code, text })
}

function connectOutcome(error: SmtpError): Negative {
  if (error.command === 'STARTTLS') {
    const refusal = replyOutcome(error, 'starttls')
    // A server that has no STARTTLS says only that it does not know the command.
    if (refusal !== undefined)
      return { ...refusal, cause: { ...refusal.cause, text: causeText(starttlsWords + refusal.cause.text) } }
  }
  const stage = error.command === 'EHLO' || error.command === 'HELO' ? 'ehlo' : 'connect'
  return replyOutcome(error, stage) ?? networkOutcome(error)
}

/** Without a reply: no password would do, for the server offers no way to log in that is known here. */
function loginOutcome(error: SmtpError): Negative {
  const cause = { class: 'config', code: systemCode(error), text: causeText(words(error)) } as const
  return replyOutcome(error, 'auth') ?? { kind: 'refused', scope: 'route', cause }
}

function envelopeOutcome(error: SmtpError): Negative {
  // A 421 to RCPT or DATA in a pipelined envelope is reported as the end of the connection; to MAIL, as MAIL's.
  const stage = error.command === 'MAIL FROM' ? 'mail' : error.command === 'DATA' ? 'data' : 'rcpt'
  const answer = replyOutcome(error, stage)
  if (answer !== undefined) return answer
  const cause = { code: systemCode(error), text: causeText(words(error)) }
  // Larger than the server said in EHLO that it takes; nothing was sent.
  if (error.code === 'EMESSAGE') return { kind: 'refused', scope: 'message', cause: { class: 'content', ...cause } }
  // An address that cannot stand in an envelope, such as a quoted local part with angle brackets.
  if (error.code === 'EENVELOPE' && error.command === 'API')
    return { kind: 'refused', scope: 'message', cause: { class: 'config', ...cause } }
  return networkOutcome(error)
}

/** Trouble on the way, or TLS that cannot work until somebody mends it. Nothing was taken. */
function networkOutcome(error: SmtpError): Negative {
  const code = systemCode(error)
  const cause = { code, text: causeText(words(error)) }
  return misconfiguredTls.test(code)
    ? { kind: 'refused', scope: 'route', cause: { class: 'config', ...cause } }
    : { kind: 'deferred', scope: 'route', cause: { class: 'transient', ...cause } }
}

/** Whether a connection failed for its TLS, in a way that lasts until somebody mends it. */
export function isTlsTrouble({ code = '', text }: Cause): boolean {
  return misconfiguredTls.test(code) || text.startsWith(starttlsWords)
}

const starttlsWords = 'STARTTLS: '

/** Certificate errors of OpenSSL as Node names them (tls documentation, "X509 certificate error codes"), wrong ports. */
const misconfiguredTls =
  /^(CERT_|CRL_|ERR_TLS_CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$|ERR_SSL_WRONG_VERSION_NUMBER$|ERR_SSL_PACKET_LENGTH_TOO_LONG$|ERR_SSL_UNSUPPORTED_PROTOCOL$|ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION$|ERR_SSL_NO_PROTOCOLS_AVAILABLE$)/

function systemCode(error: SmtpError): string {
  return error.originalCode ?? error.code ?? 'UNKNOWN'
}

/** OpenSSL's lines say more about its source files than about the trouble; a failure of several addresses says nothing. */
function words(error: SmtpError): string {
  if (error.message === '') return 'no address of the server could be reached'
  return error.message.replace(/^[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):.*/s, 'TLS: $1')
}
