/** What holds for every provider there is, and what each says of people in doubt: `send` prints it before it begins. */

import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import { providerKinds } from '../../src/providers/index.ts'
import { opening } from '../support/provider-opening.ts'

const options: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  outbox: {},
  smtp: { url: 'smtp://127.0.0.1:9' },
  sendgrid: { api_key: '${KEY}' },
  mailgun: { api_key: '${KEY}', domain: 'mg.acme.example' },
  postmark: { server_token: '${KEY}' },
  resend: { api_key: '${KEY}' },
  mandrill: { api_key: '${KEY}' },
  brevo: { api_key: '${KEY}' },
  ses: { region: 'eu-west-1' },
}

test('what is said of people in doubt', () => {
  const said = providerKinds.map(({ profile }) => {
    const { name, lookup, idempotency, guarantee } = profile
    return `${name} (lookup: ${lookup}, idempotency: ${idempotency.kind}): ${guarantee}`
  })
  expect(said.join('\n')).toMatchInlineSnapshot(`
    "outbox (lookup: conclusive, idempotency: key): Nothing is delivered; \`mailblast settle\` looks whether the file of whoever is in doubt is there, and sends again where it is not.
    smtp (lookup: no, idempotency: none): An SMTP server cannot be asked afterwards whether it took a message, so \`mailblast settle\` leaves whoever is in doubt to your decision.
    sendgrid (lookup: traces, idempotency: none): SendGrid cannot be made to ignore a repeated call; \`mailblast settle\` asks its Email Activity (a paid addition) whom it took, and whoever it does not show waits for your decision.
    mailgun (lookup: traces, idempotency: none): Mailgun cannot be made to ignore a repeated call; \`mailblast settle\` asks its events, kept for at least 3 days, whom it took, and whoever they do not show waits for your decision.
    ses (lookup: no, idempotency: none): Amazon SES cannot be made to ignore a repeated call and tells what it took by events alone, so \`mailblast settle\` leaves whoever is in doubt to your decision.
    postmark (lookup: traces, idempotency: none): Postmark cannot be made to ignore a repeated call; \`mailblast settle\` asks its message search whom it took, and whoever it does not show waits for your decision.
    mandrill (lookup: traces, idempotency: none): Mandrill cannot be made to ignore a repeated call; \`mailblast settle\` searches what it has taken in the last 30 days, and whoever it does not find waits for your decision.
    resend (lookup: no, idempotency: key): Resend remembers a call for 24 hours, so \`mailblast settle\` repeats one whose answer was lost and nobody gets two mails; after that whoever is in doubt waits for your decision.
    brevo (lookup: traces, idempotency: key): Brevo ignores a call that it has had in the last 15 minutes; \`mailblast settle\` asks whom it has mailed in the last 30 days and repeats calls that are no older, and whoever is left waits for your decision."
  `)
})

describe.each(providerKinds.map(kind => [kind.profile.name, kind] as const))('%s', (name, kind) => {
  test('says in one sentence what `mailblast settle` does', () => {
    expect(kind.profile.guarantee).toMatch(/^[A-Z][^.]*`mailblast settle`[^.]*\.$/)
  })

  test('can be asked if it says so, and only then', async () => {
    const given = kind.options.parse(options[name]) as Record<string, Json>
    const provider = await kind.open(opening({ options: given }))
    expect(provider.lookup === undefined).toBe(provider.profile.lookup === 'no')
    await provider.close()
  })
})
