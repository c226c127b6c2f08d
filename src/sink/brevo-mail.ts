/**
 * A body of Brevo's `POST /smtp/email`, as the models of its own clients describe it and its guides limit it. `headers` in a
 * version is in none of them; clients send it, and so it is taken here.
 */

import { z } from 'zod'

export const brevoLimits = {
  versions: 1000,
  recipients: 2000,
  versionRecipients: 99,
  nameCharacters: 70,
  requestBytes: 20_000_000,
} as const

const extensions = new Set(
  (
    'xlsx xls ods docx docm doc csv pdf txt gif jpg jpeg png tif tiff rtf bmp cgm css shtml html htm zip xml ppt pptx tar ez ' +
    'ics mobi msg pub eps odt mp3 m4a m4v wma ogg flac wav aif aifc aiff mp4 mov avi mkv mpeg mpg wmv pkpass xlsm'
  ).split(' '),
)

const email = z.string().regex(/^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/, 'email is not valid')
const name = z.string().max(brevoLimits.nameCharacters, 'name is too long')
const mailbox = z.strictObject({ email, name: name.optional() })
const recipients = z
  .array(mailbox)
  .min(1, 'email is missing')
  .max(brevoLimits.versionRecipients, 'recipients are more than 99')

const headers = z.record(
  z.string().regex(/^[!-9;-~]+$/, 'name is not valid'),
  z.string().regex(/^[\t\x20-\x7e]*$/, 'value is not valid'),
)

const attachment = z.strictObject({
  name: z
    .string()
    .refine(text => extensions.has(text.slice(text.lastIndexOf('.') + 1).toLowerCase()), 'extension is not supported'),
  content: z.string().refine(isBase64, 'content is not valid'),
})

const text = z.string().min(1, 'is blank')
const params = z.record(z.string(), z.unknown())

const version = z.strictObject({
  to: recipients,
  subject: text.optional(),
  htmlContent: text.optional(),
  textContent: text.optional(),
  params: params.optional(),
  headers: headers.optional(),
})

export const brevoSchema = z
  .strictObject({
    sender: mailbox,
    to: recipients.optional(),
    replyTo: mailbox.optional(),
    subject: text,
    htmlContent: text,
    textContent: text.optional(),
    headers: headers.optional(),
    params: params.optional(),
    tags: z.array(text).optional(),
    attachment: z.array(attachment).min(1, 'is blank').optional(),
    messageVersions: z.array(version).min(1).max(brevoLimits.versions, 'more than 1000 versions').optional(),
  })
  .superRefine((mail, context) => {
    const found = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path })
    if (mail.to === undefined && mail.messageVersions === undefined) found('is missing', 'to')
    const count = (mail.messageVersions ?? []).reduce((sum, each) => sum + each.to.length, 0)
    if (count > brevoLimits.recipients) found('recipients are more than 2000', 'messageVersions')
    const key = mail.headers?.['idempotencyKey']
    if (key !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key))
      found('idempotencyKey is not a UUID', 'headers')
  })

export type BrevoMail = z.output<typeof brevoSchema>

function isBase64(content: string): boolean {
  return content !== '' && content.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(content)
}
