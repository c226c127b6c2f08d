import { describe, expect, test } from 'vitest'
import type { MxRecord } from '../../src/model/mx.ts'
import { siteByMx, siteWithoutMx } from '../../src/policy/mx-site.ts'
import { siteFamilies } from '../../src/policy/site-families.ts'

/** `10 mx1.example.net, 20 mx2.example.net` as DNS has it. */
function mx(text: string): readonly MxRecord[] {
  return text
    .split(',')
    .filter(each => each !== '')
    .map(each => {
      const [priority, exchange = ''] = each.trim().split(' ')
      return { priority: Number(priority), exchange }
    })
}

const long = `${'a'.repeat(63)}.`

describe('the site of a domain by its MX records', () => {
  test.each([
    // --- Families ---
    ['acme.example', '1 aspmx.l.google.com, 5 alt1.aspmx.l.google.com', 'google'],
    ['acme.example', '1 smtp.google.com', 'google'],
    ['acme.example', '10 aspmx2.googlemail.com', 'google'],
    ['acme.example', '0 acme-example.mail.protection.outlook.com', 'microsoft'],
    ['acme.example', '0 acme-example.olc.protection.outlook.com', 'microsoft'],
    ['acme.example', '0 acme-example.a-v1.mx.microsoft', 'microsoft'],
    ['acme.example', '20 mx-biz.mail.am0.yahoodns.net', 'yahoo'],
    ['acme.example', '10 al-ip4-mx-vip1.prodigy.net', 'yahoo'],
    ['acme.example', '10 mx1.mail.yahoo.co.jp', 'yahoo-japan'],
    ['acme.example', '10 mx01.mail.icloud.com, 10 mx02.mail.icloud.com', 'apple'],
    ['acme.example', '10 mx00.emig.gmx.net', 'gmx'],
    ['acme.example', '10 mx.yandex.net', 'yandex'],
    ['acme.example', '10 emx.mail.ru', 'mailru'],
    ['acme.example', '10 0123456789abcdef.mx1.emailprofi.seznam.cz', 'seznam'],
    ['acme.example', '10 mx.poczta.onet.pl', 'onet'],
    ['acme.example', '5 mxbiz1.qq.com, 10 mxbiz2.qq.com', 'tencent'],
    ['acme.example', '5 qiye163mx01.mxmail.netease.com', 'netease'],
    ['acme.example', '10 mail.protonmail.ch, 20 mailsec.protonmail.ch', 'proton'],
    ['acme.example', '10 mail.tutanota.de', 'tuta'],
    ['acme.example', '10 in1-smtp.messagingengine.com', 'fastmail'],
    ['acme.example', '10 mx.rediffmail.rediff.akadns.net', 'rediff'],
    ['acme.example', '10 ASPMX.L.GOOGLE.COM.', 'google'],

    // --- Other receivers ---
    ['acme.example', '10 mxa-0001.gslb.pphosted.com, 10 mxb-0001.gslb.pphosted.com', 'pphosted.com'],
    ['acme.example', '10 eu-smtp-inbound-1.mimecast.com', 'mimecast.com'],
    ['acme.example', '1 mx1.ovh.net, 5 mx2.ovh.net', 'ovh.net'],
    ['acme.example', '10 mx.hoster.co.uk', 'hoster.co.uk'],
    ['acme.example', '10 mx.other.akadns.net', 'other.akadns.net'],
    ['acme.example', '10 inbound-smtp.us-east-1.amazonaws.com', 'inbound-smtp.us-east-1.amazonaws.com'],
    ['acme.example', '0 acme.mail.protection.partner.outlook.cn', 'outlook.cn'],
    ['acme.example', '10 xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['acme.example', '10 bücher.example', 'xn--bcher-kva.example'],

    // --- Its own host ---
    ['acme.example', '10 mx.acme.example', 'acme.example'],
    ['acme.example', '10 acme.example', 'acme.example'],
    ['news.acme.example', '10 mx.acme.example', 'acme.example'],
    ['news.acme.co.uk', '10 news.acme.co.uk', 'acme.co.uk'],

    // --- Only the best preference counts ---
    ['acme.example', '20 aspmx.l.google.com, 10 mx.acme.example', 'acme.example'],
    ['acme.example', '10 mx.backup.example, 0 mx.main.example, 10 mx.another.example', 'main.example'],
    ['acme.example', '65535 mx.last.example', 'last.example'],
    ['acme.example', '0 ., 10 aspmx.l.google.com', 'acme.example'],

    // --- Several owners share it ---
    ['acme.example', '10 a.second.example, 10 b.first.example', 'first.example'],
    ['acme.example', '10 b.second.example, 10 a.first.example', 'first.example'],
    ['acme.example', '10 mx.alpha.example, 10 aspmx.l.google.com', 'google'],
    ['acme.example', '10 mx.yandex.net, 10 aspmx.l.google.com', 'google'],

    // --- Nothing to go by ---
    ['acme.example', '', 'acme.example'],
    ['acme.example', '0 .', 'acme.example'],
    ['acme.example', '0 ', 'acme.example'],
    ['acme.example', '10 192.0.2.1', 'acme.example'],
    ['acme.example', '10 localhost', 'acme.example'],
    ['acme.example', '10 mx', 'acme.example'],
    ['acme.example', '10 co.uk', 'acme.example'],
    ['acme.example', '10 ec2-192-0-2-1.compute-1.amazonaws.com', 'acme.example'],
    ['acme.example', '10 mx..example.net', 'acme.example'],
    ['acme.example', '10 mx_1.example.net', 'acme.example'],
    ['acme.example', '10 mx\u001b[31m.example.net', 'acme.example'],
    ['acme.example', `10 ${long.repeat(6)}example.net`, 'acme.example'],
    ['acme.example', '10 mx.example.net\0', 'acme.example'],
  ])('%s with %j is of %s', (domain, records, site) => {
    expect(siteByMx(domain, mx(records))).toBe(site)
    expect(siteByMx(domain, [...mx(records)].reverse())).toBe(site)
  })

  test('is found among any number of records', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({ priority: 10, exchange: `mx${index}.hoster.example` }))
    expect(siteByMx('acme.example', many)).toBe('hoster.example')
  })

  test('is a family of the table, a name that somebody registered, or the domain', () => {
    const hosts = ['google.com', 'mx.microsoft', 'yahoodns.net', 'netease.com', 'messagingengine.com', 'akadns.net']
    const families = hosts.map(host => siteByMx('acme.example', mx(`10 x.rediff.${host}`)))
    expect(families).toEqual(['google', 'microsoft', 'yahoo', 'netease', 'fastmail', 'rediff'])
    expect(families.filter(family => !Object.hasOwn(siteFamilies, family))).toEqual([])
  })
})

describe('the site of a domain whose MX records are not asked for', () => {
  const paces = { default: { rates: [], concurrency: 1 }, 'acme.example': { rates: [], concurrency: 1 } }

  test.each([
    ['a domain of a family', 'gmail.com', 'google'],
    ['another', 't-online.de', 't-online'],
    ['a domain that the campaign names', 'acme.example', 'acme.example'],
    ['a name without a dot', 'localhost', 'localhost'],
    ['any other', 'example.org', undefined],
    ['a subdomain of one that is named', 'news.acme.example', undefined],
    ['a name that objects have', 'constructor.example', undefined],
  ])('%s', (_, domain, site) => {
    expect(siteWithoutMx(domain, paces)).toBe(site)
  })
})
