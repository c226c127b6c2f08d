/** Which character separates the cells of a list, found from its header line and first rows. */

import { csvBeginning } from './csv.ts'

/** In the order in which they are preferred where nothing else decides. */
const candidates = [',', ';', '\t', '|'] as const

/** How many rows are looked at. */
const sampleRows = 50

/**
 * The delimiter that shows a column named as an address column is; else the one by which most of the first rows have as
 * many cells as the header; else the one that gives the most columns. A comma for a list of one column.
 * `whole`: the sample is all there is.
 */
export function detectDelimiter(sample: Buffer, whole: boolean, isAddressColumn: (name: string) => boolean): string {
  const seen = candidates.map(delimiter => ({ delimiter, ...shapeOf(sample, whole, delimiter, isAddressColumn) }))
  const several = seen.filter(each => each.columns > 1)
  several.sort((a, b) => b.addresses - a.addresses || b.fitting - a.fitting || b.columns - a.columns)
  return several[0]?.delimiter ?? ','
}

function shapeOf(sample: Buffer, whole: boolean, delimiter: string, isAddressColumn: (name: string) => boolean) {
  const [header, ...rows] = csvBeginning(sample, delimiter, whole).records.slice(0, sampleRows + 1)
  const names = header?.cells ?? []
  return {
    columns: names.length,
    addresses: names.some(name => isAddressColumn(name.trim())) ? 1 : 0,
    fitting: rows.filter(row => row.cells?.length === names.length).length,
  }
}
