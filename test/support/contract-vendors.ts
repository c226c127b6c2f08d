/** The providers that the contract suite runs over: an entry for each, in the order of the registry. */

import { brevo } from '../../src/providers/brevo.ts'
import { mandrill } from '../../src/providers/mandrill.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { brevoSink } from '../../src/sink/brevo.ts'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { sendgridSink } from '../../src/sink/sendgrid.ts'
import { type ContractVendor, httpVendor, smtpVendor } from './contract.ts'

export const contractVendors: readonly ContractVendor[] = [
  smtpVendor,
  httpVendor({ kind: sendgrid, sink: sendgridSink, secret: 'SG.a-key-that-nobody-has', options: {} }),
  httpVendor({ kind: mandrill, sink: mandrillSink, secret: 'md-a-key-that-nobody-has', options: {} }),
  httpVendor({
    kind: brevo,
    sink: brevoSink,
    secret: 'xkeysib-a-key-that-nobody-has',
    // Without it every message would go alone, and nothing would be seen of its batches.
    options: { batch_headers: true },
    cannot: ['inline images', 'headers beyond ASCII', 'template tags in text'],
  }),
]
