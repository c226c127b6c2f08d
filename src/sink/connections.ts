/** The open connections of a server, by number, so that one of them can be cut whatever the library above it thinks. */

import type { Socket } from 'node:net'

export class Connections {
  /** How many have been made. */
  count = 0
  readonly #onOpened: (number: number) => void
  readonly #sockets = new Map<number, Socket>()
  /** On loopback the other side's port names a connection for as long as it is open. */
  readonly #numbers = new Map<number, number>()

  constructor(onOpened: (number: number) => void = () => undefined) {
    this.#onOpened = onOpened
  }

  add(socket: Socket): void {
    const port = socket.remotePort ?? 0
    const number = ++this.count
    this.#sockets.set(number, socket)
    this.#numbers.set(port, number)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#sockets.delete(number)
      if (this.#numbers.get(port) === number) this.#numbers.delete(port)
    })
    this.#onOpened(number)
  }

  get open(): number {
    return this.#sockets.size
  }

  /** The number of the connection that comes from a port; 0 if it is gone. */
  numberOf(remotePort: number | undefined): number {
    return this.#numbers.get(remotePort ?? 0) ?? 0
  }

  isOpen(number: number): boolean {
    return this.#sockets.get(number)?.writable === true
  }

  /** Writes bytes as they are. */
  write(number: number, bytes: string): void {
    this.#sockets.get(number)?.write(bytes)
  }

  /** Cuts a connection, or ends it after what was written last has gone out. */
  end(number: number, gently = false): void {
    const socket = this.#sockets.get(number)
    if (gently) setImmediate(() => socket?.end())
    else socket?.destroy()
  }

  endAll(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }
}
