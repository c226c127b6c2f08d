/** What is on the screen beside the figures: which page, which site is looked at, and what was said last. Pure. */

/** Pages of the dashboard. */
export type Page = 'overview' | 'site' | 'failures' | 'help'

export interface Screen {
  readonly page: Page
  /** The row of the sites' table that is marked. */
  readonly marked: number
  /** What a key did, until the next one. */
  readonly told: string
  /** Whether it was asked to stop before. */
  readonly isStopping: boolean
}

export const firstScreen: Screen = { page: 'overview', marked: 0, told: '', isStopping: false }

/** A key, as the terminal says it. */
export interface Key {
  readonly input: string
  readonly name?: 'up' | 'down' | 'return' | 'escape'
}

/**
 * What is to be done by others than the screen. `stop` is Ctrl-C's first meaning, `stop at once` its second; `leave` ends the
 * looking at a run of another process.
 */
export type Ask = 'pause' | 'go on' | 'faster' | 'slower' | 'stop' | 'stop at once' | 'leave'

export interface Pressed {
  readonly screen: Screen
  readonly ask: Ask | null
}

/** What the keys work upon. */
export interface Pressable {
  /** How many rows of sites there are to mark. */
  readonly sites: number
  readonly isPaused: boolean
  /** False for a run of another process, which is only looked at. */
  readonly isOwn: boolean
}

/** What a key does. */
export function press(screen: Screen, key: Key, on: Pressable): Pressed {
  const to = (next: Partial<Screen>, ask: Ask | null = null): Pressed => ({
    screen: { ...screen, told: '', ...next },
    ask,
  })
  const turn = (page: Page): Pressed => to({ page: screen.page === page ? 'overview' : page })
  switch (key.name ?? key.input) {
    case 'up':
      return to({ marked: Math.max(0, screen.marked - 1) })
    case 'down':
      return to({ marked: Math.max(0, Math.min(on.sites - 1, screen.marked + 1)) })
    case 'return':
      return on.sites > 0 ? turn('site') : to({})
    case 'escape':
      return to({ page: 'overview' })
    case 'f':
      return turn('failures')
    case '?':
    case 'h':
      return turn('help')
    case 'q':
    case 'interrupt':
      return stop(screen, on)
    default:
      return on.isOwn ? steer(screen, key, on) : { screen, ask: null }
  }
}

function stop(screen: Screen, { isOwn }: Pressable): Pressed {
  if (!isOwn) return { screen, ask: 'leave' }
  return { screen: { ...screen, isStopping: true }, ask: screen.isStopping ? 'stop at once' : 'stop' }
}

function steer(screen: Screen, key: Key, { isPaused }: Pressable): Pressed {
  const asks: Readonly<Record<string, Ask>> = { p: isPaused ? 'go on' : 'pause', '+': 'faster', '-': 'slower' }
  return { screen, ask: asks[key.input] ?? null }
}
