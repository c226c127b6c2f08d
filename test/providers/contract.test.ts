/**
 * The contract of a provider, over all of them: what a call becomes however it ends, how many messages go in one, and that a
 * recipient gets the same whatever the way. Each vendor's words are its own; what they come to is one table, which is
 * `test/golden/contract.txt`.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { deferrals, refusals, type Saying } from '../../src/sink/replies.ts'
import type { VendorMail } from '../../src/sink/vendor.ts'
import { type Conduct, type ContractServer, type ContractVendor, openContract } from '../support/contract.ts'
import { contractVendors } from '../support/contract-vendors.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const never = new AbortController().signal
const sayings: readonly Saying[] = [...refusals, ...deferrals, 'throttled']
const table: string[][] = []

async function withRoute<Result>(
  vendor: ContractVendor,
  run: (provider: Provider, server: ContractServer) => Promise<Result>,
  facts: { readonly content?: SharedContent; readonly batch?: 'auto' | 'off' } = {},
): Promise<Result> {
  const server = await vendor.start()
  const provider = await openContract(vendor, server, { content: content({}), ...facts })
  try {
    return await run(provider, server)
  } finally {
    await provider.close()
    await server.close()
  }
}

/** One call for as many as fit of so many. */
async function call(provider: Provider, all: readonly FilledMessage[], signal = never): Promise<readonly Outcome[]> {
  return provider.send(all.slice(0, provider.fits(all)), signal)
}

function shown(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return 'accepted'
    case 'in-doubt':
      return 'in doubt'
    case 'deferred': {
      const waits = outcome.retryAfterMs === undefined ? '' : `, after ${outcome.retryAfterMs / 1000} s`
      const part = outcome.partMax === undefined ? '' : `, at most ${outcome.partMax} together`
      return `deferred ${outcome.scope} ${outcome.cause.class}${waits}${part}`
    }
    case 'refused':
      return `refused ${outcome.scope} ${outcome.cause.class}`
  }
}

