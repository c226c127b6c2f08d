/**
 * An SMTP server of which every word is said by the test: for what no well-made server does.
 *
 *     const stage = await perform(async talk => {
 *       talk.say('220 test')
 *       await talk.hear() // EHLO
 *       talk.close()
 *     })
 */

import { type AddressInfo, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { receiverCertificate, receiverKey } from './smtp-receiver.ts'

/** The server's side of one connection. */
export class Talk {
  readonly connection: number
  readonly closed: Promise<void>
  /** The commands that were heard, by their first word. */
  readonly heard: string[] = []
  readonly #wire: Socket
  /** The wire, or TLS over it. */
  #socket: Socket
  #text = ''
  #wake: () => void = () => undefined

  constructor(socket: Socket, connection: number) {
    this.connection = connection
    this.#wire = socket
    this.#socket = socket
    this.closed = new Promise(resolve => socket.once('close', () => resolve()))
    this.#listenTo(socket)
  }

  /** Everything that was heard and not yet taken as a line or a message. */
  get unread(): string {
    return this.#text
  }

  /** Speaks TLS from now on; what was heard before is forgotten. */
  secure(): void {
    this.#wire.removeAllListeners('data')
    this.#text = ''
    this.#socket = new TLSSocket(this.#wire, { isServer: true, key: receiverKey, cert: receiverCertificate })
    this.#listenTo(this.#socket)
  }

  say(...lines: readonly string[]): void {
    this.#socket.write(lines.map(line => `${line}\r\n`).join(''))
  }

  /** Says something without a line's end. */
  mutter(text: string): void {
    this.#socket.write(text)
  }

  async hear(): Promise<string> {
    const line = await this.#until('\r\n')
    this.heard.push(line.split(/[ :]/)[0] ?? '')
    return line
  }

  hearMessage(): Promise<string> {
    return this.#until('\r\n.\r\n')
  }

  /** Hears the beginning of a message and then listens no more. */
  async hearSome(): Promise<void> {
    while (this.#text === '') await this.#more()
    this.#socket.pause()
  }

  close(): void {
    this.#socket.end()
  }

  /** Closes after last words. */
  leave(lastWords: () => void): void {
    lastWords()
    this.close()
  }

  reset(): void {
    this.#wire.resetAndDestroy()
  }

  async #until(end: string): Promise<string> {
    while (!this.#text.includes(end)) await this.#more()
    const [first = ''] = this.#text.split(end, 1)
    this.#text = this.#text.slice(first.length + end.length)
    return first
  }

  #listenTo(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
  }

  #more(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}

export interface Stage {
  readonly port: number
  readonly talks: readonly Talk[]
}

/** Until the test that called it is over; not from tests that run side by side. */
export async function perform(play: (talk: Talk) => Promise<void>): Promise<Stage> {
  const talks: Talk[] = []
  const server = createServer(socket => {
    const talk = new Talk(socket, talks.length + 1)
    talks.push(talk)
    void play(talk)
  })
  onTestFinished(() => {
    server.close()
    for (const talk of talks) talk.reset()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, talks }
}
