import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { body, campaign, outboxRoute } from '../support/campaigns.ts'
import { dnsAnswer, fromZone, type LoopbackDns, rcodes, startDnsServer } from '../support/dns-server.ts'
import { summaryOf, Workplace } from '../support/mailblast.ts'

const zone = {
  'acme.example': '1 aspmx.l.google.com, 5 alt1.aspmx.l.google.com',
  'bolt.example': '1 smtp.google.com',
  'cobalt.example': '0 cobalt-example.mail.protection.outlook.com',
  'delta.example': '10 mxa-0001.gslb.pphosted.com, 10 mxb-0001.gslb.pphosted.com',
  'echo.example': '10 mx1.pphosted.com',
  'own.example': '10 mx.own.example',
  'news.own.example': '10 mx.own.example',
  'null.example': '0 .',
}

const people = [
  'a@acme.example',
  'b@bolt.example',
  'c@gmail.com',
  'd@cobalt.example',
  'e@hotmail.com',
  'f@delta.example',
  'g@echo.example',
  'h@own.example',
  'i@news.own.example',
  'j@null.example',
  'k@gone.example',
  'l@acme.example',
]

let dns: LoopbackDns
let place: Workplace

beforeEach(async () => {
  dns = await startDnsServer(fromZone(zone))
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(people), 'campaign.yml': settings('sites: mx') })
})

afterEach(async () => {
  place.remove()
  await dns.close()
})

function list(addresses: readonly string[]): string {
  return `email,name,city\n${addresses.map(address => `${address},Name,City\n`).join('')}`
}

function settings(more: string, routes = outboxRoute): string {
  return campaign({ routes, more })
}

function run(args: readonly string[], server = `127.0.0.1:${dns.port}`) {
  return place.run(args, { env: { MAILBLAST_DNS: server } })
}

/** `google 4, microsoft 2, …`: who was mailed at which site, by the report. */
async function sitesOf(run: string): Promise<string> {
  const report = JSON.parse((await place.run(['report', run, '--format', 'json'])).stdout) as {
    sites: { site: string; accepted: number }[]
  }
  return report.sites
    .map(({ site, accepted }) => `${site} ${accepted}`)
    .sort()
    .join(', ')
}

async function send(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['send', 'campaign.yml', '--json', ...args])
  expect([code, stderr]).toEqual([0, ''])
  return sitesOf(summaryOf(stdout).run)
}

const found = 'gone.example 1, google 4, microsoft 2, null.example 1, own.example 2, pphosted.com 2'

describe('with `sites: mx`', () => {
  test('domains with one host are one site', async () => {
    expect(await send()).toBe(found)
    expect(dns.asked.map(({ name }) => name).sort()).toEqual([...Object.keys(zone), 'gone.example'].sort())
  })

  test('paces may stand beside it, and a domain that is named is a site of its own', async () => {
    place.write('campaign.yml', settings('sites: { mx: true, default: { rate: 500/s }, bolt.example: { rate: 50/s } }'))
    expect(await send()).toBe(
      'bolt.example 1, gone.example 1, google 3, microsoft 2, null.example 1, own.example 2, pphosted.com 2',
    )
  })

  test('nobody is asked twice, however many lists have the domain', async () => {
    await send()
    const before = dns.asked.length
    place.write('campaign.yml', `key: second\n${settings('sites: mx')}`)
    place.write('list.csv', list([...people, 'm@new.example']))
    expect(await send()).toBe(found.replace('null', 'new.example 1, null'))
    expect(dns.asked.slice(before).map(({ name }) => name)).toEqual(['new.example'])
  })

  test('nobody is asked for the sake of those who are not mailed', async () => {
    expect(await send('--limit', '1')).toBe('google 1')
    expect(dns.asked.map(({ name }) => name)).toEqual(['acme.example'])
  })

  test('the plan has the sites before anything is sent', async () => {
    const { code, stderr } = await run(['send', 'campaign.yml', '--dry-run'])
    expect(code).toBe(0)
    expect(stderr.split('\n').filter(line => line.startsWith('  sites'))).toEqual([
      '  sites    google 4 · microsoft 2 · own.example 2 · pphosted.com 2 · gone.example 1 · 1 more site',
    ])
  })

  test('a route may serve a site, and a test message finds it', async () => {
    const routes = [
      '  - { provider: outbox, name: workspace, sites: [google], dir: workspace }',
      '  - { provider: outbox, name: others, dir: others }',
    ].join('\n')
    place.write('campaign.yml', settings('sites: mx', routes))
    const tested = async (address: string) =>
      (await run(['send', 'campaign.yml', '--test-to', address, '--limit', '1'])).stdout.split('\n').at(-2)
    expect(await tested('me@acme.example')).toBe(
      '1 test message to me@acme.example by workspace; nothing was recorded as sent',
    )
    expect(await tested('me@echo.example')).toBe(
      '1 test message to me@echo.example by others; nothing was recorded as sent',
    )
  })
})

describe('DNS that is of no use', () => {
  const many = Array.from({ length: 300 }, (_, index) => `p@d${index}.example`)

  test('does not answer: that is said once, and everybody is mailed all the same', async () => {
    place.write('list.csv', list(many))
    const { port } = dns
    await dns.close()
    const { code, stdout, stderr } = await run(['send', 'campaign.yml', '--json'])
    dns = await startDnsServer(fromZone(zone))
    expect([code, summaryOf(stdout).counts.accepted]).toEqual([0, 300])
    expect(stderr.replace(String(port), 'PORT')).toMatchInlineSnapshot(`
      "DNS does not answer (nothing from 127.0.0.1:PORT): from then on each domain is a site of its own
      "
    `)
  })

  test('cannot tell of some domains', async () => {
    await dns.close()
    dns = await startDnsServer(asked =>
      asked.name === 'bolt.example' ? [dnsAnswer(asked, [], { flags: rcodes.SERVFAIL })] : fromZone(zone)(asked),
    )
    const { code, stderr } = await run(['send', 'campaign.yml', '--json'])
    expect(code).toBe(0)
    expect(stderr).toMatchInlineSnapshot(`
      "DNS could not tell whose servers take the mail of 1 domain: each is a site of its own
      "
    `)
  })

  test.each(['resolver.example', '127.0.0.1:0'])('is not at %j', async server => {
    const { code, stderr } = await run(['send', 'campaign.yml'], server)
    expect(code).toBe(2)
    expect(
      stderr
        .split('\n')
        .slice(0, 2)
        .join('\n')
        .replace(/=.*: it/, '=…: it'),
    ).toBe(
      'mailblast: MAILBLAST_DNS=…: it is not the address of a DNS server\n  give an IP address, and a port if it is not 53, such as 127.0.0.1:5353 or [::1]:5353',
    )
    expect((await place.run(['status'])).stdout).toBe('no runs yet\n')
  })
})

test('without `sites: mx` nobody is asked', async () => {
  place.write('campaign.yml', settings(''))
  expect(await send()).toBe(
    'acme.example 2, bolt.example 1, cobalt.example 1, delta.example 1, echo.example 1, gone.example 1, google 1, microsoft 1, news.own.example 1, null.example 1, own.example 1',
  )
  expect(dns.asked).toEqual([])
})
