import { expect, test } from 'vitest'
import { markup } from '../../../src/report/html/markup.ts'

test('what is put in is escaped, unless it is markup itself', () => {
  const inner = markup`<b>${'<i>&"\''}</b>`
  expect(markup`<p title="${'"><script>'}">${[inner, null, 3]}</p>`.text).toBe(
    '<p title="&quot;&gt;&lt;script&gt;"><b>&lt;i&gt;&amp;&quot;&#39;</b>3</p>',
  )
})

test('control characters, and marks that turn the direction of writing, are left out', () => {
  expect(markup`${'a\u0000b\u001b[31mc\u202ed'}`.text).toBe('a b [31mc d')
})
