import { expect, test } from 'vitest'
import { createEnvironment } from '../../src/content/environment.ts'
import { compileSkeleton } from '../../src/content/skeleton.ts'
import { isBalanced, shapeOf } from '../../src/content/slot-shape.ts'

const partials = {
  button: '<a href="{{url}}">{{label}}</a>',
  open: '<td>{{label}}',
  words: 'Go to {{label}}',
  block: '<p>{{> @partial-block}}</p>',
}

test.each([
  ['{{name}}', 'escaped'],
  ['{{default name "x"}}', 'escaped'],
  ['{{{name}}}', 'raw'],
  ['{{#if a}}Dear {{a}}{{else}}Hello{{/if}}', 'text'],
  ['{{#if a}}Dear {{{a}}}{{/if}}', 'markup'],
  ['{{#if a}}<p>{{a}}<br></p>{{/if}}', 'markup'],
  ['{{#if a}}<p class="{{#if b}}x{{/if}}">{{#each c}}<b>{{this}}</b>{{/each}}</p>{{/if}}', 'markup'],
  ['{{#if a}}1 < 2{{/if}}', 'markup'],
  ['{{#if a}}<a href="x">{{/if}}', 'open'],
  ['{{#if a}}</a>{{/if}}', 'open'],
  ['{{#if a}}<b>x</b>{{else}}<i>{{/if}}', 'open'],
  ['{{#if a}}{{#if b}}<p>{{/if}}x{{#if b}}</p>{{/if}}{{/if}}', 'open'],
  ['{{> button url=u label=l}}', 'markup'],
  ['{{> words label=l}}', 'text'],
  ['{{> open label=l}}', 'open'],
  ['{{> (lookup . "which")}}', 'open'],
  ['{{#> block}}x{{/block}}', 'open'],
  ['{{#if a}}{{#*inline "p"}}x{{/inline}}{{> p}}{{/if}}', 'open'],
  ['{{#*inline "p"}}x{{/inline}}{{> p}}', 'open'],
])('%s is %s', (source, shape) => {
  const environment = createEnvironment({ partials, noEscape: false, empty: 'allow' })
  const { slots } = compileSkeleton(source, { file: 'a.hbs', environment })
  expect(slots.map(slot => shapeOf(slot, environment.partials))).toEqual([shape])
})

test.each([
  ['', true],
  ['text & 1 < 2 > 0', true],
  ['<p>x</p><br><img src=a><input/>', true],
  ['<P Class="a>b" x=\'</p>\'>x</p >', true],
  ['<!-- <p> -->', true],
  ['<ul><li>x</li></ul>', true],
  ['<ul><li>x</ul>', false],
  ['<b><i></b></i>', false],
  ['<p', false],
  ['</p>', false],
  ['<!-- never closed', false],
  ['<!doctype html>', false],
  ['<div/>', false],
])('%j is balanced: %s', (html, expected) => {
  expect(isBalanced(html)).toBe(expected)
})
