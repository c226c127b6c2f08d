/**
 * Signs calls by AWS's Signature Version 4, with AWS's own library. The signature covers method, path, host, all the headers
 * given here and the whole body, and holds for some minutes: a call is signed when it is made.
 */

import { createHash } from 'node:crypto'
import { parseBaseUrl } from './http-base-url.ts'
import type { BodyPiece } from './http-body.ts'
import type { HttpRequest } from './http-call.ts'
import type { FindCredentials, NoCredentials } from './ses-credentials.ts'

/** `path` of the request is without a query. */
export type SignRequest = (request: HttpRequest, nowMs: number) => Promise<HttpRequest | NoCredentials>

/** "signingName": "ses" (service model): not the host's first label, which is `email`. */
const service = 'ses'

export async function prepareSigning(
  place: { readonly region: string; readonly baseUrl: string },
  find: FindCredentials,
): Promise<SignRequest> {
  const [{ SignatureV4 }, { Hash }] = await Promise.all([import('@smithy/signature-v4'), import('@smithy/hash-node')])
  const { origin, path } = parseBaseUrl(place.baseUrl, 'ses')
  const { host, hostname, protocol } = new URL(origin)
  return async (request, nowMs) => {
    const credentials = await find()
    if ('kind' in credentials) return credentials
    const { region } = place
    const signer = new SignatureV4({ service, region, credentials, sha256: Hash.bind(null, 'sha256') })
    const { headers } = await signer.sign(
      {
        method: request.method,
        protocol,
        hostname,
        path: `${path}${request.path}`,
        headers: { ...request.headers, host, 'x-amz-content-sha256': sha256Of(request.body) },
      },
      { signingDate: new Date(nowMs) },
    )
    return { ...request, headers }
  }
}

/** Given as a header, so that the library need not have the body in one piece. */
function sha256Of(pieces: readonly BodyPiece[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
