/** Errors of AWS as its JSON protocol tells them: the type in a header or in the body, and a sentence for people. */

import type { HttpReply } from './http-reply.ts'

export interface SesError {
  /** Such as `MessageRejected`; empty if the answer names none, and so is not SES's own. */
  readonly type: string
  readonly message: string
}

/**
 * The type stands in `x-amzn-errortype`, in `__type` or in `code`, with a namespace before it and a URL after it that say
 * nothing more: `aws.protocoltests.restjson#FooError:http://…` (Smithy's page on the protocol `restJson1`, operation errors).
 */
export function sesError(reply: HttpReply): SesError {
  const body = reply.json()
  const named = [reply.header('x-amzn-errortype'), textIn(body, '__type'), textIn(body, 'code')]
  const type = named.find(text => text !== undefined && text !== '') ?? ''
  return {
    type: (type.split(':')[0] ?? '').replace(/^.*#/, '').trim().slice(0, 100),
    message: textIn(body, 'message') ?? textIn(body, 'Message') ?? '',
  }
}

/** What an answer says in words, with the error's type, which AWS's pages explain. */
export function sesWords({ type, message }: SesError): string {
  if (message === '') return type
  return type === '' ? message : `${message} (${type})`
}

function textIn(body: unknown, key: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, key)) return undefined
  const value: unknown = Object.getOwnPropertyDescriptor(body, key)?.value
  return typeof value === 'string' ? value : undefined
}
