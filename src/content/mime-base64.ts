/**
 * Text as base64 (RFC 2045, section 6.8), with what is the same for everybody encoded once. Three bytes become four
 * letters, so what a fixed text looks like hangs on how many bytes stand before it; but only on the remainder by three, so
 * that there are three forms of each. Lines may be of any length up to 76, so that each form begins a line.
 */

import * as base64 from 'nodemailer/lib/base64'
import type { FixedText } from '../model/edition.ts'
import { checkSlots, type FillText, withCrlf } from './mime-text.ts'

/** Fixed text shorter than a line is encoded with the slots around it, for else there would be many short lines. */
const lineBytes = 57

export function prepareBase64(fixed: FixedText): FillText {
  const segments = fixed.map(text => new Segment(text))
  return slots => {
    checkSlots(fixed, slots)
    const pieces: Buffer[] = []
    let pending: Buffer[] = []
    let pendingBytes = 0
    let endsWithCr = false
    const wait = (bytes: Buffer) => {
      pending.push(bytes)
      pendingBytes += bytes.length
    }
    for (const [index, segment] of segments.entries()) {
      const form = segment.after(endsWithCr)
      if (form.bytes.length < lineBytes) wait(form.bytes)
      else {
        const aligned = form.aligned((3 - (pendingBytes % 3)) % 3)
        wait(aligned.before)
        pieces.push(lines(Buffer.concat(pending)), aligned.encoded)
        pending = [aligned.after]
        pendingBytes = aligned.after.length
      }
      if (segment.text !== '') endsWithCr = segment.text.endsWith('\r')
      const slot = slots[index]
      if (slot === undefined || slot === '') continue
      wait(bytesOf(slot, endsWithCr))
      endsWithCr = slot.endsWith('\r')
    }
    return [...pieces, lines(Buffer.concat(pending))]
  }
}

interface Aligned {
  /** The bytes that complete the last three of what stands before. */
  readonly before: Buffer
  readonly encoded: Buffer
  /** Those left over, fewer than three. */
  readonly after: Buffer
}

class Segment {
  readonly text: string
  readonly #form: Form
  readonly #afterCr: Form

  constructor(text: string) {
    this.text = text
    this.#form = new Form(bytesOf(text, false))
    this.#afterCr = text.startsWith('\n') ? new Form(bytesOf(text, true)) : this.#form
  }

  after(cr: boolean): Form {
    return cr ? this.#afterCr : this.#form
  }
}

class Form {
  readonly bytes: Buffer
  readonly #aligned: (Aligned | undefined)[] = []

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** With so many bytes, fewer than three, given to what stands before. */
  aligned(given: number): Aligned {
    const known = this.#aligned[given]
    if (known !== undefined) return known
    const end = this.bytes.length - ((this.bytes.length - given) % 3)
    const aligned = {
      before: this.bytes.subarray(0, given),
      encoded: lines(this.bytes.subarray(given, end)),
      after: this.bytes.subarray(end),
    }
    this.#aligned[given] = aligned
    return aligned
  }
}

/** A CR and the LF after it are one line break, though a border stands between them. */
function bytesOf(text: string, afterCr: boolean): Buffer {
  return Buffer.from(withCrlf(afterCr && text.startsWith('\n') ? text.slice(1) : text))
}

function lines(bytes: Buffer): Buffer {
  return Buffer.from(bytes.length === 0 ? '' : `${base64.wrap(bytes.toString('base64'))}\r\n`, 'latin1')
}
