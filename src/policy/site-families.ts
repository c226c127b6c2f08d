/**
 * The table of receiving sites: receivers that serve several domains from one system and count our mail together, each
 * with its domains and the pace that a careful sender keeps to. Two domains stand together only where a source says that
 * one receiver serves both; where none does, each is a site of its own.
 *
 * Who serves which domain is taken from Thunderbird's database of mail providers (thunderbird/autoconfig), nodemailer's
 * well-known services, SendGrid's pages on inbox providers, spamresource.com's and smtp.codes' domain lists and from
 * receivers' own help pages. Comcast is moving its mailboxes to Yahoo; until all are there it stands by itself. Yahoo
 * Japan is another company than Yahoo.
 *
 * The paces are ours. Receivers tell how many connections they want at most, if anything (KumoMTA's shaping file has 5 for
 * Google and for Microsoft, 10 for Apple, 25 for Comcast, 3 for Orange), and no rate. These rates are far below what they
 * take from a sender they know, and yet 100,000 messages for one of them are through within an hour and a half.
 */

export interface SiteFamily {
  /** Messages for it, over all routes. */
  readonly perSecond: number
  /** Calls that carry messages for it and may be open at once. */
  readonly concurrency: number
  /** Lower case, punycode. */
  readonly domains: readonly string[]
}

