/** What keys do, as a table: the page after it, and what is asked of others. */

import { expect, test } from 'vitest'
import { firstScreen, type Key, press, type Screen } from '../../src/dashboard/screen.ts'

const own = { sites: 3, isPaused: false, isOwn: true }

test.each<[string, Partial<Screen>, Key, Partial<typeof own>, string]>([
  ['down', {}, { input: '', name: 'down' }, {}, 'overview 1'],
  ['down at the end', { marked: 2 }, { input: '', name: 'down' }, {}, 'overview 2'],
  ['up at the top', {}, { input: '', name: 'up' }, {}, 'overview 0'],
  ['enter', { marked: 1 }, { input: '', name: 'return' }, {}, 'site 1'],
  ['enter again', { page: 'site', marked: 1 }, { input: '', name: 'return' }, {}, 'overview 1'],
  ['enter without a site', {}, { input: '', name: 'return' }, { sites: 0 }, 'overview 0'],
  ['escape', { page: 'help' }, { input: '', name: 'escape' }, {}, 'overview 0'],
  ['f', {}, { input: 'f' }, {}, 'failures 0'],
  ['?', {}, { input: '?' }, {}, 'help 0'],
  ['p', {}, { input: 'p' }, {}, 'overview 0, asks pause'],
  ['p of a paused run', {}, { input: 'p' }, { isPaused: true }, 'overview 0, asks go on'],
  ['+', {}, { input: '+' }, {}, 'overview 0, asks faster'],
  ['-', {}, { input: '-' }, {}, 'overview 0, asks slower'],
  ['q', {}, { input: 'q' }, {}, 'overview 0, asks stop'],
  ['q again', { isStopping: true }, { input: 'q' }, {}, 'overview 0, asks stop at once'],
  ['Ctrl-C', {}, { input: 'interrupt' }, {}, 'overview 0, asks stop'],
  ['q of another’s run', {}, { input: 'q' }, { isOwn: false }, 'overview 0, asks leave'],
  ['p of another’s run', {}, { input: 'p' }, { isOwn: false }, 'overview 0'],
  ['any other key', {}, { input: 'x' }, {}, 'overview 0'],
])('%s', (_, screen, key, on, becomes) => {
  const pressed = press({ ...firstScreen, ...screen }, key, { ...own, ...on })
  const asks = pressed.ask === null ? '' : `, asks ${pressed.ask}`
  expect(`${pressed.screen.page} ${pressed.screen.marked}${asks}`).toBe(becomes)
})
