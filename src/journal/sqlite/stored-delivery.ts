/**
 * The settings that a run was frozen with, as they are stored: JSON. An older mailblast did not know all of them; what it
 * left out is as it was for it.
 */

import type { DeliverySettings } from '../../model/campaign.ts'
import { storedJson } from './columns.ts'

export function storedDelivery(text: string): DeliverySettings {
  const stored = storedJson<DeliverySettings>(text)
  return {
    ...missing,
    ...stored,
    retry: { ...missing.retry, ...stored.retry },
  }
}

const missing = {
  priority: 'bulk',
  canary: null,
  retry: { classes: {} },
} as const
