/** What keeps Brevo's template language out of what was rendered here. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinText } from '../../src/model/edition.ts'
import { holdsTemplateTag, slotWithoutTags, withoutTags } from '../../src/providers/brevo-template.ts'

test.each([
  ['{{ params.x }}', '&#123;{ params.x }}'],
  ['{{{x}}}', '&#123;&#123;{x}}}'],
  ['{% if x %}', '&#123;% if x %}'],
  ['{# x #}', '&#123;# x #}'],
  ['{x} { {y} }', '{x} { {y} }'],
  ['ends with {', 'ends with &#123;'],
  ['<style>@media print{#logo{color:red}}</style>{#x', '<style>@media print{ #logo{color:red}}</style>&#123;#x'],
  ['<STYLE type="text/css">a{', '<STYLE type="text/css">a{ '],
])('%s', (html, written) => {
  expect(withoutTags([html])).toEqual([written])
})

test('a style sheet that is cut by a slot is one still', () => {
  expect(withoutTags(['<style>a{', '}b{#', '</style>{{'])).toEqual(['<style>a{ ', '}b{ #', '</style>&#123;&#123;'])
})

test('wherever it is cut, no tag is left, and every reader sees the same', () => {
  const braces = fc.string({ unit: fc.constantFrom('{', '}', '%', '#', 'x'), maxLength: 6 })
  fc.assert(
    fc.property(
      fc.array(braces, { minLength: 1, maxLength: 4 }),
      fc.array(braces, { minLength: 3, maxLength: 3 }),
      (fixed, more) => {
        const slots = more.slice(0, fixed.length - 1)
        const written = joinText(withoutTags(fixed), slots.map(slotWithoutTags))
        expect(holdsTemplateTag(written)).toBe(false)
        expect(written.replaceAll('&#123;', '{')).toBe(joinText(fixed, slots))
      },
    ),
  )
})
