/**
 * An email of Resend's `POST /emails` and `POST /emails/batch` as Resend accepts it: its API description
 * (`SendEmailRequest`) and the notes of resend/resend-skills on what a batch cannot hold. The message of an issue is that of
 * a validation_error, which names the field in backticks.
 */

import { z } from 'zod'
import { readMailbox } from './mailbox.ts'

export const resendMailLimits = {
  messages: 100,
  recipients: 50,
  bytes: 40_000_000,
  tagMax: 256,
} as const

const mailbox = (field: string) =>
  z.string(`The \`${field}\` field is missing.`).refine(
    text => {
      const address = readMailbox(text)?.address ?? ''
      return /^[\x21-\x7e]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(address)
    },
    { error: `Invalid \`${field}\` field. It must be an address, alone or in angle brackets after a name.` },
  )

const mailboxes = (field: string) => z.union([mailbox(field).transform(one => [one]), z.array(mailbox(field)).min(1)])

const headers = z.record(
  z.string().regex(/^[!-9;-~]+$/, 'Invalid `headers` field: a name is ASCII, without spaces.'),
  z.string('Invalid `headers` field: a value is a string.').regex(/^[^\r\n]*$/, 'Invalid `headers` field: one line.'),
)

const tagText = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'Invalid `tags` field: only ASCII letters, numbers, underscores and dashes.')
  .max(resendMailLimits.tagMax, 'Invalid `tags` field: at most 256 characters.')

const attachment = z.strictObject({
  filename: z.string().min(1, 'Invalid `attachments` field: each has a filename.'),
  content: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'Invalid `attachments` field: content is in base64.')
    .refine(text => text.length % 4 === 0, 'Invalid `attachments` field: content is in base64.'),
  content_type: z.string().optional(),
  content_id: z.string().max(128, 'Invalid `attachments` field: content_id is too long.').optional(),
})

const mail = z
  .strictObject({
    from: mailbox('from'),
    to: mailboxes('to').refine(
      list => list.length <= resendMailLimits.recipients,
      'Invalid `to` field: at most 50 recipients.',
    ),
    reply_to: mailboxes('reply_to').optional(),
    subject: z.string('The `subject` field is missing.'),
    html: z.string().optional(),
    text: z.string().optional(),
    headers: headers.optional(),
    tags: z.array(z.strictObject({ name: tagText, value: tagText })).optional(),
    attachments: z.array(attachment).optional(),
  })
  .refine(({ html = '', text = '' }) => html !== '' || text !== '', 'Missing `html` or `text` field.')

export type ResendMail = z.output<typeof mail>

/** The email, or why it is none. */
export function readResendMail(json: unknown, isInBatch: boolean): ResendMail | string {
  const parsed = mail.safeParse(json)
  if (!parsed.success) return wordsOf(parsed.error.issues[0])
  if (isInBatch && parsed.data.attachments !== undefined) return 'The `attachments` field is not supported in a batch.'
  return parsed.data
}

/** Of a union the way that a list takes is told, for it is the usual one; the field is named if the words do not. */
function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'Invalid email.'
  const field = String(issue.path[0] ?? '')
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().find(each => each.message.includes('`')) : issue
  const words = inner?.message ?? issue.message
  if (words.includes('`') || field === '') return words
  return words.includes('expected')
    ? `The \`${field}\` field is missing or of a wrong type.`
    : `Invalid \`${field}\` field.`
}
