/** What part of each site's pace is this run's, while other runs of the journal send to the same site. */

import type { Priority } from '../model/campaign.ts'
import type { Standing } from '../model/run.ts'
import { type Rival, shareToTake } from '../policy/sharing.ts'

/** Sites of which others are told, at most; of those with less to send nobody need know. */
export const toldSitesMax = 100

export class SiteShares {
  readonly #priority: Priority
  #others: readonly Standing[] = []
  /** Of sites that others are told of, and of those that are shared. */
  #shares: ReadonlyMap<string, number> = new Map()

  constructor(priority: Priority) {
    this.#priority = priority
  }

  /** From 0 to 1; of a site that has not been sent to yet it is what the others leave. */
  of(site: string): number {
    return this.#shares.get(site) ?? this.#toTake(site)
  }

  /**
   * Hears what the senders of other runs say of themselves, and has them told which of these sites are used. `changed` are
   * the sites of which another part is this run's from now on.
   */
  hear(
    others: readonly Standing[],
    busySites: readonly string[],
  ): { readonly sites: Standing['sites']; readonly changed: ReadonlySet<string> } {
    const before = this.#shares
    this.#others = others
    const shared = others.flatMap(({ sites }) => sites.map(({ site }) => site))
    const now = new Map([...busySites, ...shared].map(site => [site, this.#toTake(site)]))
    this.#shares = now
    const known = new Set([...before.keys(), ...now.keys()])
    return {
      sites: busySites.map(site => ({ site, share: now.get(site) ?? 1 })),
      changed: new Set([...known].filter(site => (before.get(site) ?? 1) !== (now.get(site) ?? 1))),
    }
  }

  #toTake(site: string): number {
    const rivals = this.#others.flatMap(({ priority, sites }) =>
      sites.filter(each => each.site === site).map(({ share }): Rival => ({ priority, wants: true, share })),
    )
    return shareToTake({ priority: this.#priority, wants: true }, rivals)
  }
}
