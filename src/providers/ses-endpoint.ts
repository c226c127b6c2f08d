/**
 * Where Amazon SES is for a region: `https://email.eu-west-1.amazonaws.com`, and its variants with FIPS cryptography and with
 * IPv6. Forms and refusals as in the endpoint rules of SES v2 (`endpoint-rule-set-1`); the partitions with their names are
 * those of AWS's own libraries (`partitions.json`).
 */

import { UserError } from '../model/errors.ts'

export interface EndpointOptions {
  readonly region: string
  readonly fips: boolean
  readonly dualStack: boolean
}

export function sesEndpoint({ region, fips, dualStack }: EndpointOptions): string {
  const partition = partitions.find(each => each.regions.test(region)) ?? commercial
  const host = `email${fips ? '-fips' : ''}.${region}.${dualStack ? partition.dualStack : partition.usual}`
  return `https://${host}`
}

/** The region of a route: its own, or what every program of AWS takes from the environment. `where` names the route. */
export function sesRegion(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): string {
  const [name, region] = [
    ['region', given] as const,
    ['AWS_REGION', env['AWS_REGION']] as const,
    ['AWS_DEFAULT_REGION', env['AWS_DEFAULT_REGION']] as const,
  ].find(([, value]) => value !== undefined && value !== '') ?? ['region', undefined]
  const remedy = 'Give the one in which the sender is verified, such as `region: eu-west-1`.'
  if (region === undefined)
    throw new UserError('there is no region, and neither AWS_REGION nor AWS_DEFAULT_REGION is set', { where, remedy })
  if (!regionPattern.test(region)) throw new UserError(`${name} is not an AWS region`, { where, remedy })
  return region
}

/** A label of a host name (the rules' `isValidHostLabel`), with the hyphens that every region has. */
export const regionPattern = /^(?=.{1,63}$)[a-z0-9]+(-[a-z0-9]+)+$/

interface Partition {
  readonly regions: RegExp
  readonly usual: string
  readonly dualStack: string
}

/** Also of regions that no partition knows yet, as in AWS's libraries. */
const commercial: Partition = { regions: /^/, usual: 'amazonaws.com', dualStack: 'api.aws' }

const partitions: readonly Partition[] = [
  { regions: /^cn-/, usual: 'amazonaws.com.cn', dualStack: 'api.amazonwebservices.com.cn' },
  { regions: /^eusc-/, usual: 'amazonaws.eu', dualStack: 'api.amazonwebservices.eu' },
  { regions: /^us-iso-/, usual: 'c2s.ic.gov', dualStack: 'api.aws.ic.gov' },
  { regions: /^us-isob-/, usual: 'sc2s.sgov.gov', dualStack: 'api.aws.scloud' },
  { regions: /^eu-isoe-/, usual: 'cloud.adc-e.uk', dualStack: 'api.cloud-aws.adc-e.uk' },
  { regions: /^us-isof-/, usual: 'csp.hci.ic.gov', dualStack: 'api.aws.hci.ic.gov' },
]
