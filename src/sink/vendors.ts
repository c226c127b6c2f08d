/** The providers with an HTTP API that a sink can stand for: one line each. */

import { brevoSink } from './brevo.ts'
import { mailgunSink } from './mailgun.ts'
import { mandrillSink } from './mandrill.ts'
import { postmarkSink } from './postmark.ts'
import { resendSink } from './resend.ts'
import { sendgridSink } from './sendgrid.ts'
import { sesSink } from './ses.ts'
import type { SinkVendor } from './vendor.ts'

export const sinkVendors: readonly SinkVendor[] = [
  sendgridSink,
  mailgunSink,
  postmarkSink,
  mandrillSink,
  resendSink,
  brevoSink,
  sesSink,
]
