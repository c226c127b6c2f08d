/**
 * Finds the sites of domains by their MX records: first in what was found before, then by asking. Nothing is kept per
 * domain but what is being asked now, however long the list; remembering is the memory's part. Not to know a domain's
 * receiver is no failure: it is a site of its own then.
 */

import pLimit from 'p-limit'
import type { SitePace } from '../model/campaign.ts'
import type { Clock } from '../model/clock.ts'
import type { AskMx, MxAnswer } from '../model/mx.ts'
import { siteByMx, siteWithoutMx } from '../policy/mx-site.ts'

/** Sites of domains that were found earlier. */
export interface SiteMemory {
  /** Sites found earlier that have not run out, of these domains. */
  known(domains: readonly string[], nowMs: number): ReadonlyMap<string, string>
  remember(found: readonly FoundSite[]): void
}

export interface FoundSite {
  readonly domain: string
  readonly site: string
  /** It is not to be believed any longer. */
  readonly untilMs: number
}

export interface SiteLookupSettings {
  /** The campaign's `sites:`; what it names needs no asking. */
  readonly paces: Readonly<Record<string, SitePace>>
  readonly memory: SiteMemory
  readonly ask: AskMx
  readonly clock: Clock
  /** Told once if nobody is asked any more, with what was heard last. */
  readonly gaveUp: (detail: string) => void
}

/** Questions that are open at once. */
const openMax = 32

const hourMs = 3_600_000

/** How long a found site is believed: as long as its records say, within these bounds. */
const shortestMs = hourMs
const longestMs = 7 * 24 * hourMs

/** How long it is believed that a domain has no MX records, and that nobody could tell. */
const noneMs = hourMs
const untoldMs = 10 * 60_000

/**
 * When nobody is asked any more: after 20 questions in a row that no server answered, or 200 to which they said that they
 * cannot tell. Without the network nothing is answered, or `SERVFAIL` to everything; a list in which so many domains one
 * after the other have broken servers of their own is not to be expected.
 */
const patience = 200
const silenceWeighs = 10

export class SiteLookup {
  readonly #settings: SiteLookupSettings
  readonly #limit = pLimit(openMax)
  readonly #over = new AbortController()
  /** Domains being asked for, until they are remembered. */
  readonly #asked = new Map<string, Promise<FoundSite | undefined>>()
  #answers = 0
  #impatience = 0
  /** Of how many domains nobody could tell, when asked. */
  untold = 0

  constructor(settings: SiteLookupSettings) {
    this.#settings = settings
  }

  /** The site of each of the domains. Rejects only if the memory fails. */
  async sitesOf(domains: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { paces, memory, clock } = this.#settings
    const sites = new Map<string, string>()
    const unknown = new Set<string>()
    for (const domain of domains) {
      const site = siteWithoutMx(domain, paces)
      if (site === undefined) unknown.add(domain)
      else sites.set(domain, site)
    }
    const known = unknown.size === 0 ? new Map<string, string>() : memory.known([...unknown], clock.nowMs())
    const asking = [...unknown].filter(domain => !known.has(domain))
    const found = await this.#ask(asking)
    for (const domain of unknown) sites.set(domain, known.get(domain) ?? found.get(domain) ?? domain)
    return sites
  }

  /** Ends what is being asked, and asks nothing more. */
  close(): void {
    this.#over.abort()
  }

  /** Asks for those that nobody is asking for already, and waits for all of them. */
  async #ask(domains: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const own = new Set(domains.filter(domain => !this.#asked.has(domain)))
    for (const domain of own)
      this.#asked.set(
        domain,
        this.#limit(() => this.#find(domain)),
      )
    try {
      const found = (await Promise.all(domains.map(domain => this.#asked.get(domain)))).flatMap(each => each ?? [])
      const ownFound = found.filter(({ domain }) => own.has(domain))
      if (ownFound.length > 0) this.#settings.memory.remember(ownFound)
      return new Map(found.map(({ domain, site }) => [domain, site]))
    } finally {
      for (const domain of own) this.#asked.delete(domain)
    }
  }

  /** Undefined if it was not asked, or not to its end. */
  async #find(domain: string): Promise<FoundSite | undefined> {
    if (this.#over.signal.aborted) return undefined
    const answersBefore = this.#answers
    const answer = await this.#settings.ask(domain, this.#over.signal)
    if (this.#over.signal.aborted) return undefined
    this.#learn(answer, this.#answers === answersBefore)
    const untilMs = this.#settings.clock.nowMs() + believedMs(answer)
    return { domain, site: answer.kind === 'records' ? siteByMx(domain, answer.records) : domain, untilMs }
  }

  /** `nothingElse`: no other question was answered while this one was open, so that its silence says something. */
  #learn(answer: MxAnswer, nothingElse: boolean): void {
    if (answer.kind !== 'no answer') {
      this.#answers += 1
      this.#impatience = 0
      return
    }
    this.untold += 1
    if (!nothingElse) return
    this.#impatience += answer.heard ? 1 : silenceWeighs
    if (this.#impatience < patience) return
    this.close()
    this.#settings.gaveUp(answer.detail)
  }
}

function believedMs(answer: MxAnswer): number {
  if (answer.kind === 'no answer') return untoldMs
  return answer.kind === 'records' ? Math.min(Math.max(answer.ttlMs, shortestMs), longestMs) : noneMs
}
