/** The providers that the contract suite runs over: an entry for each, in the order of the registry. */

import { mandrill } from '../../src/providers/mandrill.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
import { type ContractVendor, httpVendor, smtpVendor } from './contract.ts'

export const contractVendors: readonly ContractVendor[] = [
  smtpVendor,
  httpVendor({ kind: sendgrid, sink: sendgridSink, secret: 'SG.a-key-that-nobody-has', options: {} }),
  httpVendor({ kind: mandrill, sink: mandrillSink, secret: 'md-a-key-that-nobody-has', options: {} }),
]
