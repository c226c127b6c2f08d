/**
 * A proxy on this machine that tunnels (CONNECT, RFC 9110, 9.3.6): whatever name it is asked for, it goes to the port on
 * 127.0.0.1, so that a test may call its server `api.acme.example`.
 *
 *     const proxy = await connectProxy()
 *     // … env: { HTTPS_PROXY: proxy.url }, base_url: `https://api.acme.example:${port}` …
 *     expect(proxy.asked).toEqual([`api.acme.example:${port}`])
 *     await proxy.close()
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** What it does when it is asked for a tunnel. */
export type ProxyConduct =
  | { readonly do: 'tunnel' }
  /** Answers with this line, and closes. */
  | { readonly do: 'refuse'; readonly line: string }
  /** Closes without a word, or says nothing ever again. */
  | { readonly do: 'drop' }
  | { readonly do: 'nothing' }

export interface ConnectProxy {
  readonly url: string
  /** The places it was asked for a tunnel to, in order. */
  readonly asked: readonly string[]
  /** The authorization that came with each. */
  readonly authorizations: readonly (string | undefined)[]
  close(): Promise<void>
}

export async function connectProxy(conduct: ProxyConduct = { do: 'tunnel' }): Promise<ConnectProxy> {
  const asked: string[] = []
  const authorizations: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const server = createServer()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  }
  server.on('connection', keep)
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push(request.url ?? '')
    authorizations.push(request.headers['proxy-authorization'])
    if (conduct.do === 'refuse') client.end(`${conduct.line}\r\ncontent-length: 0\r\n\r\n`)
    else if (conduct.do === 'drop') client.destroy()
    else if (conduct.do === 'tunnel') tunnel(client, head, Number((request.url ?? '').split(':').at(-1)))
  })

  function tunnel(client: Socket, head: Buffer, port: number): void {
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    keep(upstream)
    // What ends on one side is not there on the other any more: a tunnel hides nothing.
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorizations,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** For `api.acme.example` and `localhost`, signed by itself, until 2119. It and its key are for tests alone and protect nothing. */
export const apiCertificate = `-----BEGIN CERTIFICATE-----
MIIBtTCCAVugAwIBAgIUOsloreCYXIIy6/fKxklb8CHXYMswCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQYXBpLmFjbWUuZXhhbXBsZTAgFw0yNjExMjYyMzI0MzNaGA8y
MTE5MTIyOTIzMjQzM1owGzEZMBcGA1UEAwwQYXBpLmFjbWUuZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABDrk1dBXy+05C9usR6mH8mmhOvnEwQ/kGxz0
k2gXaCwb2Jtenl5hT40Fa8DLSYbQ0TJXv2vtY2+0mD/ZVJypKJSjezB5MB0GA1Ud
DgQWBBTVzmcL5XOQoMsSH/R7EnrzOCQkUzAfBgNVHSMEGDAWgBTVzmcL5XOQoMsS
H/R7EnrzOCQkUzAPBgNVHRMBAf8EBTADAQH/MCYGA1UdEQQfMB2CEGFwaS5hY21l
LmV4YW1wbGWCCWxvY2FsaG9zdDAKBggqhkjOPQQDAgNIADBFAiBRzkPumFNMROVM
1p92pM7Zd23ZAPFgOYwgKw30IMwAHQIhAKHfFfKaEE5vRnpJSqfF4DBeRz13TR0O
0l30TZ3hIKZh
-----END CERTIFICATE-----
`

export const apiKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgs8TBbhP0ybjSetQ4
6oUN2o8oaYY806ZzVoexUxbvHhqhRANCAAQ65NXQV8vtOQvbrEeph/JpoTr5xMEP
5Bsc9JNoF2gsG9ibXp5eYU+NBWvAy0mG0NEyV79r7WNvtJg/2VScqSiU
-----END PRIVATE KEY-----
`
