/**
 * The law that a drill holds a campaign to: the journal's word on every recipient against the ledger of whoever took the
 * mails. Pure, so that a test can feed it what must never be, and see it complain.
 */

/** What the journal says of an address in one run. */
export interface Row {
  readonly run: string
  readonly address: string
  readonly state: string
  readonly reason: string
  readonly messageId: string
}

/** What the sink says of an address: one for every time that it took responsibility for a mail to it. */
export interface Taken {
  readonly address: string
  readonly message_id: string | null
  readonly run: string | null
  readonly subject: string
}

export interface Evidence {
  /** Every address of the list, with the subject of its mail. */
  readonly wanted: ReadonlyMap<string, string>
  /** All rows of all runs of the key. */
  readonly rows: readonly Row[]
  readonly ledger: readonly Taken[]
  /** Who was in a call that was open when a process was killed, or whose answer was lost on purpose. */
  readonly inFlight: ReadonlySet<string>
}

export interface Violation {
  readonly recipient: string
  readonly what: string
  readonly journal: string
  readonly ledger: string
}

/**
 * After a campaign was finished and before anybody in doubt was settled: everybody is accepted or in doubt; accepted is in
 * the ledger once, nobody is there twice, and in doubt is exactly whoever was in flight at a kill.
 */
export function violations(evidence: Evidence): readonly Violation[] {
  return judge(evidence, ({ state, times, wasInFlight }) => {
    if (state !== 'accepted' && state !== 'in doubt') return 'lost: neither accepted nor in doubt'
    if (state === 'accepted' && times === 0) return 'lost: accepted, but nobody took it'
    if (state === 'in doubt' && !wasInFlight) return 'in doubt, but in no call that was cut off'
    if (state !== 'in doubt' && wasInFlight) return 'in a call that was cut off, but not in doubt'
    return null
  })
}

/** After everybody in doubt was settled: nobody is in doubt, and the journal says of everybody what the ledger says. */
export function violationsOnceSettled(evidence: Evidence): readonly Violation[] {
  return judge(evidence, ({ state, times, wasInFlight }) => {
    if (state === 'in doubt') return 'in doubt after everybody was settled'
    if (state === 'accepted' && times === 0) return 'lost: accepted, but nobody took it'
    if (state !== 'accepted' && times > 0) return 'taken, but not accepted'
    if (state !== 'accepted' && !wasInFlight) return 'lost: not accepted, and in no call that was cut off'
    return null
  })
}

/** At the very end: everybody has it, once. */
export function violationsAtTheEnd(evidence: Evidence): readonly Violation[] {
  return judge(evidence, ({ state, times }) =>
    state === 'accepted' && times === 1 ? null : 'lost: does not have it at the end',
  )
}

interface Facts {
  /** The most binding state over all runs of the key. */
  readonly state: string
  /** How often the sink took a mail to the address. */
  readonly times: number
  readonly wasInFlight: boolean
}

function judge(evidence: Evidence, law: (facts: Facts) => string | null): readonly Violation[] {
  const rows = Map.groupBy(evidence.rows, row => row.address)
  const takings = Map.groupBy(evidence.ledger, entry => entry.address)
  const addresses = new Set([...evidence.wanted.keys(), ...rows.keys(), ...takings.keys()])
  return [...addresses].flatMap(recipient => {
    const own = rows.get(recipient) ?? []
    const taken = takings.get(recipient) ?? []
    const state = bindingState(own)
    const what =
      whatIsWrongAnyway(evidence.wanted.get(recipient), own, taken) ??
      law({ state, times: taken.length, wasInFlight: evidence.inFlight.has(recipient) })
    if (what === null) return []
    const journal = own.map(row => `${row.state} ${row.reason} in ${row.run}`.replace(/ {2,}/g, ' ')).join(', ')
    return [{ recipient, what, journal: journal || 'not there', ledger: shownTakings(taken) }]
  })
}

/** What may never be, whatever the state. */
function whatIsWrongAnyway(
  subject: string | undefined,
  rows: readonly Row[],
  taken: readonly Taken[],
): string | undefined {
  if (subject === undefined) return 'not on the list'
  if (taken.length > 1) return 'mailed twice'
  if (rows.filter(row => row.state === 'accepted').length > 1) return 'accepted twice'
  const [entry] = taken
  if (entry === undefined) return undefined
  const row = rows.find(each => each.run === entry.run)
  if (row === undefined) return 'mailed in a run that does not know her'
  if (row.messageId !== '' && row.messageId !== entry.message_id) return 'mailed under another Message-ID'
  return entry.subject === subject ? undefined : `mailed somebody else's mail: ${entry.subject}`
}

function bindingState(rows: readonly Row[]): string {
  const states = rows.map(row => row.state)
  return ['accepted', 'in doubt', 'waiting', 'failed'].find(state => states.includes(state)) ?? states[0] ?? 'missing'
}

function shownTakings(taken: readonly Taken[]): string {
  if (taken.length === 0) return 'not there'
  return taken.map(({ run, message_id, subject }) => `${subject} (${message_id} of ${run})`).join(', ')
}
