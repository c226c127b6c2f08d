/**
 * A body of Mandrill's `POST /messages/send` as its API description (`transactional.openapi.json`) has it, and as the pages of
 * its knowledge base limit it. Stricter in one thing: a property that the description does not have is refused.
 */

import { z } from 'zod'

export const mandrillLimits = {
  /** "Each message's metadata is limited to 200 bytes of JSON-encoded data" (page on custom metadata). */
  metadataBytes: 200,
  requestBytes: 25_000_000,
  /** "Messages with more than 10 recipients are always sent asynchronously" (`async`). */
  answeredRecipients: 10,
} as const

const email = z.string().regex(/^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/, 'An email address must contain a single @')

const base64 = z.string().refine(isBase64, 'The content must be base64 encoded')

const headers = z.record(
  z.string().regex(/^[!-9;-~]+$/, 'A header name is printable ASCII'),
  z.string().regex(/^[\t\x20-\x7e]*$/, 'A header value is ASCII, on one line'),
)

const metadata = z
  .record(
    z.string().regex(/^[A-Za-z0-9]\w*$/, 'Key names are of letters, digits and underscores'),
    z.union([z.string(), z.number(), z.boolean(), z.null()]),
  )
  .refine(
    value => Buffer.byteLength(JSON.stringify(value)) <= mandrillLimits.metadataBytes,
    'Metadata is limited to 200 bytes of JSON-encoded data',
  )

const variables = z.array(
  z.strictObject({ name: z.string().regex(/^[A-Za-z0-9]\w*$/, 'Not a name of a merge tag'), content: z.unknown() }),
)

const tag = z
  .string()
  .max(50, 'Tags should be 50 characters or less')
  .regex(/^[^_]/, 'Tags starting with an underscore are reserved')

const image = z.string().regex(/^image\//i, 'The type of an image must start with "image/"')

const message = z.strictObject({
  html: z.string().nullish(),
  text: z.string().nullish(),
  subject: z.string().max(998, 'The subject is too long').nullish(),
  from_email: email,
  from_name: z.string().nullish(),
  to: z
    .array(
      z.strictObject({ email, name: z.string().nullish(), type: z.enum(['to', 'cc', 'bcc']).nullish() }),
      'Please enter an array',
    )
    .min(1, 'Please enter at least one recipient'),
  headers: headers.optional(),
  important: z.boolean().nullish(),
  track_opens: z.boolean().nullish(),
  track_clicks: z.boolean().nullish(),
  auto_text: z.boolean().nullish(),
  auto_html: z.boolean().nullish(),
  inline_css: z.boolean().nullish(),
  preserve_recipients: z.boolean().nullish(),
  return_path_domain: z.string().nullish(),
  merge: z.boolean().nullish(),
  merge_language: z.enum(['mailchimp', 'handlebars']).nullish(),
  global_merge_vars: variables.optional(),
  merge_vars: z.array(z.strictObject({ rcpt: email, vars: variables })).optional(),
  tags: z.array(tag).optional(),
  subaccount: z.string().nullish(),
  metadata: metadata.optional(),
  attachments: z.array(z.strictObject({ type: z.string(), name: z.string(), content: base64 })).optional(),
  images: z.array(z.strictObject({ type: image, name: z.string(), content: base64 })).optional(),
})

export const mandrillSchema = z.strictObject({
  key: z.string(),
  message,
  async: z.boolean().nullish(),
  ip_pool: z.string().optional(),
})

export type MandrillMessage = z.output<typeof message>

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
}
