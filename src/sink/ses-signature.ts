/**
 * AWS's Signature Version 4, looked at as AWS does: the form, what it covers, and, where the secret key is known, the signature
 * itself, made again from the request. Written from AWS's description ("Create a signed AWS API request" in the IAM user
 * guide) and not with the library that signs our calls, so that each is a check of the other.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from './http-server.ts'

export interface SignedRequest {
  readonly method: string
  /** Path and query as they came, with everything that stands before them. */
  readonly url: string
  readonly headers: HttpRequest['headers']
  readonly body: Buffer
}

/** What is wrong, as AWS says it. */
export interface SignatureProblem {
  readonly type: string
  readonly message: string
}

/** `secretKey` null: any is right, and all but the signature itself is looked at. */
export function signatureProblem(
  request: SignedRequest,
  service: string,
  secretKey: string | null,
): SignatureProblem | undefined {
  const { authorization } = request.headers
  if (authorization === undefined) return problem('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const parsed = parseAuthorization(authorization)
  if (parsed === undefined)
    return problem('IncompleteSignatureException', 'The Authorization header is not of the form of AWS4-HMAC-SHA256.')
  const { scope, signedHeaders, signature } = parsed
  if (scope.service !== service) return invalid(`Credential should be scoped to correct service: '${service}'.`)
  const date = headerOf(request, 'x-amz-date')
  if (!/^\d{8}T\d{6}Z$/.test(date) || !date.startsWith(scope.date))
    return invalid('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.')
  const unsigned = mustBeSigned(request).find(name => !signedHeaders.includes(name))
  if (unsigned !== undefined)
    return invalid(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization header of this request.`)
  if (signedHeaders.some((name, index) => index > 0 && name <= (signedHeaders[index - 1] ?? '')))
    return invalid('SignedHeaders are not in their order.')
  const hash = request.headers['x-amz-content-sha256']
  if (hash !== undefined && hash !== sha256(request.body))
    return invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
  if (secretKey === null) return undefined
  const expected = awsSignature(request, { scope, signedHeaders, secretKey })
  if (timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return undefined
  return invalid(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  )
}

export interface SigningFacts {
  readonly scope: Scope
  /** In lower case and in their order. */
  readonly signedHeaders: readonly string[]
  readonly secretKey: string
}

export interface Scope {
  /** `20261122` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** The signature of a request, in hexadecimal. */
export function awsSignature(request: SignedRequest, { scope, signedHeaders, secretKey }: SigningFacts): string {
  const [path = '', ...query] = request.url.split('?')
  const canonical = [
    request.method,
    // Encoded once more, for it stands encoded in the request: "URI-encode … twice" for every service but S3.
    path.split('/').map(encoded).join('/'),
    canonicalQuery(query.join('?')),
    ...signedHeaders.map(name => `${name}:${headerOf(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const terms = [scope.date, scope.region, scope.service, 'aws4_request']
  const toSign = ['AWS4-HMAC-SHA256', headerOf(request, 'x-amz-date'), terms.join('/'), sha256(canonical)].join('\n')
  const key = terms.reduce<Buffer | string>((earlier, term) => hmac(earlier, term), `AWS4${secretKey}`)
  return hmac(key, toSign).toString('hex')
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=(?<id>\w{1,128})\/(?<date>\d{8})\/(?<region>[a-z0-9-]{1,63})\/(?<service>[a-z0-9-]{1,63})\/aws4_request, ?SignedHeaders=(?<headers>[a-z0-9-]+(?:;[a-z0-9-]+)*), ?Signature=(?<signature>[0-9a-f]{64})$/

function parseAuthorization(text: string) {
  const groups = authorizationPattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const { date = '', region = '', service = '', headers = '', signature = '' } = groups
  return { scope: { date, region, service }, signedHeaders: headers.split(';'), signature }
}

/** "You must include the host header …, and any x-amz-* headers in the request", and Content-Type where there is one. */
function mustBeSigned({ headers }: SignedRequest): readonly string[] {
  return ['host', ...Object.keys(headers).filter(name => name === 'content-type' || name.startsWith('x-amz-'))]
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map(pair => {
      const [name = '', ...value] = pair.split('=')
      return `${encoded(decoded(name))}=${encoded(decoded(value.join('=')))}`
    })
    .sort()
    .join('&')
}

/** All but the unreserved characters of RFC 3986. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, found => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function headerOf({ headers }: SignedRequest, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : (value ?? '')
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function invalid(message: string): SignatureProblem {
  return problem('InvalidSignatureException', message)
}

function problem(type: string, message: string): SignatureProblem {
  return { type, message }
}
