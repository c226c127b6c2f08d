/** The providers that the contract suite runs over: an entry for each, in the order of the registry. */

import { mailgun } from '../../src/providers/mailgun.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { mailgunSink } from '../../src/sink/mailgun.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
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
]
