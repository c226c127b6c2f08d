/** TLS: none older than 1.2, also where Node itself is set to be content with less; and a certificate of one's own. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls, { type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiCertificate, apiKey } from '../support/connect-proxy.ts'
import { bareServer, toyKind, toyOptions } from '../support/http-toy.ts'
import { message, opening } from '../support/provider-opening.ts'

const usual = { version: tls.DEFAULT_MIN_VERSION, ciphers: tls.DEFAULT_CIPHERS }
/** OpenSSL's usual level has no old versions of TLS at all. */
const everything = 'DEFAULT@SECLEVEL=0'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailblast-tls-'))
  writeFileSync(join(folder, 'ca.pem'), apiCertificate)
  tls.DEFAULT_MIN_VERSION = 'TLSv1'
  tls.DEFAULT_CIPHERS = everything
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  tls.DEFAULT_MIN_VERSION = usual.version
  tls.DEFAULT_CIPHERS = usual.ciphers
})

test.each<[SecureVersion, Readonly<Record<string, string>>, string]>([
  ['TLSv1', { ca_file: 'ca.pem' }, 'deferred'],
  ['TLSv1.1', { ca_file: 'ca.pem' }, 'deferred'],
  ['TLSv1.2', { ca_file: 'ca.pem' }, 'accepted'],
  ['TLSv1.3', { ca_file: 'ca.pem' }, 'accepted'],
  ['TLSv1.3', {}, 'refused'],
])('%s at most, %j: %s', async (maxVersion, more, kind) => {
  const server = await bareServer(
    async visit => {
      await visit.request()
      visit.socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n')
    },
    { key: apiKey, cert: apiCertificate, minVersion: 'TLSv1', maxVersion, ciphers: everything },
  )
  const options = { ...toyOptions(`https://localhost:${server.port}`), ...more }
  const provider = await toyKind().open(opening({ options }, { folder }))
  const [outcome] = await provider.send([message(1)], new AbortController().signal)
  expect(outcome?.kind).toBe(kind)
  await provider.close()
  await server.close()
})
