/**
 * Asking Brevo what it has taken: `GET /smtp/emails?email=…`, the list of what was sent to one address in the last 30 days. Each
 * has the tags of its call, and one of ours is the run's: address and run name a message. One that is there was taken; one
 * that is not may yet appear, or have been one for which Brevo keeps no log.
 *
 * Source: the reference page "Get the list of transactional emails on the basis of allowed filters"; the changelog of 12
 * May 2020 (`tags` in the answer).
 */

import { type Cause, causeText } from '../model/outcome.ts'
import { runTag } from './brevo-body.ts'
import { brevoError, brevoWords } from './brevo-outcomes.ts'
import type { HttpLookup } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Finding } from './provider.ts'

export const brevoLookup: HttpLookup<{ readonly headers: Readonly<Record<string, string>> }> = {
  // It can be asked for one address, one Message-ID of Brevo's own, or one template.
  fits: () => 1,

  request({ headers }, [only]) {
    return { path: `/smtp/emails?email=${encodeURIComponent(only?.to ?? '')}&sort=desc&limit=500`, headers }
  },

  found(_, reply, sought) {
    const sent = sentIn(reply.json())
    if (sent === undefined) return causeOf('config', reply, 'it answered with something else than a list of mails')
    return sought.map(({ to, run }): Finding => {
      const found = sent.find(mail => mail.to.toLowerCase() === to.toLowerCase() && mail.tags.includes(runTag(run)))
      return found === undefined ? { kind: 'no trace' } : { kind: 'taken', providerId: found.id }
    })
  },

  refusal(reply) {
    const words = brevoWords(reply)
    if (brevoError(reply.json())?.code === 'unauthorized' || reply.status === 401) return causeOf('auth', reply, words)
    // Whatever has no limit of its own may be asked about 100 times an hour (api-evangelist/brevo, of Brevo's page on limits).
    if (reply.status === 429)
      return causeOf('throttled', reply, `${words}; Brevo may be asked so a hundred times an hour`)
    return causeOf(reply.status < 500 ? 'config' : 'transient', reply, words)
  },
}

interface Sent {
  readonly id: string
  readonly to: string
  readonly tags: readonly string[]
}

/** `{"transactionalEmails":[{"email":"…","messageId":"<…>","tags":["…"],…}]}`; nothing at all where nothing was sent. */
function sentIn(json: unknown): readonly Sent[] | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const list: unknown = 'transactionalEmails' in json ? json.transactionalEmails : []
  if (!Array.isArray(list)) return undefined
  const found: Sent[] = []
  for (const each of list as readonly unknown[]) {
    if (typeof each !== 'object' || each === null) return undefined
    if (!('email' in each) || typeof each.email !== 'string') return undefined
    if (!('messageId' in each) || typeof each.messageId !== 'string' || each.messageId === '') return undefined
    const tags: readonly unknown[] = 'tags' in each && Array.isArray(each.tags) ? each.tags : []
    found.push({ id: causeText(each.messageId), to: each.email, tags: tags.filter(tag => typeof tag === 'string') })
  }
  return found
}

function causeOf(failureClass: Cause['class'], reply: HttpReply, text: string): Cause {
  return { class: failureClass, code: String(reply.status), text: causeText(text) }
}
