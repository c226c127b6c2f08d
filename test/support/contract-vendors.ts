/** The providers that the contract suite runs over: an entry for each, in the order of the registry. */

import { brevo } from '../../src/providers/brevo.ts'
import { mailgun } from '../../src/providers/mailgun.ts'
import { mandrill } from '../../src/providers/mandrill.ts'
import { postmark } from '../../src/providers/postmark.ts'
import { resend } from '../../src/providers/resend.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { ses } from '../../src/providers/ses.ts'
import { brevoSink } from '../../src/sink/brevo.ts'
import { mailgunSink } from '../../src/sink/mailgun.ts'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { postmarkSink } from '../../src/sink/postmark.ts'
import { resendSink } from '../../src/sink/resend.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
import { sesSink } from '../../src/sink/ses.ts'
import { type ContractVendor, httpVendor, smtpVendor } from './contract.ts'

export const contractVendors: readonly ContractVendor[] = [
  smtpVendor,
  httpVendor({ kind: sendgrid, sink: sendgridSink, secret: 'SG.a-key-that-nobody-has', options: {} }),
  httpVendor({
    kind: mailgun,
    sink: mailgunSink,
    secret: 'key-that-nobody-has',
    options: { domain: 'mg.acme.example' },
  }),
  httpVendor({ kind: postmark, sink: postmarkSink, secret: 'a-token-that-nobody-has', options: {} }),
  httpVendor({ kind: resend, sink: resendSink, secret: 're_a_key_that_nobody_has', options: {} }),
  httpVendor({ kind: mandrill, sink: mandrillSink, secret: 'md-a-key-that-nobody-has', options: {} }),
  httpVendor({
    kind: brevo,
    sink: brevoSink,
    secret: 'xkeysib-a-key-that-nobody-has',
    // Without it every message would go alone, and nothing would be seen of its batches.
    options: { batch_headers: true },
    cannot: ['inline images', 'headers beyond ASCII', 'template tags in text'],
  }),
  httpVendor({
    kind: ses,
    sink: sesSink,
    secret: 'aKeyThatNobodyHas',
    // None of its secrets is required by itself.
    options: { region: 'eu-west-1', access_key_id: '${SECRET}', secret_access_key: '${SECRET}' },
  }),
]
