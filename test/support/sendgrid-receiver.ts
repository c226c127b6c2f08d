/** A server on this machine that speaks SendGrid's API. */

import { sendgridSink } from '../../src/sink/sendgrid.ts'
import { type ReceiverSettings, startVendorReceiver, type VendorReceiver } from './vendor-receiver.ts'

export type { Misbehaviour, ReceiverSettings } from './vendor-receiver.ts'
export type SendGridReceiver = VendorReceiver

export function startSendGridReceiver(settings: ReceiverSettings): Promise<SendGridReceiver> {
  return startVendorReceiver(sendgridSink, settings)
}
