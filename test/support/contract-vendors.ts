/** The providers that the contract suite runs over: an entry for each, in the order of the registry. */

import { sendgrid } from '../../src/providers/sendgrid.ts'
import { ses } from '../../src/providers/ses.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
import { sesSink } from '../../src/sink/ses.ts'
import { type ContractVendor, httpVendor, smtpVendor } from './contract.ts'

export const contractVendors: readonly ContractVendor[] = [
  smtpVendor,
  httpVendor({ kind: sendgrid, sink: sendgridSink, secret: 'SG.a-key-that-nobody-has', options: {} }),
  httpVendor({ kind: ses, sink: sesSink, secret: 'aKeyThatNobodyHas', options: { region: 'eu-west-1' } }),
]
