/** How many rows of each kind fit on a screen. Pure. */

export interface PageLayout {
  readonly routes: number
  readonly sites: number
  readonly reasons: number
  readonly said: number
}

/** The title, the bar, the counts, the pace, and the line of keys at the end; the last line stays free, or it would scroll. */
const fixedRows = 6
/** A table's headings and the empty line above it. */
const tableRows = 2

/**
 * Routes come first, for there are few of them and all matters; then what was refused and said, in proportion; the sites get
 * what is left. A table that has no room is left out with its headings.
 */
export function pageLayout(rows: number, has: PageLayout): PageLayout {
  let left = rows - fixedRows
  const give = (wanted: number, most: number): number => {
    const given = Math.max(0, Math.min(wanted, most, left - tableRows))
    if (given > 0) left -= given + tableRows
    return given
  }
  const routes = give(has.routes, Math.max(2, Math.floor(rows / 6)))
  // Two rows of sites are kept free for as long as there is room for anything beside the routes.
  const spare = (): number => left - tableRows - Math.min(2, has.sites)
  const reasons = give(Math.min(has.reasons, Math.max(0, spare() - tableRows)), Math.max(2, Math.floor(rows / 8)))
  const said = give(Math.min(has.said, Math.max(0, spare() - tableRows)), Math.max(2, Math.floor(rows / 8)))
  return { routes, reasons, said, sites: give(has.sites, rows) }
}
