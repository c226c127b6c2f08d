/** What a provider's tests open it with, and the messages they hand over: usable as they are, each fact to be overridden. */

import type { Address } from '../../src/model/address.ts'
import { parseAddress } from '../../src/model/address.ts'
import type { RouteSettings } from '../../src/model/campaign.ts'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { Secret } from '../../src/model/secret.ts'
import type { RouteOpening, Sought } from '../../src/providers/provider.ts'

export const nowMs = Date.UTC(2026, 10, 22, 12)

export function opening(
  route: Partial<RouteSettings> & Pick<RouteSettings, 'options'>,
  more: Partial<RouteOpening> & { readonly key?: string } = {},
): RouteOpening {
  const { key = 'SG.a-key-that-nobody-has', ...facts } = more
  return {
    route: {
      name: 'main',
      provider: 'any',
      rates: [],
      concurrency: 4,
      weight: 1,
      order: 1,
      senders: null,
      sites: null,
      batch: 'auto',
      warmup: null,
      ...route,
    },
    content: content({}),
    folder: '/',
    secret: async () => new Secret(key),
    env: {},
    nowMs: () => nowMs,
    ...facts,
  }
}

/** Text and HTML, each with one slot. */
export function content(more: Partial<SharedContent>): SharedContent {
  return {
    from: { name: 'Acme News', address: address('news@acme.example') },
    replyTo: null,
    text: ['Hello ', '!'],
    html: ['<p>Hello ', '!</p>'],
    attachments: [],
    ...more,
  }
}

/** For `content`: Ada's message, or another's by number. */
export function message(id: number, more: Partial<FilledMessage> = {}): FilledMessage {
  return {
    id,
    to: address(`ada${id}@example.org`),
    messageId: `<${id}.campaign@acme.example>`,
    run: 'run-1',
    subject: `News for Ada ${id}`,
    text: [`Ada ${id}`],
    html: [`Ada ${id}`],
    headers: [],
    attachments: [],
    ...more,
  }
}

export function messages(count: number, more: (id: number) => Partial<FilledMessage> = () => ({})): FilledMessage[] {
  return Array.from({ length: count }, (_, index) => message(index + 1, more(index + 1)))
}

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`)
  return parsed.address
}

/** A message as a provider is asked for it. */
export function sought({ to, messageId, run }: FilledMessage): Sought {
  return { to, messageId, run: run ?? 'run-1' }
}
