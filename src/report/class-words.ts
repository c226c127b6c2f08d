/** What each class of failure means for people, and what can be done about it. */

import type { FailureClass } from '../model/outcome.ts'

export const classWords: Readonly<Record<FailureClass, { readonly meaning: string; readonly advice: string }>> = {
  hard: {
    meaning: 'cannot be reached, ever',
    advice: 'Take the address out of the list. It is suppressed here.',
  },
  soft: { meaning: 'cannot be reached now', advice: 'Try again later, with retry --failed.' },
  block: {
    meaning: 'the receiver refuses the sender',
    advice: "Look at SPF, DKIM, DMARC and the receiver's postmaster pages; the address itself is good.",
  },
  content: { meaning: 'the message is refused for what it is', advice: 'Look at its size, attachments and links.' },
  throttled: { meaning: 'it came too fast', advice: 'Lower the rate of the site or the route.' },
  quota: { meaning: 'an allowance is used up', advice: 'Wait for the next day, or have the allowance raised.' },
  auth: { meaning: 'the provider does not accept the login', advice: 'Mend the key or password, then resume.' },
  config: {
    meaning: 'the request or account is set up wrongly',
    advice: 'Mend the sender, domain or options of the route.',
  },
  transient: { meaning: 'trouble on the way that may pass', advice: 'Try again later, with retry --failed.' },
  expired: {
    meaning: 'no attempt or no time was left',
    advice: 'Try again with retry --failed, or allow more time under retry: in the campaign.',
  },
  unknown: { meaning: 'the answer was lost', advice: 'Settle it, with mailblast settle.' },
}
