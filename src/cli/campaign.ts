/** A campaign file made ready: read, checked, its content frozen and compiled. Nothing of it is sent or stored yet. */

import { dirname, resolve } from 'node:path'
import { type CompiledEdition, compileEdition } from '../content/compile.ts'
import { type FrozenEdition, freezeEdition } from '../content/freeze.ts'
import { readCampaign } from '../intake/campaign-file.ts'
import type { Campaign } from '../model/campaign.ts'
import { InvariantError, UserError } from '../model/errors.ts'
import { providerKinds } from '../providers/index.ts'
import type { Context } from './context.ts'
import { scheduled } from './scheduling.ts'

export interface ReadyCampaign {
  readonly campaign: Campaign
  readonly frozen: FrozenEdition
  readonly content: CompiledEdition
  /** The folder of the campaign file, to which its paths refer. */
  readonly folder: string
}

/** `at` is `--at`. Throws UserError for whatever is wrong with the file or what it names. */
export async function readyCampaign(
  path: string,
  vars: Readonly<Record<string, string>>,
  context: Context,
  at?: string,
): Promise<ReadyCampaign> {
  const file = resolve(context.cwd, path)
  const read = await readCampaign(file, {
    env: context.env,
    vars,
    kinds: providerKinds,
    machineZone: context.machineZone,
  })
  const campaign = scheduled(read, at, context)
  const frozen = await freezeEdition(campaign)
  const content = compileEdition(frozen.edition, sha256 => payloadOf(frozen, sha256))
  return { campaign, frozen, content, folder: dirname(file) }
}

function payloadOf({ payloads }: FrozenEdition, sha256: string): Buffer {
  const bytes = payloads.get(sha256)
  if (bytes === undefined) throw new InvariantError(`an attachment's bytes are missing: ${sha256}`)
  return bytes
}

/** Reads `--var name=value`, each as often as it was given; a later one of the same name wins. */
export function readVars(texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map(text => {
      const at = text.indexOf('=')
      if (at < 1) throw new UserError(`--var ${text}: not of the form name=value`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
