/** Our calls against the models of Brevo's own client, where they are at hand beside the project: no property that is not in them. */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { brevoBatch, brevoSingle, encodeBrevo } from '../../src/providers/brevo-body.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const extract = new URL('../../../shared/specs/brevo/brevo-node-models-extract.json', import.meta.url)
const document = z.object({ models: z.record(z.string(), z.record(z.string(), z.object({ required: z.boolean() }))) })

describe.skipIf(!existsSync(extract))('by the models of Brevo’s client', () => {
  const unknown = (value: unknown, model: string) => {
    const { models } = document.parse(JSON.parse(readFileSync(extract, 'utf8')))
    const properties = models[model] ?? {}
    const given = Object.keys(Object(value))
    const missing = Object.keys(properties).filter(name => properties[name]?.required && !given.includes(name))
    return [...given.filter(name => !(name in properties)), ...missing.map(name => `lacks ${name}`)]
  }
  const parsed = (body: readonly (Buffer | string)[]) =>
    z
      .looseObject({
        sender: z.unknown(),
        attachment: z.array(z.unknown()).default([]),
        messageVersions: z.array(z.unknown()).default([]),
      })
      .parse(JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString()))
  const pdf = { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }
  const encoded = encodeBrevo(content({ replyTo: { address: address('a@b.example') }, attachments: [pdf] }), true)

  test('a call for one', () => {
    const { messageVersions: _, ...body } = parsed(brevoSingle(encoded, message(1, { attachments: [pdf] })))
    expect(unknown(body, 'sendSmtpEmail')).toEqual([])
    expect(unknown(body.sender, 'sendSmtpEmailSender')).toEqual([])
    for (const file of body.attachment) expect(unknown(file, 'sendSmtpEmailAttachmentInner')).toEqual([])
    // The check itself.
    expect(unknown({ colour: 'blue' }, 'sendSmtpEmailMessageVersionsInner')).toEqual(['colour', 'lacks to'])
  })

  test('a batch, whose versions have one thing more', () => {
    const body = parsed(brevoBatch(encoded, messages(2)))
    expect(unknown(body, 'sendSmtpEmail')).toEqual([])
    for (const version of body.messageVersions)
      expect(unknown(version, 'sendSmtpEmailMessageVersionsInner')).toEqual(['headers'])
  })
})
