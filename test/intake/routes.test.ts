/** What the routes of a campaign file say of their place in line, and of who may send by them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCampaign } from '../../src/intake/campaign-file.ts'
import type { DeliverySettings } from '../../src/model/campaign.ts'
import { UserError } from '../../src/model/errors.ts'
import { providerKinds } from '../../src/providers/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-routes-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Reads a campaign of news@acme.example with these routes, given as flow mappings. */
async function read(...routes: readonly string[]): Promise<DeliverySettings['routes']> {
  const file = join(folder, 'campaign.yml')
  const lines = routes.map((route, index) => `  - { name: r${index + 1}, provider: outbox, ${route} }\n`).join('')
  await writeFile(
    file,
    `name: november\nfrom: Acme <news@acme.example>\nsubject: x\ntemplate: x.hbs\nrecipients: x.csv\nroutes:\n${lines}`,
  )
  const { delivery } = await readCampaign(file, { env: {}, vars: {}, kinds: providerKinds, machineZone: () => 'UTC' })
  return delivery.routes
}

async function refusal(...routes: readonly string[]): Promise<string> {
  try {
    await read(...routes)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy}`
    return `${error.where}: ${error.message}${remedy}`.replaceAll(`${folder}/`, '')
  }
  throw new Error(`the file was accepted: ${routes}`)
}

test('routes have their place in line, the first unless it is said', async () => {
  const routes = await read('order: 2', 'weight: 3', 'order: 1')
  expect(routes.map(({ name, order }) => `${name} ${order}`)).toEqual(['r1 2', 'r2 1', 'r3 1'])
  expect(await refusal('order: 0')).toMatchInlineSnapshot(`"campaign.yml:7:42: routes[0].order: must be at least 1"`)
})

describe('who may send by a route', () => {
  test.each([['news@acme.example'], ['acme.example'], ['sales@acme.example, acme.example'], ['ACME.example']])(
    'senders: [%s] lets the sender of the campaign',
    async senders => {
      expect((await read(`senders: [${senders}]`, 'weight: 1')).length).toBe(2)
    },
  )

  test('is told for each route that is not for the sender of the campaign', async () => {
    const [first, second] = ['senders: [sales@acme.example]', 'senders: ["*.acme.example", other.example]']
    expect(await refusal(first, 'weight: 1', second)).toMatchInlineSnapshot(`
      "campaign.yml: 2 mistakes in this file
        campaign.yml:7:44: routes[0].senders: news@acme.example may not send by the route r1. It is for sales@acme.example. Give another \`from\`, or take the route out.
        campaign.yml:9:44: routes[2].senders: news@acme.example may not send by the route r3. It is for *.acme.example, other.example. Give another \`from\`, or take the route out."
    `)
  })

  test.each(['news@', 'acme', '"*"', '"*.example"'])('senders: [%s] is a mistake', async senders => {
    expect(await refusal(`senders: [${senders}]`)).toMatchSnapshot()
  })
})
