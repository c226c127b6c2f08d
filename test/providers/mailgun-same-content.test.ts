/**
 * Whether she goes alone or among a thousand, each recipient gets exactly the same, names of Mailgun's own included. Its part
 * is played as its pages describe it, and in the orders that they leave open. One of them, its own names put in after
 * recipient variables, cannot be held off in text and headers; it never reaches HTML, nor anybody in a batch.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'
import { batchFields, encodeContent, singleFields, tokenOf } from '../../src/providers/mailgun-body.ts'
import { mailgunFits } from '../../src/providers/mailgun-parcel.ts'
import { chooseTokens } from '../../src/providers/merge-tokens.ts'
import type { FormField } from '../../src/providers/multipart-form.ts'
import { merged } from '../../src/sink/mailgun-merge.ts'
import { formOf } from '../support/mailgun-form.ts'
import { content, message } from '../support/provider-opening.ts'

type Variables = Readonly<Record<string, string>> | undefined
type Merge = (text: string, to: string, variables: Variables) => string

const variablesOnly: Merge = (text, _, variables) =>
  text.replace(/%recipient\.([^%\s]+)%/g, (whole, key: string) => variables?.[key] ?? whole)
/** With its own names only: what looks like a variable is none of them. */
const ownOnly: Merge = (text, to) =>
  text
    .split(/(%recipient\.[^%\s]+%)/)
    .map((part, index) => (index % 2 === 1 ? part : merged(part, to, {})))
    .join('')

const merges: Readonly<Record<string, { readonly merge: Merge; readonly keepsNamesOfText: boolean }>> = {
  'in one pass': { merge: merged, keepsNamesOfText: true },
  'its own first': { merge: (text, to, of) => variablesOnly(ownOnly(text, to, of), to, of), keepsNamesOfText: true },
  'its own last': { merge: (text, to, of) => ownOnly(variablesOnly(text, to, of), to, of), keepsNamesOfText: false },
  'over again': { merge: (text, to, of) => merged(merged(text, to, of), to, of), keepsNamesOfText: false },
}

const oddities = ['"', '\\', '\n', '\r\n', '\0', '😀', '\ud83d', '\ude00', '$&', '%', '%%', '%recipient%', '%recipient.', 'x%',
  '%recipient_email%', '%unsub', 'scribe_url%', '%unsubscribe_url%', '%TAG_unsubscribe_url%', '%mailing_list_unsubscribe_url%',
  'recipient%', '&#37;', '--mailblast-', '\r\n--'] // biome-ignore format: a list of words
const words = fc
  .array(fc.oneof(fc.constantFrom(...oddities), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 })
  .map(parts => parts.join(''))
const fixed = fc.array(words, { minLength: 1, maxLength: 4 }).map(pieces => [`.${pieces[0]}`, ...pieces.slice(1)])
const shared = fc
  .tuple(fc.option(fixed, { nil: null }), fixed, fc.boolean())
  .map(([plain, html, only]): SharedContent => content(only ? { text: html, html: null } : { text: plain, html }))

/** Fields that are tokens of this very content, parts of them, or anything. */
function field(of: SharedContent): fc.Arbitrary<string> {
  const { core, text, html } = chooseTokens(of, tokenOf)
  const tokens = [...text, ...html, core, `%recipient.${core}_p%`]
  const parts = tokens.flatMap(token => [token, token.slice(0, 12), token.slice(12), token.slice(0, -1)])
  return fc.oneof({ weight: 6, arbitrary: words }, { weight: 1, arbitrary: fc.constantFrom(...parts) })
}

function messageOf(of: SharedContent, id: number): fc.Arbitrary<FilledMessage> {
  const slots = (pieces: readonly string[] | null) => {
    const count = (pieces?.length ?? 1) - 1
    return fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(`Ada ${id}`) }, field(of)), {
      minLength: count,
      maxLength: count,
    })
  }
  const subject = fc.oneof(fc.constant('News'), field(of)).map(text => `.${text}`)
  return fc.record({ subject, text: slots(of.text), html: slots(of.html) }).map(more => message(id, more))
}

/** Names in the shared text would send everybody alone, and leave no batch to be looked at; half of them have none. */
const plain = content({ text: ['Hello ', ', ', '% off!'], html: ['<td width="50%">', '%</td>'] })
const campaign = fc
  .oneof(shared, fc.constant(plain))
  .chain(of => fc.tuple(fc.constant(of), fc.tuple(...[1, 2, 3, 4, 5].map(id => messageOf(of, id)))))

interface Mailed {
  readonly to: string
  readonly subject: string
  readonly text: string | null
  readonly html: string | null
}

async function mailed(fields: readonly FormField[], merge: Merge): Promise<readonly Mailed[]> {
  const { to: all, subject, text, html, variables } = await formOf(fields)
  return all.map(to => {
    const filled = (part: string) => merge(part, to, variables[to])
    const reference = (part: string) => filled(part).replaceAll('&#37;', '%')
    return {
      to,
      subject: filled(subject),
      text: text === null ? null : filled(text),
      html: html === null ? null : reference(html),
    }
  })
}

/** What she is to get: her fields in their places, piece by piece fit for UTF-8. */
function meant(of: SharedContent, each: FilledMessage): Mailed {
  const part = (pieces: readonly string[] | null, slots: readonly string[]) => {
    if (pieces === null) return null
    return joinText(
      pieces.map(piece => piece.toWellFormed()),
      slots.map(slot => slot.toWellFormed()),
    )
  }
  const html = part(of.html, each.html)?.replaceAll('&#37;', '%') ?? null
  return { to: each.to, subject: each.subject.toWellFormed(), text: part(of.text, each.text), html }
}

describe.each(Object.entries(merges))('Mailgun puts in %s', (_, { merge, keepsNamesOfText }) => {
  test('alone and in a batch alike, each gets what was meant', async () => {
    let batched = 0
    await fc.assert(
      fc.asyncProperty(campaign, async ([of, all]) => {
        const encoded = encodeContent(of, { sandbox: false, tags: [] })
        for (let rest: readonly FilledMessage[] = all; rest.length > 0; ) {
          const parcel = rest.slice(0, mailgunFits(encoded, rest, rest.length))
          const [first] = parcel
          if (first === undefined) throw new Error('no message fits')
          const whole = (each: Mailed) => (keepsNamesOfText ? each : { to: each.to, html: each.html })
          const expected = parcel.map(each => meant(of, each))
          const alone: Mailed[] = []
          for (const each of parcel) alone.push(...(await mailed(singleFields(encoded, each), merge)))
          expect(alone.map(whole)).toEqual(expected.map(whole))
          if (parcel.length > 1) {
            expect(await mailed(batchFields(encoded, parcel), merge)).toEqual(expected)
            batched += parcel.length
          }
          rest = rest.slice(parcel.length)
        }
      }),
      { numRuns: 150 },
    )
    // Otherwise the test would have compared single calls with single calls.
    expect(batched).toBeGreaterThan(75)
  })
})
