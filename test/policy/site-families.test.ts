import { describe, expect, test } from 'vitest'
import { parseDomain } from '../../src/model/address.ts'
import { siteFamilies } from '../../src/policy/site-families.ts'

const families = Object.entries(siteFamilies)
const domains = families.flatMap(([, family]) => family.domains)

describe('the table of sites', () => {
  test('has every domain as addresses have it: lower case, punycode', () => {
    expect(domains.filter(domain => parseDomain(domain) !== domain)).toEqual([])
  })

  test('has no domain twice', () => {
    expect(domains.filter((domain, index) => domains.indexOf(domain) !== index)).toEqual([])
  })

  test('has names that a campaign can write, and that are neither a domain nor a word of `sites:`', () => {
    const names = families.map(([name]) => name)
    expect(names.filter(name => !/^[a-z][a-z0-9-]{0,62}$/.test(name))).toEqual([])
    expect(names.filter(name => domains.includes(name) || name === 'default')).toEqual([])
  })

  test('paces every family, neither so slowly nor so fast that it is of no use', () => {
    const odd = families.filter(([, { perSecond, concurrency }]) => {
      return !(perSecond >= 10 && perSecond <= 100 && concurrency >= 1 && concurrency <= 20)
    })
    expect(odd.map(([name]) => name)).toEqual([])
  })

  test('is what it is', () => {
    const rows = families.map(([name, family]) => {
      const [first] = family.domains
      const more = family.domains.length - 1
      return `${name.padEnd(13)}${family.perSecond}/s ${String(family.concurrency).padStart(3)}  ${first}${more > 0 ? ` and ${more} more` : ''}`
    })
    expect(rows.join('\n')).toMatchInlineSnapshot(`
      "google       50/s   5  gmail.com and 1 more
      microsoft    30/s   5  outlook.com and 101 more
      yahoo        30/s  10  yahoo.com and 78 more
      apple        20/s  10  icloud.com and 2 more
      gmx          20/s  10  gmx.net and 51 more
      t-online     20/s   5  t-online.de and 1 more
      freenet      20/s   5  freenet.de
      bluewin      20/s   5  bluewin.ch and 1 more
      orange       20/s   3  orange.fr and 1 more
      sfr          20/s   5  sfr.fr and 1 more
      laposte      20/s   5  laposte.net
      free         20/s   5  free.fr
      ziggo        20/s   5  ziggo.nl and 13 more
      kpn          20/s   5  kpnmail.nl and 17 more
      telenet      20/s   5  telenet.be
      proximus     20/s   5  skynet.be and 3 more
      bt           20/s   5  btinternet.com and 2 more
      virgin       20/s   5  virginmedia.com and 3 more
      sky          20/s   5  sky.com
      talktalk     20/s   5  talktalk.net
      libero       20/s   5  libero.it and 1 more
      tim          20/s   5  tim.it and 1 more
      tiscali      20/s   5  tiscali.it
      wp           20/s   5  wp.pl
      o2           20/s   5  o2.pl and 3 more
      onet         20/s   5  onet.pl and 16 more
      interia      20/s   5  interia.pl and 1 more
      seznam       20/s   5  seznam.cz and 3 more
      mailru       20/s   5  mail.ru and 5 more
      yandex       20/s   5  yandex.ru and 7 more
      rambler      20/s   5  rambler.ru and 4 more
      ukrnet       20/s   5  ukr.net
      comcast      20/s  10  comcast.net and 1 more
      charter      20/s   5  charter.net and 2 more
      roadrunner   20/s   5  rr.com
      earthlink    20/s   5  earthlink.net and 3 more
      centurylink  20/s   5  centurylink.net and 1 more
      frontier     20/s   5  frontier.com and 1 more
      shaw         20/s   5  shaw.ca
      bell         20/s   5  bell.net and 1 more
      telus        20/s   5  telus.net
      terra        20/s   5  terra.com.br
      uol          20/s   5  uol.com.br
      bol          20/s   5  bol.com.br
      tencent      20/s   5  qq.com and 1 more
      netease      20/s   5  163.com and 2 more
      naver        20/s   5  naver.com
      daum         20/s   5  daum.net and 1 more
      yahoo-japan  20/s   5  yahoo.co.jp
      rediff       20/s   5  rediffmail.com
      telstra      20/s   5  bigpond.com and 3 more
      optus        20/s   5  optusnet.com.au
      proton       20/s   5  proton.me and 3 more
      tuta         20/s   5  tuta.com and 3 more
      fastmail     20/s   5  fastmail.com and 1 more"
    `)
  })
})
