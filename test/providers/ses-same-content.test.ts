/**
 * Whether she goes alone or among fifty, each recipient gets exactly the same. SES's part is played as its pages describe it
 * and as they do not: by Handlebars without escaping, name by name in one order and in the other, and over again.
 */

import fc from 'fast-check'
import Handlebars from 'handlebars'
import { describe, expect, test } from 'vitest'
import { type FilledMessage, joinText, type SharedContent } from '../../src/model/edition.ts'
import { bulkBody, encodeContent, singleBody } from '../../src/providers/ses-body.ts'
import { sesFits } from '../../src/providers/ses-parcel.ts'
import { sendBulkEmailSchema, sendEmailSchema } from '../../src/sink/ses-mail.ts'
import { content, message } from '../support/provider-opening.ts'

type Merge = (text: string, data: Readonly<Record<string, string>>) => string

const byName: Merge = (text, data) =>
  Object.entries(data).reduce((merged, [name, value]) => merged.replaceAll(`{{${name}}}`, () => value), text)
const merges: Readonly<Record<string, Merge>> = {
  'by Handlebars': (text, data) => Handlebars.compile(text, { noEscape: true })(data),
  'name by name': byName,
  'name by name, backwards': (text, data) => byName(text, Object.fromEntries(Object.entries(data).reverse())),
  'over again': (text, data) => byName(byName(byName(text, data), data), data),
}

/** What breaks careless encoders and mergers, and half a surrogate pair of either kind. */
const oddities = [
  '"',
  '\\',
  '\n',
  '\u2028',
  '\0',
  '😀',
  '\ud83d',
  '\ude00',
  '{',
  '}',
  '{{',
  '}}',
  '{{x}}',
  '$&',
  '&',
  '</p>',
]
const words = fc
  .array(fc.oneof(fc.constantFrom(...oddities), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 4 })
  .map(parts => parts.join(''))
/** Mostly such as tokens can stand in, or nobody would ever go with another. */
const fixed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(
      fc.string({ unit: 'grapheme' }).map(text => ` ${text.replace(/[{}\\]/g, '')} `),
      { minLength: 1, maxLength: 4 },
    ),
  },
  { weight: 1, arbitrary: fc.array(words, { minLength: 1, maxLength: 4 }) },
)

const shared = fc
  .tuple(fixed, fixed)
  .map(([plain, html]): SharedContent => content({ text: ['.', ...plain], html: ['.', ...html] }))

function message1(of: SharedContent, id: number): fc.Arbitrary<FilledMessage> {
  const calm = fc.string({ unit: 'grapheme', maxLength: 6 }).map(text => text.replace(/[{}]/g, ''))
  const field = fc.oneof({ weight: 4, arbitrary: calm }, { weight: 1, arbitrary: words })
  const slots = (pieces: readonly string[] | null) => {
    const count = (pieces?.length ?? 1) - 1
    return fc.array(field, { minLength: count, maxLength: count })
  }
  return fc
    .record({ subject: field.map(text => `.${text}`), text: slots(of.text), html: slots(of.html) })
    .map(more => message(id, more))
}

const campaign = shared.chain(of => fc.tuple(fc.constant(of), fc.tuple(...[1, 2, 3, 4, 5].map(id => message1(of, id)))))

interface Mailed {
  readonly to: string | undefined
  readonly subject: string
  readonly text: string | undefined
  readonly html: string | undefined
}

function read(body: readonly (Buffer | string)[]): unknown {
  return JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString())
}

function mailedAlone(body: readonly (Buffer | string)[]): Mailed {
  const { Destination, Content } = sendEmailSchema.parse(read(body))
  const { Subject, Body } = Content.Simple
  return { to: Destination.ToAddresses[0], subject: Subject.Data, text: Body.Text?.Data, html: Body.Html?.Data }
}

function mailedTogether(body: readonly (Buffer | string)[], merge: Merge): Mailed[] {
  const { DefaultContent, BulkEmailEntries } = sendBulkEmailSchema.parse(read(body))
  const { Subject, Text = '', Html = '' } = DefaultContent.Template.TemplateContent
  return BulkEmailEntries.map(({ Destination, ReplacementEmailContent }) => {
    const data = JSON.parse(ReplacementEmailContent.ReplacementTemplate.ReplacementTemplateData)
    const [subject = '', text, html] = [Subject, Text, Html].map(part => merge(part, data))
    return { to: Destination.ToAddresses[0], subject, text, html }
  })
}

/** What she is to get: her fields in their places, piece by piece fit for UTF-8. */
function meant(of: SharedContent, each: FilledMessage): Mailed {
  const well = (texts: readonly string[]) => texts.map(text => text.toWellFormed())
  return {
    to: each.to,
    subject: each.subject.toWellFormed(),
    text: joinText(well(of.text ?? []), well(each.text)),
    html: joinText(well(of.html ?? []), well(each.html)),
  }
}

describe.each(Object.entries(merges))('names replaced %s', (_, merge) => {
  test('alone and in a bulk call alike, each gets what was meant', () => {
    let together = 0
    fc.assert(
      fc.property(campaign, ([of, all]) => {
        const encoded = encodeContent(of, null)
        const expected = all.map(each => meant(of, each))
        expect(all.map(each => mailedAlone(singleBody(encoded, each)))).toEqual(expected)
        const got: Mailed[] = []
        for (let rest: readonly FilledMessage[] = all; rest.length > 0; ) {
          const parcel = rest.slice(0, sesFits(encoded, rest, rest.length))
          const [first] = parcel
          if (first === undefined) throw new Error('no message fits')
          if (parcel.length === 1) got.push(mailedAlone(singleBody(encoded, first)))
          else got.push(...mailedTogether(bulkBody(encoded, parcel), merge))
          together += parcel.length === 1 ? 0 : parcel.length
          rest = rest.slice(parcel.length)
        }
        expect(got).toEqual(expected)
      }),
      { numRuns: 300 },
    )
    // Otherwise the test would have compared single calls with single calls.
    expect(together).toBeGreaterThan(200)
  })
})
