/**
 * A message of Postmark's `POST /email` and `POST /email/batch` as Postmark accepts it: its API description
 * (`SendEmailRequest`), its pages on the email API and on metadata, and support article 1180 (which addresses are legal).
 * The message of an issue is that of error 300.
 */

import { z } from 'zod'
import { readMailbox } from './mailbox.ts'

export const postmarkMailLimits = {
  messages: 500,
  requestBytes: 50_000_000,
  messageBytes: 10_000_000,
  partBytes: 5_000_000,
} as const

/** "Domain: ^((\.)?[a-zA-Z0-9\-])+$", "Mailbox: ^[a-z0-9\.!#\$%&'`\*\+\-\/=\^_\{\}\|~]+$" (article 1180). */
const legalAddress = /^[a-z0-9.!#$%&'`*+\-/=^_{}|~]+@(?:\.?[a-z0-9-])+$/i

const mailbox = (field: string) =>
  z.string().refine(text => legalAddress.test(readMailbox(text)?.address ?? ''), {
    error: `Error parsing '${field}': Illegal email address.`,
  })

const reserved = new Set(
  'from to cc bcc subject reply-to date sender received return-path content-type mime-version'.split(' '),
)

const header = z.strictObject({
  Name: z
    .string()
    .regex(/^[!-9;-~]+$/, "Invalid 'Headers': a name may not have spaces or characters beyond ASCII.")
    .refine(name => !reserved.has(name.toLowerCase()), "Invalid 'Headers': this one has a field of its own."),
  Value: z.string().regex(/^[^\r\n]*$/, "Invalid 'Headers': a value stands on one line."),
})

const metadata = z
  .record(
    z.string().max(20, "Invalid 'Metadata': a name has at most 20 characters."),
    z.string().max(80, "Invalid 'Metadata': a value has at most 80 characters."),
  )
  .refine(fields => Object.keys(fields).length <= 10, "Invalid 'Metadata': there are at most 10 fields.")

const attachment = z.strictObject({
  Name: z.string().min(1, "Invalid 'Attachments': each has a Name."),
  Content: z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/, "Invalid 'Attachments': Content is in base64.")
    .refine(text => text.length % 4 === 0, "Invalid 'Attachments': Content is in base64."),
  ContentType: z.string().min(1, "Invalid 'Attachments': each has a ContentType."),
  ContentID: z
    .string()
    .regex(/^cid:[^\s<>]+$/, "Invalid 'Attachments': a ContentID begins with cid:.")
    .optional(),
})

const part = (name: string) =>
  z
    .string()
    .refine(
      text => Buffer.byteLength(text) <= postmarkMailLimits.partBytes,
      `Invalid '${name}': it is larger than 5 MB.`,
    )
    .optional()

export const postmarkMailSchema = z
  .strictObject({
    From: mailbox('From'),
    // More than one is taken by Postmark, and then each sees the others; nobody asks for that here.
    To: mailbox('To'),
    ReplyTo: mailbox('ReplyTo').optional(),
    Subject: z.string().optional(),
    Tag: z.string().max(1000, "Invalid 'Tag': it has at most 1,000 characters.").optional(),
    HtmlBody: part('HtmlBody'),
    TextBody: part('TextBody'),
    MessageStream: z
      .string()
      .regex(/^[a-z0-9_-]+$/i, "Invalid 'MessageStream'.")
      .optional(),
    TrackOpens: z.boolean().optional(),
    TrackLinks: z.enum(['None', 'HtmlAndText', 'HtmlOnly', 'TextOnly']).optional(),
    Headers: z.array(header).optional(),
    Metadata: metadata.optional(),
    Attachments: z.array(attachment).optional(),
  })
  .refine(
    ({ HtmlBody = '', TextBody = '' }) => HtmlBody !== '' || TextBody !== '',
    "Provide either email 'TextBody' or 'HtmlBody' or both.",
  )

export type PostmarkMail = z.output<typeof postmarkMailSchema>

/** Two of the kinds that Postmark never takes (error 411). */
export const forbiddenFile = /\.(?:exe|bat)$/i
