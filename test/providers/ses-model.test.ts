/**
 * Our calls, and the sink's answers, against AWS's own description of SES v2, where that is at hand (it lies beside the project,
 * not in it). So what one of the two has wrong, the other does not have right.
 */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { httpReply } from '../../src/providers/http-reply.ts'
import { bulkBody, encodeContent, singleBody } from '../../src/providers/ses-body.ts'
import { sesEndpoint } from '../../src/providers/ses-endpoint.ts'
import { sesOutcomes } from '../../src/providers/ses-outcomes.ts'
import { sendBulkEmailSchema, sendEmailSchema } from '../../src/sink/ses-mail.ts'
import { readAwsModel, shapeProblems } from '../support/aws-model.ts'
import { address, content, message, messages, nowMs } from '../support/provider-opening.ts'

const at = (file: string) => new URL(`../../../shared/specs/ses/${file}`, import.meta.url)
const absent = !existsSync(at('sesv2-service-2.json'))
const model = () => readAwsModel(readFileSync(at('sesv2-service-2.json'), 'utf8'))
const json = (body: readonly (Buffer | string)[]): unknown =>
  JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString())

describe.skipIf(absent)('our calls, by the service model', () => {
  const shared = content({
    from: { name: 'Åcme “News”, Ltd.', address: address('news@acme.example') },
    replyTo: { name: 'Help, please', address: address('hello@acme.example') },
    attachments: [
      { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') },
      { fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'logo@acme.example' },
    ],
  })
  const bare = content({ from: { address: address('news@acme.example') }, html: null, text: ['Hello!'] })
  const plain = { text: [], html: [], run: null }
  const listed = {
    headers: [
      { name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' },
      { name: 'X-City', value: 'Köln' },
      { name: 'X-Empty', value: '' },
    ],
  }

  test.each([
    [
      'one, with everything',
      'SendEmail',
      singleBody(encodeContent(shared, 'news'), message(1, { ...listed, attachments: shared.attachments })),
    ],
    ['one, with nothing', 'SendEmail', singleBody(encodeContent(bare, null), message(1, plain))],
    [
      'a bulk call with everything',
      'SendBulkEmail',
      bulkBody(
        encodeContent(shared, 'news'),
        messages(3, () => listed),
      ),
    ],
    [
      'a bulk call with nothing',
      'SendBulkEmail',
      bulkBody(
        encodeContent(bare, null),
        messages(50, () => plain),
      ),
    ],
  ])('%s', (_, operation, body) => {
    const of = model()
    const name = of.operations[operation]?.input?.shape ?? ''
    const value = json(body)
    expect(shapeProblems(value, name, of)).toEqual([])
    expect((operation === 'SendEmail' ? sendEmailSchema : sendBulkEmailSchema).safeParse(value).error).toBeUndefined()
    // The check itself: what is not in the model, lacks what is required or is of another type is noticed.
    expect(shapeProblems({ ...Object(value), Colour: 'blue' }, name, of)).toEqual([`${name}: Colour is unknown`])
    expect(shapeProblems({ FromEmailAddress: 7 }, 'SendEmailRequest', of)).toEqual([
      'SendEmailRequest: lacks Content',
      'SendEmailRequest.FromEmailAddress: is no string',
    ])
  })

  test('the check knows lengths, patterns and enums', () => {
    const header = { Name: 'X:Y', Value: '' }
    expect(shapeProblems(Array(16).fill(header), 'MessageHeaderList', model()).slice(0, 3)).toEqual([
      'MessageHeaderList: has a wrong number of members',
      'MessageHeaderList.0.Name: is not of the pattern',
      'MessageHeaderList.0.Value: has a wrong length',
    ])
    expect(
      shapeProblems({ FileName: 'a', RawContent: 'é', ContentDisposition: 'inline' }, 'Attachment', model()),
    ).toEqual(['Attachment.RawContent: is no base64', 'Attachment.ContentDisposition: is none of the values'])
  })

  test('the paths that we know are those of the model', () => {
    const { operations } = model()
    const paths = ['SendEmail', 'SendBulkEmail', 'GetAccount', 'GetEmailIdentity'].map(name => {
      const http = operations[name]?.http
      return `${http?.method} ${http?.requestUri}`
    })
    expect(paths).toEqual([
      'POST /v2/email/outbound-emails',
      'POST /v2/email/outbound-bulk-emails',
      'GET /v2/email/account',
      'GET /v2/email/identities/{EmailIdentity}',
    ])
  })

  test('of every error and every status of the model it is known what it means', () => {
    const of = model()
    const errors = of.operations['SendEmail']?.errors ?? []
    expect(of.operations['SendBulkEmail']?.errors).toEqual(errors)
    const outcome = (reply: { status: number; headers?: Record<string, string>; body: string }, count: number) =>
      sesOutcomes(
        httpReply({ headers: {}, ...reply, body: Buffer.from(reply.body), broken: null }, nowMs, text => text),
        messages(count),
        content({}).from,
      ).at(-1)
    const told = (of: ReturnType<typeof outcome>) =>
      of?.kind === 'deferred' || of?.kind === 'refused' ? `${of.kind} ${of.scope} ${of.cause.class}` : of?.kind
    const ofErrors = errors.map(({ shape }) => {
      const status = of.shapes[shape]?.error?.httpStatusCode ?? 0
      return `${shape} ${status}: ${told(outcome({ status, headers: { 'x-amzn-errortype': shape }, body: '{}' }, 1))}`
    })
    const ofStatuses = (of.shapes['BulkEmailStatus']?.enum ?? []).map(status => {
      const results = { BulkEmailEntryResults: [{ Status: 'SUCCESS' }, { Status: status }] }
      return `${status}: ${told(outcome({ status: 200, body: JSON.stringify(results) }, 2))}`
    })
    expect([...ofErrors, ...ofStatuses].join('\n')).toMatchInlineSnapshot(`
      "TooManyRequestsException 429: deferred route throttled
      LimitExceededException 400: refused route quota
      AccountSuspendedException 400: refused route config
      SendingPausedException 400: refused route config
      MessageRejected 400: refused message content
      MailFromDomainNotVerifiedException 400: refused route config
      NotFoundException 404: refused route config
      BadRequestException 400: refused route config
      SUCCESS: accepted
      MESSAGE_REJECTED: refused message content
      MAIL_FROM_DOMAIN_NOT_VERIFIED: refused route config
      CONFIGURATION_SET_NOT_FOUND: refused route config
      TEMPLATE_NOT_FOUND: refused route config
      ACCOUNT_SUSPENDED: refused route config
      ACCOUNT_THROTTLED: deferred route throttled
      ACCOUNT_DAILY_QUOTA_EXCEEDED: refused route quota
      INVALID_SENDING_POOL_NAME: refused route config
      ACCOUNT_SENDING_PAUSED: refused route config
      CONFIGURATION_SET_SENDING_PAUSED: refused route config
      INVALID_PARAMETER: refused message content
      TRANSIENT_FAILURE: deferred route transient
      FAILED: refused message content"
    `)
  })
})

describe('the endpoint', () => {
  test.each([
    ['eu-west-1', false, false, 'https://email.eu-west-1.amazonaws.com'],
    ['us-east-1', true, false, 'https://email-fips.us-east-1.amazonaws.com'],
    ['eu-west-1', false, true, 'https://email.eu-west-1.api.aws'],
    ['us-gov-west-1', true, true, 'https://email-fips.us-gov-west-1.api.aws'],
    ['cn-north-1', false, false, 'https://email.cn-north-1.amazonaws.com.cn'],
    ['cn-north-1', false, true, 'https://email.cn-north-1.api.amazonwebservices.com.cn'],
    ['eusc-de-east-1', false, false, 'https://email.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', false, false, 'https://email.us-iso-east-1.c2s.ic.gov'],
    ['mars-north-1', false, false, 'https://email.mars-north-1.amazonaws.com'],
  ])('%s, fips %j, dual stack %j: %s', (region, fips, dualStack, url) => {
    expect(sesEndpoint({ region, fips, dualStack })).toBe(url)
  })

  test.skipIf(absent)('has the four forms of the endpoint rules, and no other', () => {
    const rules = readFileSync(at('sesv2-endpoint-rule-set-1.json'), 'utf8')
    const forms = [...rules.matchAll(/"url":\s*"([^"]+)"/g)].map(match => match[1] ?? '')
    const region = 'eu-west-1'
    const ours = [false, true].flatMap(fips => [false, true].map(dualStack => sesEndpoint({ region, fips, dualStack })))
    expect(
      forms
        // Those of multi-region endpoints are for another option.
        .filter(form => !form.includes('EndpointId'))
        .map(form =>
          form
            .replace('{Region}', region)
            .replace('{PartitionResult#dnsSuffix}', 'amazonaws.com')
            .replace('{PartitionResult#dualStackDnsSuffix}', 'api.aws'),
        )
        .sort(),
    ).toEqual(ours.sort())
  })
})
