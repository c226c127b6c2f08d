/**
 * Whether she goes alone or among a thousand, each recipient gets exactly the same. SendGrid's part is played as its pages
 * describe it, and as they do not: tokens replaced in one order, in the other, and over again, as nesting would.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'
import { chooseTokens } from '../../src/providers/merge-tokens.ts'
import { batchBody, encodeContent, singleBody, tagOf } from '../../src/providers/sendgrid-body.ts'
import { sendgridFits } from '../../src/providers/sendgrid-parcel.ts'
import { content, message } from '../support/provider-opening.ts'
import { type Mail, mailSchema } from '../support/sendgrid-mail.ts'

type Merge = (text: string, substitutions: Readonly<Record<string, string>>) => string

const inOrder: Merge = (text, substitutions) =>
  Object.entries(substitutions).reduce((merged, [tag, value]) => merged.replaceAll(tag, () => value), text)
const merges: Readonly<Record<string, Merge>> = {
  inOrder,
  backwards: (text, substitutions) => inOrder(text, Object.fromEntries(Object.entries(substitutions).reverse())),
  overAgain: (text, substitutions) => inOrder(inOrder(inOrder(text, substitutions), substitutions), substitutions),
}

/** What breaks careless encoders, and half a surrogate pair of either kind. */
const oddities = [
  '"',
  '\\',
  '\n',
  '\r\n',
  '\u2028',
  '\u2029',
  '\0',
  '😀',
  '\ud83d',
  '\ude00',
  '-',
  '$&',
  '</p>',
  '{{x}}',
]
const text = fc.array(fc.oneof(fc.constantFrom(...oddities), fc.string({ unit: 'binary', maxLength: 4 })), {
  maxLength: 5,
})
const words = text.map(parts => parts.join(''))

const fixed = fc.array(words, { minLength: 1, maxLength: 5 }).map(pieces => [`.${pieces[0]}`, ...pieces.slice(1)])

const shared = fc
  .tuple(fc.option(fixed, { nil: null }), fixed, fc.boolean())
  .map(
    ([plain, html, onlyText]): SharedContent => content(onlyText ? { text: html, html: null } : { text: plain, html }),
  )

/** Fields that are tokens of this very content, parts of them, or anything. */
function field(of: SharedContent): fc.Arbitrary<string> {
  const { core, text: inText, html } = chooseTokens(of, tagOf)
  const tokens = [...inText, ...html, core]
  const parts = tokens.flatMap(token => [token, token.slice(0, 6), token.slice(6), token.slice(0, -1)])
  return fc.oneof({ weight: 5, arbitrary: words }, { weight: 1, arbitrary: fc.constantFrom(...parts) })
}

function message1(of: SharedContent, id: number): fc.Arbitrary<FilledMessage> {
  const slots = (fixedText: readonly string[] | null) => {
    const count = (fixedText?.length ?? 1) - 1
    return fc.array(field(of), { minLength: count, maxLength: count })
  }
  return fc
    .record({ subject: field(of).map(words => `.${words}`), text: slots(of.text), html: slots(of.html) })
    .map(more => message(id, more))
}

const campaign = shared.chain(of => fc.tuple(fc.constant(of), fc.tuple(...[1, 2, 3, 4, 5].map(id => message1(of, id)))))

function read(body: readonly (Buffer | string)[]): Mail {
  return mailSchema.parse(JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString()))
}

interface Mailed {
  readonly to: string | undefined
  readonly subject: string
  readonly text: string | undefined
  readonly html: string | undefined
}

function mailed(mail: Mail, merge: Merge): Mailed[] {
  return mail.personalizations.map(({ to, subject = '', substitutions = {} }) => {
    const part = (type: string) => {
      const value = mail.content.find(each => each.type === type)?.value
      return value === undefined ? undefined : merge(value, substitutions)
    }
    return {
      to: to[0]?.email,
      subject: merge(subject, substitutions),
      text: part('text/plain'),
      html: part('text/html'),
    }
  })
}

/** What she is to get: her fields in their places, piece by piece fit for UTF-8. */
function meant(of: SharedContent, each: FilledMessage): Mailed {
  const part = (fixedText: readonly string[] | null, slots: readonly string[]) =>
    fixedText === null
      ? undefined
      : joinText(
          fixedText.map(piece => piece.toWellFormed()),
          slots.map(slot => slot.toWellFormed()),
        )
  return {
    to: each.to,
    subject: each.subject.toWellFormed(),
    text: part(of.text, each.text),
    html: part(of.html, each.html),
  }
}

describe.each(Object.entries(merges))('tokens replaced %s', (_, merge) => {
  test('alone and in a batch alike, each gets what was meant', () => {
    let batched = 0
    fc.assert(
      fc.property(campaign, ([of, all]) => {
        const encoded = encodeContent(of, false)
        const expected = all.map(each => meant(of, each))
        expect(all.flatMap(each => mailed(read(singleBody(encoded, each)), merge))).toEqual(expected)

        const got: Mailed[] = []
        for (let rest: readonly FilledMessage[] = all; rest.length > 0; ) {
          const count = sendgridFits(encoded, rest, rest.length)
          const parcel = rest.slice(0, count)
          const [first] = parcel
          if (first === undefined) throw new Error('no message fits')
          got.push(...mailed(read(count === 1 ? singleBody(encoded, first) : batchBody(encoded, parcel)), merge))
          batched += count === 1 ? 0 : count
          rest = rest.slice(count)
        }
        expect(got).toEqual(expected)
      }),
      { numRuns: 300 },
    )
    // Otherwise the test would have compared single calls with single calls.
    expect(batched).toBeGreaterThan(300)
  })
})
