/**
 * Answers that are lost after the mail was taken: those people are in doubt, exactly they, and whatever is typed nobody is
 * mailed a second time, except by `settle --resend` and its right number. The real program runs; the drill checks the
 * ledger against the report after each step, and throws where they differ.
 */

import { describe, test } from 'vitest'
import { drillLostAnswers } from './drill-lost-answers.ts'

const common = { concurrency: 2, recipients: 2000, seed: 3 }
/** Every answer that is lost lets its route rest for a second. */
const timeoutMs = 180_000

describe.concurrent('answers lost after the mail was taken', { timeout: timeoutMs }, () => {
  // Over these two the share is drawn once for every recipient, so the seed says how many are met.
  test('over SMTP: only the word of the operator mails them a second copy', async ({ expect }) => {
    const figures = await drillLostAnswers({ ...common, way: { provider: 'smtp' }, share: '1%' })
    expect(figures).toMatchInlineSnapshot(`
      {
        "inDoubt": 17,
        "recipients": 2000,
        "resent": 17,
        "settledByAsking": 0,
        "twice": 0,
      }
    `)
  })

  test('over SendGrid: asking settles all of them', async ({ expect }) => {
    const figures = await drillLostAnswers({ ...common, way: { provider: 'sendgrid', batch: 'off' }, share: '1%' })
    expect(figures).toMatchInlineSnapshot(`
      {
        "inDoubt": 17,
        "recipients": 2000,
        "resent": 0,
        "settledByAsking": 17,
        "twice": 0,
      }
    `)
  })

  test('in batches: everybody of a call is in doubt, and asking settles all of them', async ({ expect }) => {
    const figures = await drillLostAnswers({ ...common, way: { provider: 'sendgrid', batch: 100 }, share: '20%' })
    expect(figures.inDoubt).toBeGreaterThanOrEqual(100)
    expect(figures).toMatchObject({ settledByAsking: figures.inDoubt, resent: 0 })
  })
})
