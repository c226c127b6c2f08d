/**
 * The bodies of SES's `SendEmail` and `SendBulkEmail` as SES accepts them: its service model, and the limits that its pages
 * on quotas and on personalized email add. Of what may be sent in several ways only those ways are known here in which one
 * mail goes to one recipient.
 */

import { z } from 'zod'

export const sesMailLimits = {
  entries: 50,
  headers: 15,
  templateData: 262_144,
  bulkBytes: 1_000_000,
  requestBytes: 40_000_000,
} as const

/** "may only contain 7-bit ASCII characters" before the @, and punycode after it. */
const address = z.string().regex(/^[\x21-\x7e]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$/, 'Illegal address')

/** With a name before it, which is in ASCII or in encoded words. */
const mailbox = z
  .string()
  .regex(/^[\x20-\x7e]+$/, 'The sender name must be encoded by MIME encoded-word syntax.')
  .refine(text => address.safeParse(addressOf(text)).success, "Missing final '@domain'")

const destination = z.strictObject({
  ToAddresses: z.array(address).length(1, 'This sink takes one recipient in a destination.'),
})

const header = z
  .strictObject({
    Name: z
      .string()
      .min(1)
      .max(126)
      .regex(/^[!-9;-@A-~]+$/, 'A header name holds printable ASCII without a colon.'),
    Value: z
      .string()
      .min(1)
      .max(995)
      .regex(/^[ -~]*$/, 'A header value holds printable ASCII.'),
  })
  .refine(({ Name, Value }) => Name.length + Value.length <= 996, 'Header name and value exceed 996 characters.')

const headers = z
  .array(header)
  .max(sesMailLimits.headers, 'A message can contain no more than 15 headers.')
  .refine(areDistinct, 'A header can appear only once.')

const tagText = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, 'A tag holds up to 256 letters, digits, _ and -.')
const tags = z
  .array(z.strictObject({ Name: tagText, Value: tagText }))
  .refine(areDistinct, 'A tag name can appear only once.')

const attachment = z.strictObject({
  RawContent: z.string().refine(isBase64, 'The attachment content must be base64 encoded.'),
  FileName: z.string().min(1).max(255),
  ContentType: z.string().min(1).max(78).optional(),
  ContentDisposition: z.enum(['ATTACHMENT', 'INLINE']).optional(),
  ContentDescription: z.string().max(1000).optional(),
  ContentId: z.string().min(1).max(78).optional(),
  // Another would break whatever is no text.
  ContentTransferEncoding: z.literal('BASE64'),
})

const content = z
  .strictObject({ Data: z.string(), Charset: z.literal('UTF-8').optional() })
  .refine(
    ({ Data, Charset }) => Charset !== undefined || /^[\0-\x7f]*$/.test(Data),
    'Text beyond ASCII needs a character set.',
  )

const sender = {
  FromEmailAddress: mailbox,
  ReplyToAddresses: z.array(mailbox).min(1).optional(),
  ConfigurationSetName: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
}

export const sendEmailSchema = z.strictObject({
  ...sender,
  Destination: destination,
  EmailTags: tags.optional(),
  Content: z.strictObject({
    Simple: z.strictObject({
      Subject: content,
      Body: z
        .strictObject({ Text: content.optional(), Html: content.optional() })
        .refine(body => body.Text !== undefined || body.Html !== undefined, 'The body is empty.'),
      Headers: headers.optional(),
      Attachments: z.array(attachment).optional(),
    }),
  }),
})

/** "only simple substitutions": `{{name}}`, and nothing else that Handlebars knows. */
const template = z
  .string()
  .refine(
    text => !/\{\{|\}\}/.test(text.replace(/(?<![{\\])\{\{ *[A-Za-z_]\w* *\}\}(?!\})/g, '\0')),
    'Template contains unsupported operations.',
  )

const templateData = z
  .string()
  .max(sesMailLimits.templateData)
  .refine(text => parseData(text) !== undefined, 'Template data must be a JSON object of texts.')

export const sendBulkEmailSchema = z.strictObject({
  ...sender,
  DefaultEmailTags: tags.optional(),
  DefaultContent: z.strictObject({
    Template: z.strictObject({
      TemplateContent: z
        .strictObject({ Subject: template.min(1), Text: template.optional(), Html: template.optional() })
        .refine(body => body.Text !== undefined || body.Html !== undefined, 'The template is empty.'),
      TemplateData: templateData,
      Attachments: z.array(attachment).optional(),
    }),
  }),
  BulkEmailEntries: z
    .array(
      z.strictObject({
        Destination: destination,
        ReplacementTags: tags.optional(),
        ReplacementHeaders: headers.optional(),
        ReplacementEmailContent: z.strictObject({
          ReplacementTemplate: z.strictObject({ ReplacementTemplateData: templateData }),
        }),
      }),
    )
    .min(1, 'There is no entry.')
    .max(sesMailLimits.entries, 'A call can have no more than 50 destinations.'),
})

export type SendEmail = z.output<typeof sendEmailSchema>
export type SendBulkEmail = z.output<typeof sendBulkEmailSchema>
export type SesAttachment = z.output<typeof attachment>

/** The values of a template's names; undefined if it is no JSON object of texts. */
export function parseData(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const parsed = z.record(z.string(), z.string()).safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** The names in a template that the data has no value for. */
export function missingNames(text: string, data: Readonly<Record<string, string>>): readonly string[] {
  return [...text.matchAll(substitution)].map(match => match[1] ?? '').filter(name => !Object.hasOwn(data, name))
}

/** In one pass, and each value as it is: "SES doesn't escape HTML content when rendering the HTML template". */
export function substituted(text: string, data: Readonly<Record<string, string>>): string {
  return text.replace(substitution, (_, name: string) => data[name] ?? '')
}

const substitution = /\{\{ *(\w+) *\}\}/g

/** What stands between the brackets, or all of it. */
export function addressOf(text: string): string {
  return /<([^<>]*)>\s*$/.exec(text)?.[1] ?? text
}

function areDistinct(list: readonly { readonly Name: string }[]): boolean {
  return new Set(list.map(({ Name }) => Name.toLowerCase())).size === list.length
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
