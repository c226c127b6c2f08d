/**
 * What is known of sites and provider accounts is remembered in the journal, so that neither a restart nor the next run
 * hurries anybody: how much of their rates is used, how far their pace was lowered, and how long they rest. It is written in
 * groups, and is found again at once.
 */

import type { Journal, RememberedPace } from '../journal/journal.ts'
import type { Json } from '../model/edition.ts'
import type { Rate } from '../model/rate.ts'
import { unadapted } from '../policy/adaptation.ts'
import { type Breaker, closed } from '../policy/breaker.ts'
import { newBucket } from '../policy/pacing.ts'
import type { SpentWindow } from '../policy/spent-window.ts'
import type { PaceState } from './pace.ts'

/** How a site or account may be used. */
export interface Use {
  readonly pace: PaceState
  readonly breaker: Breaker
  /** Of an account: what its provider's answers say of its window. */
  readonly spent?: SpentWindow | null
}

/** What is stored of it, and known again. */
interface KnownUse extends Use {
  /** False if more may have been used since: whoever kept it was killed, or uses it still. */
  readonly isExact: boolean
}

/** Receivers change their minds: a lowered pace or a rest that has been over for so long says nothing any more. */
const staleMs = 3_600_000
/** What nobody has used for so long is forgotten. */
const forgottenMs = 7 * 86_400_000
/** Paces that wait to be written, at most. */
const unsavedMax = 5000

type What = RememberedPace['what']

export class PaceMemory {
  readonly #journal: Journal
  readonly #unsaved = new Map<string, RememberedPace>()
  /**
   * Before then more may have been used than was remembered, of all sites: by a process that was killed, or that uses the
   * same account still. Null if it is certain that there was none.
   */
  #uncertainUntilMs: number | null = null

  constructor(journal: Journal, nowMs: number) {
    this.#journal = journal
    journal.forgetPaces(nowMs - forgottenMs)
  }

  recall(what: What, name: string, nowMs: number): KnownUse | undefined {
    const remembered = this.#unsaved.get(keyOf(what, name)) ?? this.#journal.pace(what, name)
    if (remembered === undefined) return undefined
    const stored = remembered.content as unknown as KnownUse
    const isCertain = this.#uncertainUntilMs === null || remembered.atMs >= this.#uncertainUntilMs
    // A clock that was ahead when it was kept, and has been set right, keeps nobody waiting for the difference.
    const aheadMs = Math.max(0, remembered.atMs - nowMs)
    const known = { ...earlier(stored, aheadMs), isExact: stored.isExact && isCertain }
    return asOf(known, remembered.atMs - aheadMs, nowMs)
  }

  /** As `recall`, of a site with these rates, of which what is not remembered may be uncertain too. */
  recallSite(site: string, rates: readonly Rate[], nowMs: number): Use | undefined {
    const known = this.recall('site', site, nowMs)
    if (known !== undefined || this.#uncertainUntilMs === null) return known
    return usedUp(rates, this.#uncertainUntilMs)
  }

  /** Somebody may have used up what sites allow, and not have said so. */
  becomeUncertain(nowMs: number): void {
    this.#uncertainUntilMs = nowMs
  }

  /** Not exact: more may be used before it is kept again, and the next process must allow for that. */
  keep(what: What, name: string, use: Use, now: { readonly nowMs: number; readonly isExact: boolean }): void {
    const stored: KnownUse = { ...use, isExact: now.isExact }
    const content = stored as unknown as Json
    this.#unsaved.set(keyOf(what, name), { what, name, content, atMs: now.nowMs })
    if (this.#unsaved.size >= unsavedMax) this.save()
  }

  save(): void {
    if (this.#unsaved.size === 0) return
    this.#journal.rememberPaces([...this.#unsaved.values()])
    this.#unsaved.clear()
  }
}

function keyOf(what: What, name: string): string {
  return `${what} ${name}`
}

/** With every rest ending so much earlier. */
function earlier(stored: KnownUse, byMs: number): KnownUse {
  if (byMs === 0) return stored
  const { breaker, spent = null } = stored
  return {
    ...stored,
    breaker: breaker.kind === 'open' ? { ...breaker, untilMs: breaker.untilMs - byMs } : breaker,
    spent: spent === null ? null : { ...spent, untilMs: spent.untilMs - byMs },
  }
}

/** All that these rates allow at once is used; what comes in later can be used again. */
function usedUp(rates: readonly Rate[], atMs: number): Use {
  const buckets = rates.map(rate => ({ ...newBucket(rate, atMs), tokens: 1 }))
  return { pace: { buckets, adapted: null, adaptation: unadapted }, breaker: closed }
}

function asOf({ pace, breaker, spent, isExact }: KnownUse, savedAtMs: number, nowMs: number): KnownUse {
  const isStale = nowMs - savedAtMs > staleMs
  const isRestOver = breaker.kind !== 'open' || nowMs - breaker.untilMs > staleMs
  return {
    isExact,
    pace: {
      // A process that was killed may have used all that was saved up.
      buckets: isExact
        ? pace.buckets
        : pace.buckets.map(bucket => ({ ...bucket, tokens: Math.min(1, bucket.tokens), atMs: nowMs })),
      adapted: isExact && !isStale ? pace.adapted : null,
      adaptation: isStale ? unadapted : pace.adaptation,
    },
    // Nobody is there any more to say how a call ended that was to decide.
    breaker:
      breaker.kind === 'half-open'
        ? { kind: 'open', untilMs: nowMs, failures: breaker.failures }
        : isRestOver
          ? closed
          : breaker,
    spent: spent ?? null,
  }
}
