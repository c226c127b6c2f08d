/** The options of an SES route, and what they come to: where it is, and whose credentials sign its calls. */

import { z } from 'zod'
import { UserError } from '../model/errors.ts'
import { otherBaseUrlOption } from './http-base-url.ts'
import type { HttpOpening } from './http-provider.ts'
import { headerSecret } from './http-secret.ts'
import { secretKeys, secretReference } from './secret-option.ts'
import type { SesCredentials } from './ses-credentials.ts'
import { regionPattern, sesEndpoint, sesRegion } from './ses-endpoint.ts'

const plainOptions = {
  region: z
    .string()
    .regex(regionPattern, { error: 'is not an AWS region such as eu-west-1' })
    .optional()
    .describe('AWS region, such as eu-west-1. Default: AWS_REGION or AWS_DEFAULT_REGION of the environment'),
  profile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Without keys here, credentials are found as all programs of AWS find them: profile in AWS's shared files, if it is not the usual one",
    ),
  // "can only contain ASCII letters, numbers, underscores or dashes", "no more than 64 characters" (configuration sets).
  configuration_set: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'is not the name of a configuration set' })
    .optional()
    .describe('Configuration set of SES, by which events are published'),
  fips: z.boolean().default(false).describe('Use the endpoint with FIPS 140 cryptography'),
  dual_stack: z.boolean().default(false).describe('Use the endpoint that has IPv6 too'),
  base_url: otherBaseUrlOption('https://email.REGION.amazonaws.com'),
}

export const sesOptions = z.strictObject({
  ...plainOptions,
  // The ID is no secret, but it changes with the key: as a reference it is looked up with it, and neither is frozen.
  ...secretKeys('access_key_id', { description: 'ID of an access key', required: false, reveals: () => false }),
  ...secretKeys('secret_access_key', { description: 'The access key itself', required: false }),
  ...secretKeys('session_token', { description: 'Session token of temporary credentials', required: false }),
})

export interface SesSettings {
  readonly region: string
  readonly baseUrl: string
  readonly configurationSet: string | null
  /** The keys of the options, or the profile by which AWS's usual chain finds some. */
  readonly credentials: SesCredentials | { readonly profile: string | undefined }
}

const plainSchema = z.object(plainOptions)

/** Resolves secrets. Throws UserError if the options do not go together. */
export async function readSesSettings(opening: HttpOpening): Promise<SesSettings> {
  const where = `route ${opening.route.name}`
  const options = plainSchema.parse(opening.route.options)
  const { fips, dual_stack: dualStack, base_url: baseUrl } = options
  if (baseUrl !== undefined && (fips || dualStack))
    throw new UserError(`base_url and ${fips ? 'fips' : 'dual_stack'} do not go together`, {
      where,
      remedy: 'Leave base_url out, for the endpoint follows from the region.',
    })
  const region = sesRegion(options.region, opening.env, where)
  return {
    region,
    baseUrl: baseUrl ?? sesEndpoint({ region, fips, dualStack }),
    configurationSet: options.configuration_set ?? null,
    credentials: await readCredentials(opening, options.profile, where),
  }
}

async function readCredentials(
  opening: HttpOpening,
  profile: string | undefined,
  where: string,
): Promise<SesSettings['credentials']> {
  const find = async (name: string) => {
    const reference = secretReference(opening.route.options, name)
    return reference === undefined ? undefined : headerSecret(await opening.secret(reference), name, where)
  }
  const accessKeyId = await find('access_key_id')
  const secretAccessKey = await find('secret_access_key')
  const sessionToken = await find('session_token')
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return { profile }
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new UserError('access_key_id and secret_access_key go together, and one of them is missing', {
      where,
      remedy: 'Give both, or neither: then credentials are found as all programs of AWS find them.',
    })
  // The ID stands in every call as it is, so it had better not be the key.
  if (!/^\w{1,128}$/.test(accessKeyId))
    throw new UserError('access_key_id is not the ID of an access key, such as AKIAIOSFODNN7EXAMPLE', { where })
  if (profile !== undefined)
    throw new UserError('profile and keys do not go together', { where, remedy: 'Leave one of them out.' })
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}
