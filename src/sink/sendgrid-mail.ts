/**
 * A body of SendGrid's `POST /v3/mail/send` as SendGrid accepts it: its API description (`tsg_mail_v3.json`) and its
 * errors page, each limit as the strictest of them states it. The path of an issue is the `field` of SendGrid's error.
 */

import { z } from 'zod'

export const mailLimits = {
  personalizations: 1000,
  substitutions: 150,
  substitutionBytes: 10_000,
  requestSubstitutions: 10_000,
  requestSubstitutionBytes: 50_000,
  customArgBytes: 10_000,
  requestBytes: 30_000_000,
} as const

const asciiAddress = z.string().regex(/^[\x21-\x7e]+@[\x21-\x7e]+$/, 'Does not contain a valid address.')
const mailbox = z.strictObject({ email: asciiAddress, name: z.string().optional() })

const address = z
  .string()
  .regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'Does not contain a valid address.')
  .refine(text => Buffer.byteLength(text) <= 320, 'The To email exceeds the maximum total length of 320 characters')

const reserved = new Set(
  'x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc'.split(
    ' ',
  ),
)

const headers = z
  .record(
    z.string().regex(/^[!-9;-~]+$/, 'Header keys cannot contain non-ASCII characters or empty spaces.'),
    z.string().regex(/^[\t\x20-\x7e]*$/, 'Header values must be encoded and on one line.'),
  )
  .refine(value => !keys(value).some(key => reserved.has(key)), 'Header cannot be one of the reserved keys.')
  .refine(value => new Set(keys(value)).size === keys(value).length, 'The headers cannot contain duplicate keys.')

const substitutions = z
  .record(
    z.string().regex(/^[^ ]+$/, 'Substitution tags must not contain spaces.'),
    z.string('The substitution values must be strings.'),
  )
  .refine(
    value => keys(value).length <= mailLimits.substitutions,
    'Substitutions are limited to 150 items per personalization block.',
  )
  .refine(
    value => jsonBytes(value) <= mailLimits.substitutionBytes,
    'Substitutions are limited to 10,000 bytes per personalization.',
  )

const customArgs = z
  .record(z.string(), z.string('All values of custom arguments object must be strings'))
  .refine(value => keys(value).length > 0, 'custom_args cannot be empty.')
  .refine(value => jsonBytes(value) <= mailLimits.customArgBytes, 'Custom arguments may not exceed 10,000 bytes.')

const subject = z.string().min(1, 'The subject of your email must be a string at least one character in length.')

const personalization = z.strictObject({
  to: z
    .array(z.strictObject({ email: address, name: z.string().optional() }))
    .min(1, 'The to array is required for all personalization objects.'),
  subject: subject.optional(),
  headers: headers.optional(),
  substitutions: substitutions.optional(),
  custom_args: customArgs.optional(),
})

/** Without the characters that separate parameters and lines: `; , \n \r`. */
const oneValue = z.string().regex(/^[^;,\r\n]+$/, "Cannot contain ';', or CRLF characters.")

const content = z
  .array(z.strictObject({ type: oneValue, value: z.string().min(1, 'The content value must not be empty.') }))
  .min(1, 'There must be at least one defined content block.')
  .refine(parts => parts.findIndex(part => part.type === 'text/plain') <= 0, 'text/plain needs to be first.')
  .refine(parts => new Set(parts.map(part => part.type)).size === parts.length, 'A content type is given twice.')

const attachment = z.strictObject({
  content: z
    .string()
    .min(1, 'The attachment content must be a string at least one character in length.')
    .refine(isBase64, 'The attachment content must be base64 encoded.'),
  filename: oneValue,
  type: oneValue.optional(),
  disposition: z.enum(['inline', 'attachment']).optional(),
  content_id: oneValue.optional(),
})

const switchable = z.strictObject({ enable: z.boolean() }).optional()

export const mailSchema = z
  .strictObject({
    personalizations: z
      .array(personalization)
      .min(1, 'You must have at least one personalization.')
      .max(mailLimits.personalizations, 'The personalization block is limited to 1000 personalizations.'),
    from: mailbox,
    reply_to: mailbox.optional(),
    subject: subject.optional(),
    content,
    attachments: z.array(attachment).optional(),
    mail_settings: z.strictObject({ sandbox_mode: switchable }).optional(),
    tracking_settings: z
      .strictObject({ subscription_tracking: switchable, click_tracking: switchable, open_tracking: switchable })
      .optional(),
  })
  .superRefine((mail, context) => {
    const found = (message: string, ...path: (string | number)[]) =>
      context.addIssue({ code: 'custom', message, path: ['personalizations', ...path] })
    const seen = new Set<string>()
    for (const [index, each] of mail.personalizations.entries()) {
      if (each.subject === undefined && mail.subject === undefined) found('The subject is required.', index, 'subject')
      for (const { email } of each.to) {
        if (seen.has(email.toLowerCase()))
          found(`Each unique email address should only be included once. You have included ${email} more than once.`)
        seen.add(email.toLowerCase())
      }
    }
    if (seen.size > mailLimits.personalizations) found('There is a limit of 1000 total recipients per request.')
    const all = mail.personalizations.map(each => each.substitutions ?? {})
    if (sum(all.map(each => keys(each).length)) > mailLimits.requestSubstitutions)
      found('You are limited to 10,000 substitutions.')
    if (sum(all.map(jsonBytes)) > mailLimits.requestSubstitutionBytes)
      found('Substitutions are limited to 50,000 bytes per request.')
  })

export type Mail = z.output<typeof mailSchema>

function keys(value: object): string[] {
  return Object.keys(value).map(key => key.toLowerCase())
}

function jsonBytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
