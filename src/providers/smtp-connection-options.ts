/** What `nodemailer/lib/smtp-connection` is told of a route. */

import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SmtpServer, SmtpSettings } from './smtp-options.ts'

/** The largest reply that is read; a server that says more is given up. */
const replyMaxBytes = 64 * 1024

export function connectionOptions(settings: SmtpSettings, { host, port }: SmtpServer): SMTPConnection.Options {
  const { tls, heloName, ca } = settings
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'none',
    opportunisticTLS: tls === 'opportunistic',
    tls: {
      // Also where Node was told on its command line to allow less: RFC 8996 has done away with TLS 1.0 and 1.1.
      minVersion: 'TLSv1.2',
      // Who would go on without TLS gains nothing from the certificate (RFC 7435).
      rejectUnauthorized: tls !== 'opportunistic',
      ...(ca === null ? {} : { ca }),
    },
    name: heloName ?? undefined,
    connectionTimeout: settings.connectMs,
    greetingTimeout: settings.greetingMs,
    socketTimeout: settings.idleMs,
    socketCloseTimeout: 0,
    maxResponseSize: replyMaxBytes,
  }
}
