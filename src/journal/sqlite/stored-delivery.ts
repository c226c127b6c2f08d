/**
 * The settings that a run was frozen with, as they are stored: JSON. An older mailblast did not know all of them; what it
 * left out is as it was for it.
 */

import type { DeliverySettings, RouteSettings } from '../../model/campaign.ts'
import { storedJson } from './columns.ts'

export function storedDelivery(text: string): DeliverySettings {
  const stored = storedJson<DeliverySettings>(text)
  return {
    ...missing,
    ...stored,
    retry: { ...missingRetry, ...stored.retry },
    routes: stored.routes.map(route => ({ ...missingRoute, ...route })),
  }
}

const missing = {
  sitesBy: 'domain',
  schedule: null,
  priority: 'bulk',
  canary: null,
  thresholds: [],
} as const satisfies Partial<DeliverySettings>

const missingRetry = { classes: {} } as const satisfies Partial<DeliverySettings['retry']>

const missingRoute = { order: 1, senders: null, warmup: null } as const satisfies Partial<RouteSettings>