describe.each(contractVendors.map(vendor => [vendor.name, vendor] as const))('%s', (name, vendor) => {
  const batches = vendor.kind.profile.batchMax > 1
  const row = (what: string, outcomes: readonly Outcome[]) => table.push([name, what, outcomes.map(shown).join(' · ')])

  test('accepts, says by which name it keeps each, and delivers once', async () => {
    await withRoute(vendor, async (provider, server) => {
      const all = messages(batches ? 3 : 1)
      const outcomes = await call(provider, all)
      row('takes them', outcomes)
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'accepted', providerId: expect.stringMatching(/./) })
      expect((await server.deliveries()).map(mail => mail.to)).toEqual(all.map(each => each.to))
    })
  })

  test.each(sayings)('is told: %s', async saying => {
    await withRoute(vendor, async (provider, server) => {
      for (const count of batches ? [1, 3] : [1]) {
        const about = count - 1
        server.behave({ do: 'say', saying, about, waitSeconds: 7 })
        const before = (await server.deliveries()).length
        const all = messages(count)
        const outcomes = await call(provider, all)
        row(count === 1 ? `${saying}, to one` : `${saying}, to the third of three`, outcomes)
        const arrived = (await server.deliveries()).slice(before).map(mail => mail.to)
        for (const [index, outcome] of outcomes.entries())
          expect(shown(outcome)).toMatch(lawOf(saying, { isOne: count === 1, isAbout: index === about }))
        expect(all.filter((_, index) => outcomes[index]?.kind === 'accepted').map(each => each.to)).toEqual(arrived)
      }
    })
  })

  const endings: readonly Conduct['do'][] = ['lose the answer', 'drop', 'answer garbage', 'answer late', 'never answer']
  const ofHttp: readonly Conduct['do'][] = ['answer without end', 'answer with a page']
  test.each([...endings, ...(vendor.isHttp ? ofHttp : [])])('a server that is to %s', async what => {
    await withRoute(vendor, async (provider, server) => {
      server.behave({ do: what } as Conduct)
      const signal = what === 'never answer' ? AbortSignal.timeout(300) : never
      const outcomes = await call(provider, messages(batches ? 3 : 1), signal)
      row(what, outcomes)
      // In doubt, or not taken: but never sent again when it has arrived, and never accepted when it has not.
      const arrived = (await server.deliveries()).length
      for (const { kind } of outcomes) {
        if (what === 'answer late') expect(kind).toBe('accepted')
        else if (what === 'drop') expect(['in-doubt', 'deferred']).toContain(kind)
        else expect(kind).toBe('in-doubt')
        if (kind === 'deferred') expect(arrived).toBe(0)
      }
    })
  })

  test('takes as many in a call as its profile says, and not one more', async () => {
    // Without a slot no other limit is met first.
    const plain = content({ text: ['Hello!'], html: ['<p>Hello!</p>'] })
    const run = async (provider: Provider, server: ContractServer) => {
      const { batchMax } = vendor.kind.profile
      const all = messages(batchMax + 1, () => ({ text: [], html: [] }))
      expect(provider.fits(all)).toBe(batchMax)
      await expect(provider.send(all, never)).rejects.toThrow('a parcel of')
      const outcomes = await provider.send(all.slice(0, batchMax), never)
      expect(new Set(outcomes.map(each => each.kind))).toEqual(new Set(['accepted']))
      expect((await server.deliveries()).length).toBe(batchMax)
    }
    await withRoute(vendor, run, { content: plain })
  })

  test('1,000 recipients, in batches and one by one: each gets her own content, headers and marker, and the same', async () => {
    const shared = content({
      from: { name: 'Åcme “News”, Ltd.', address: address('news@acme.example') },
      replyTo: { name: 'Hilfe', address: address('hello@acme.example') },
      text: ['Grüße ', ' – 你好 ', '.'],
      html: ['<p title="', '">Grüße 🎉 ', '</p>'],
      attachments: [{ fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7 ü') }],
    })
    const all = messages(1000, id => ({
      subject: `Für Ada ${id} – 100% «neu»`,
      text: [`Ada ${id}`, `Zeile "${id}"`],
      html: [`Ada &quot;${id}&quot;`, `&lt;Ada ${id}&gt;`],
      headers: [
        { name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` },
        { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
        { name: 'X-City', value: vendor.cannot.includes('headers beyond ASCII') ? `Koeln ${id}` : `Köln ${id}` },
      ],
    }))
    const ways = batches ? (['auto', 'off'] as const) : (['off'] as const)
    for (const batch of ways) {
      const got = await withRoute(vendor, (provider, server) => sendAll(provider, server, all), {
        content: shared,
        batch,
      })
      expect(got.map(comparable)).toEqual(all.map(each => comparable(meant(shared, each))))
    }
  })

  test('whatever the fields hold, she gets what was rendered here, alone or in company', async () => {
    await withRoutes(vendor, async way => {
      await fc.assert(
        fc.asyncProperty(fc.array(oddFields, { minLength: 3, maxLength: 3 }), async rows => {
          const all = rows.map((fields, index) =>
            message(index + 1, { subject: `.${fields.subject}.`, text: [fields.text], html: [fields.html] }),
          )
          for (const { provider, server } of way) {
            const before = (await server.deliveries()).length
            for (let rest: readonly FilledMessage[] = all; rest.length > 0; ) {
              const parcel = rest.slice(0, provider.fits(rest))
              for (const [index, outcome] of (await provider.send(parcel, never)).entries())
                expect(shown(outcome)).toBe(carries(vendor, parcel[index]) ? 'accepted' : 'refused message content')
              rest = rest.slice(parcel.length)
            }
            const got = (await server.deliveries()).slice(before)
            const carried = all.filter(each => carries(vendor, each))
            expect(got.map(comparable)).toEqual(carried.map(each => comparable(meant(content({}), each))))
          }
        }),
        { numRuns: 60 },
      )
    })
  })
})

test('the table of what becomes of a call', async () => {
  const widths = [0, 1].map(column => Math.max(...table.map(row => row[column]?.length ?? 0)))
  const lines = table.map(([vendor = '', what = '', becomes = '']) =>
    `${vendor.padEnd(widths[0] ?? 0)}  ${what.padEnd(widths[1] ?? 0)}  ${becomes}`.trimEnd(),
  )
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/contract.txt')
})

/** What a saying must come to with every provider; what is left open is in the table. */
function lawOf(saying: Saying, { isOne, isAbout }: { isOne: boolean; isAbout: boolean }): RegExp {
  // Where the one at fault is not named, all of them go on in a smaller company.
  const orApart = isOne ? '' : '|deferred message .* together'
  const law = ((): string => {
    if (saying === 'bad-key') return 'refused route auth'
    if (saying === 'no-credit') return '(refused|deferred) route quota.*'
    if (saying === 'throttled') return 'deferred (route|lane) throttled.*'
    if (!isAbout) return 'accepted|deferred (message|route) (transient|throttled).*|refused route .*'
    switch (saying) {
      case 'no-such-user':
        return `refused recipient hard${orApart}`
      case 'content':
      case 'too-big':
        return `refused message content${isOne ? '' : '|refused route config'}${orApart}`
      case 'blocked':
        return 'refused (lane block|route (config|auth|block))'
      default:
        return 'deferred .*'
    }
  })()
  return new RegExp(`^(${law})$`)
}

/** What breaks careless encoders and mergers: quotes, tokens of every vendor's, markup, line breaks, halves of pairs. */
const oddities = [
  '"', '\\', '\n', '\r\n', '\u2028', '😀', '$&', '</p>', '{{x}}', '{{{x}}}', '%recipient.x%', '%recipient%', '*|FNAME|*', '-token-',
  '{{params.x}}', '<%x%>', '[[x]]', '&amp;', '=20', '.', '\n.\n', '%unsubscribe_url%', '{{{ pm:unsubscribe }}}', '#', '%',
] // biome-ignore format: a list of words
const odd = fc
  .array(fc.oneof(fc.constantFrom(...oddities), fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 5 })
  .map(parts =>
    parts
      .join('')
      .toWellFormed()
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ''),
  )
const oneLine = odd.map(text => text.replace(/[\r\n\t\u2028\u2029]+/g, ' '))
const oddFields = fc.record({ subject: oneLine, text: odd, html: odd })

/** Whether the vendor can carry this message's subject and text as they are; if not, it must not carry them otherwise. */
function carries(vendor: ContractVendor, each: FilledMessage | undefined): boolean {
  return !vendor.cannot.includes('template tags in text') || !/\{[{%#]/.test(`${each?.subject} ${each?.text.join(' ')}`)
}

/** The vendor's routes to servers of their own: in batches, where it has them, and one by one. */
async function withRoutes(
  vendor: ContractVendor,
  run: (ways: readonly { readonly provider: Provider; readonly server: ContractServer }[]) => Promise<void>,
): Promise<void> {
  await withRoute(vendor, async (provider, server) => {
    if (vendor.kind.profile.batchMax === 1) return run([{ provider, server }])
    await withRoute(
      vendor,
      (single, other) =>
        run([
          { provider, server },
          { provider: single, server: other },
        ]),
      {
        batch: 'off',
      },
    )
  })
}

/** Sends all of them, eight calls at a time, and gives what each got, in their order. */
async function sendAll(
  provider: Provider,
  server: ContractServer,
  all: readonly FilledMessage[],
): Promise<readonly VendorMail[]> {
  const parcels: (readonly FilledMessage[])[] = []
  for (let rest = all; rest.length > 0; rest = rest.slice(parcels.at(-1)?.length ?? rest.length))
    parcels.push(rest.slice(0, provider.fits(rest)))
  const waiting = parcels.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const parcel of waiting)
        for (const outcome of await provider.send(parcel, never)) expect(outcome.kind).toBe('accepted')
    }),
  )
  const got = Map.groupBy(await server.deliveries(), mail => mail.to)
  return all.map(each => {
    const [mail, ...more] = got.get(each.to) ?? []
    if (mail === undefined || more.length > 0) throw new Error(`${each.to} got ${more.length + (mail ? 1 : 0)} mails`)
    return mail
  })
}

/** The mail as it was rendered here. */
function meant(shared: SharedContent, each: FilledMessage): VendorMail {
  const { from, replyTo } = shared
  return {
    to: each.to,
    messageId: each.messageId,
    run: each.run,
    from: from.name === undefined ? from.address : `${from.name} <${from.address}>`,
    replyTo: replyTo?.address ?? null,
    subject: each.subject,
    text: shared.text === null ? null : joinText(shared.text, each.text),
    html: shared.html === null ? null : joinText(shared.html, each.html),
    headers: Object.fromEntries(each.headers.map(({ name, value }) => [name.toLowerCase(), value])),
    attachments: [...shared.attachments, ...each.attachments].map(file => ({
      fileName: file.fileName,
      contentType: file.contentType,
      content: file.bytes.toString('base64'),
      contentId: file.contentId ?? null,
    })),
  }
}

/**
 * Line breaks and white space at an end are not the same over every way, and mean the same; so does a percent sign of the
 * HTML that is written as a character reference, as Mailgun's vendor writes it to hide a name from it.
 */
function comparable(mail: VendorMail): VendorMail {
  const lines = (text: string | null) => text?.replace(/\r\n?/g, '\n').replace(/\n$/, '') ?? null
  return {
    to: mail.to,
    messageId: mail.messageId,
    run: mail.run,
    from: mail.from,
    replyTo: mail.replyTo,
    subject: mail.subject,
    text: lines(mail.text),
    // A brace or a percent sign as an entity is the same to every reader.
    html: lines(mail.html)?.replaceAll('&#37;', '%').replaceAll('&#123;', '{') ?? null,
    headers: mail.headers,
    attachments: mail.attachments,
  }
}