/** By the name under which a campaign's `sites:` knows them. */
export const siteFamilies: Readonly<Record<string, SiteFamily>> = {
  // --- The largest --------------------------------------------------------------------------------------------------
  google: family(50, 5, 'gmail.com googlemail.com'),
  microsoft: family(
    30,
    5,
    `outlook.com hotmail.com live.com msn.com windowslive.com
    outlook.at outlook.be outlook.cl outlook.cz outlook.de outlook.dk outlook.es outlook.fr outlook.hu outlook.ie outlook.in
    outlook.it outlook.jp outlook.kr outlook.lv outlook.my outlook.ph outlook.pt outlook.sa outlook.sg outlook.sk
    outlook.co.id outlook.co.il outlook.co.th outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr
    outlook.com.vn
    hotmail.be hotmail.ca hotmail.cl hotmail.cz hotmail.de hotmail.dk hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.hu
    hotmail.it hotmail.lt hotmail.lv hotmail.my hotmail.nl hotmail.no hotmail.ph hotmail.rs hotmail.se hotmail.sg hotmail.sk
    hotmail.co.id hotmail.co.il hotmail.co.in hotmail.co.jp hotmail.co.kr hotmail.co.th hotmail.co.uk hotmail.co.za
    hotmail.com.ar hotmail.com.au hotmail.com.br hotmail.com.hk hotmail.com.tr hotmail.com.tw hotmail.com.vn
    live.at live.be live.ca live.cl live.cn live.de live.dk live.fi live.fr live.hk live.ie live.in live.it live.jp live.nl
    live.no live.ru live.se live.co.jp live.co.kr live.co.uk live.co.za live.com.ar live.com.au live.com.mx live.com.my
    live.com.ph live.com.pt live.com.sg livemail.tw`,
  ),
  // AOL and Verizon are Yahoo's; AT&T, Rogers and Cox have their customers' mail served by it.
  yahoo: family(
    30,
    10,
    `yahoo.com ymail.com rocketmail.com myyahoo.com
    yahoo.at yahoo.be yahoo.ca yahoo.ch yahoo.cl yahoo.cz yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr yahoo.gr yahoo.hu
    yahoo.ie yahoo.in yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.pt yahoo.ro yahoo.se yahoo.co.id yahoo.co.il yahoo.co.in
    yahoo.co.nz yahoo.co.th yahoo.co.uk yahoo.co.za yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.co yahoo.com.hk
    yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph yahoo.com.sg yahoo.com.tr yahoo.com.tw yahoo.com.vn
    aol.com aim.com netscape.net netscape.com compuserve.com cs.com wmconnect.com aol.de aol.it aol.fr aol.es aol.se
    aol.co.uk aol.co.nz aol.com.au aol.com.ar aol.com.br aol.com.mx verizon.net
    att.net ameritech.net bellsouth.net currently.com flash.net nvbell.net pacbell.net prodigy.net sbcglobal.net snet.net
    swbell.net wans.net
    rogers.com cox.net`,
  ),
  apple: family(20, 10, 'icloud.com me.com mac.com'),

  // --- German, Austrian, Swiss --------------------------------------------------------------------------------------
  // GMX, WEB.DE and mail.com are one company with one postmaster; of mail.com's several hundred domains, the larger.
  gmx: family(
    20,
    10,
    `gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.biz gmx.org gmx.info mein.gmx mail.gmx email.gmx
    gmx.com gmx.tm gmx.us gmx.co.uk gmx.es gmx.fr gmx.ca gmx.cn gmx.co.in gmx.com.br gmx.com.my gmx.hk gmx.ie gmx.ph gmx.pt
    gmx.ru gmx.se gmx.sg gmx.tw gmx.com.tr gmx.it gmx.li
    web.de
    mail.com mail.org email.com post.com usa.com accountant.com consultant.com dr.com engineer.com cheerful.com techie.com
    linuxmail.org europe.com london.com uymail.com myself.com iname.com writeme.com`,
  ),
  't-online': family(20, 5, 't-online.de magenta.de'),
  freenet: family(20, 5, 'freenet.de'),
  bluewin: family(20, 5, 'bluewin.ch bluemail.ch'),

  // --- French -------------------------------------------------------------------------------------------------------
  orange: family(20, 3, 'orange.fr wanadoo.fr'),
  sfr: family(20, 5, 'sfr.fr neuf.fr'),
  laposte: family(20, 5, 'laposte.net'),
  free: family(20, 5, 'free.fr'),

  // --- Dutch, Belgian -----------------------------------------------------------------------------------------------
  ziggo: family(
    20,
    5,
    `ziggo.nl ziggomail.com casema.nl chello.nl home.nl multiweb.nl quicknet.nl upcmail.nl hahah.nl zinders.nl zeggis.nl
    zeggis.com razcall.nl razcall.com`,
  ),
  kpn: family(
    20,
    5,
    `kpnmail.nl kpnplanet.nl planet.nl wxs.nl hetnet.nl freeler.nl snelnet.net on.nl onsbrabantnet.nl onsmail.nl onsnet.nu
    onsneteindhoven.nl onsnetnuenen.nl xs4all.nl telfort.nl tip.nl tiscali.nl tiscalimail.nl`,
  ),
  telenet: family(20, 5, 'telenet.be'),
  proximus: family(20, 5, 'skynet.be proximus.be belgacom.net kidcity.be'),

  // --- British ------------------------------------------------------------------------------------------------------
  bt: family(20, 5, 'btinternet.com btopenworld.com talk21.com'),
  virgin: family(20, 5, 'virginmedia.com virgin.net ntlworld.com blueyonder.co.uk'),
  sky: family(20, 5, 'sky.com'),
  talktalk: family(20, 5, 'talktalk.net'),

  // --- Italian ------------------------------------------------------------------------------------------------------
  libero: family(20, 5, 'libero.it virgilio.it'),
  tim: family(20, 5, 'tim.it alice.it'),
  tiscali: family(20, 5, 'tiscali.it'),

  // --- Polish, Czech ------------------------------------------------------------------------------------------------
  wp: family(20, 5, 'wp.pl'),
  o2: family(20, 5, 'o2.pl go2.pl tlen.pl prokonto.pl'),
  onet: family(
    20,
    5,
    `onet.pl onet.eu poczta.onet.pl poczta.onet.eu op.pl vp.pl autograf.pl buziaczek.pl amorki.pl republika.pl adres.pl
    cyberia.pl onet.com.pl opoczta.pl pseudonim.pl spoko.pl vip.onet.pl`,
  ),
  interia: family(20, 5, 'interia.pl interia.eu'),
  seznam: family(20, 5, 'seznam.cz email.cz post.cz spoluzaci.cz'),

  // --- Russian, Ukrainian -------------------------------------------------------------------------------------------
  mailru: family(20, 5, 'mail.ru inbox.ru list.ru bk.ru internet.ru xmail.ru'),
  yandex: family(20, 5, 'yandex.ru yandex.com yandex.net yandex.by yandex.kz yandex.ua ya.ru narod.ru'),
  rambler: family(20, 5, 'rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru'),
  ukrnet: family(20, 5, 'ukr.net'),

  // --- North American -----------------------------------------------------------------------------------------------
  comcast: family(20, 10, 'comcast.net xfinity.com'),
  charter: family(20, 5, 'charter.net spectrum.net bresnan.net'),
  roadrunner: family(20, 5, 'rr.com'),
  earthlink: family(20, 5, 'earthlink.net mindspring.com ix.netcom.com peoplepc.com'),
  centurylink: family(20, 5, 'centurylink.net embarqmail.com'),
  frontier: family(20, 5, 'frontier.com frontiernet.net'),
  shaw: family(20, 5, 'shaw.ca'),
  bell: family(20, 5, 'bell.net sympatico.ca'),
  telus: family(20, 5, 'telus.net'),

  // --- South American -----------------------------------------------------------------------------------------------
  terra: family(20, 5, 'terra.com.br'),
  uol: family(20, 5, 'uol.com.br'),
  bol: family(20, 5, 'bol.com.br'),

  // --- Asian, Australian --------------------------------------------------------------------------------------------
  tencent: family(20, 5, 'qq.com foxmail.com'),
  netease: family(20, 5, '163.com 126.com yeah.net'),
  naver: family(20, 5, 'naver.com'),
  daum: family(20, 5, 'daum.net hanmail.net'),
  'yahoo-japan': family(20, 5, 'yahoo.co.jp'),
  rediff: family(20, 5, 'rediffmail.com'),
  telstra: family(20, 5, 'bigpond.com bigpond.net.au bigpond.net telstra.com'),
  optus: family(20, 5, 'optusnet.com.au'),

  // --- Everywhere ---------------------------------------------------------------------------------------------------
  proton: family(20, 5, 'proton.me protonmail.com protonmail.ch pm.me'),
  tuta: family(20, 5, 'tuta.com tuta.io tutanota.com tutanota.de'),
  fastmail: family(20, 5, 'fastmail.com fastmail.fm'),
}

function family(perSecond: number, concurrency: number, domains: string): SiteFamily {
  return { perSecond, concurrency, domains: domains.split(/\s+/) }
}
