/** How numbers, times and counts are said, the same way everywhere people read them. */

/** `12,345`; to have it of the language's own formatter would cost every command a tenth of its start. */
export function count(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `1 row`, `2 rows`, `1,000 rows`; give the plural where it is not the singular with an s. */
export function plural(value: number, singular: string, several = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : several}`
}

/** `12.5%` of a share from 0 to 1. Complaints are measured in tenths of a percent, so a small one is said to three digits. */
export function percent(share: number): string {
  const value = share * 100
  return `${value < 1 ? Number(value.toPrecision(3)) : value.toFixed(1)}%`
}

const ordinal = new Intl.PluralRules('en', { type: 'ordinal' })
const endings: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' }

/** `1st`, `2nd`, `11th`, `1,022nd` */
export function nth(value: number): string {
  return `${count(value)}${endings[ordinal.select(value)] ?? 'th'}`
}

/** A duration as people say it, in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  const units: readonly [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]
  const first = units.findIndex(([, length]) => seconds >= length)
  let rest = seconds
  const said: string[] = []
  for (const [unit, length] of units.slice(first, first + 2)) {
    const whole = Math.floor(rest / length)
    if (whole > 0) said.push(`${whole} ${unit}`)
    rest -= whole * length
  }
  return said.join(' ')
}

/** How long a call took: `3.4 s` where `duration` is too coarse for what is compared with a limit of seconds. */
export function latency(ms: number): string {
  return ms < 1000 || ms >= 60_000 ? duration(ms) : `${Number((ms / 1000).toPrecision(3))} s`
}

/** `1.5 kB`, in steps of 1,000. */
export function bytes(value: number): string {
  if (value < 1000) return plural(value, 'byte')
  const units = ['kB', 'MB', 'GB', 'TB']
  let scaled = value
  let unit = -1
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000
    unit += 1
  }
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit]}`
}

/** A moment in a zone, or else in the reader's, with what its clock is ahead of UTC: `2026-11-22 14:05:09 GMT+1`. */
export function moment(atMs: number, zone?: string): string {
  if (zone === undefined) return readersMoment(new Date(atMs))
  const parts = formatOf(zone).formatToParts(atMs)
  const part = (type: string): string => parts.find(each => each.type === type)?.value ?? ''
  const day = `${part('year')}-${part('month')}-${part('day')}`
  return `${day} ${part('hour')}:${part('minute')}:${part('second')} ${part('timeZoneName')}`
}

/** By the clock of this machine, which is read in a moment; a formatter takes longer to make than many a command to run. */
function readersMoment(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const aheadMin = -at.getTimezoneOffset()
  const [hours, minutes] = [Math.trunc(Math.abs(aheadMin) / 60), Math.abs(aheadMin) % 60]
  const ahead = `GMT${aheadMin < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${aheadMin === 0 ? 'UTC' : ahead}`
}

/** To make one takes longer than to use it a hundred times; of zones there are few. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  })
  formats.set(zone, made)
  return made
}

/** A text as lines of at most so many characters, cut between words; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  return wrappedWords(text.split(' '), width)
}

/** The same with words that may have blanks in them, at which no line ends; one before a word is lost where a line begins. */
export function wrappedWords(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word.trimStart()
    } else line = line === '' ? word.trimStart() : `${line} ${word}`
  }
  return [...lines, line]
}

/** RFC 3339 in UTC; null for a time there is not. Times before 1971 stand for "at once" and are null too. */
export function iso(atMs: number | null): string | null {
  return atMs === null || atMs <= 0 ? null : new Date(atMs).toISOString()
}

/** Untrusted text made safe for a terminal line: no escape sequence, no line break, at most `max` characters. */
export function terminalSafe(text: string, max = 200): string {
  const line = text.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
  return line.length > max ? `${line.slice(0, max - 1)}…` : line
}
