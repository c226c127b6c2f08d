/** A table of fixed columns, the last of which takes what is left of the line; what does not fit is cut. */

import { Box, Text } from 'ink'
import type { Tone } from '../rows.ts'
import { useTheme } from './theme.tsx'

export interface Column<Row> {
  readonly title: string
  /** Characters; the last column has none. */
  readonly width?: number
  readonly align?: 'right'
  readonly text: (row: Row) => string
  /** The same in fewer words, for where the text does not fit into the last column. */
  readonly brief?: (row: Row) => string
  readonly tone?: (row: Row) => Tone
}

const gap = 1

export function Table<Row>(props: {
  /** Characters of the whole line. */
  readonly width: number
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row, index: number) => string
  /** The index of a row that is marked; -1: none is. */
  readonly marked?: number
}) {
  const { width, columns, rows, keyOf, marked = -1 } = props
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0) + gap, -gap)
  return (
    <Box flexDirection="column" width="100%">
      <Line columns={columns} texts={columns.map(({ title }) => ({ text: title, tone: 'quiet' as const }))} />
      {rows.map((row, index) => (
        <Line
          key={keyOf(row, index)}
          columns={columns}
          texts={columns.map(column => ({
            text: wording(column, row, column.width ?? width - fixed),
            tone: column.tone?.(row) ?? 'plain',
          }))}
          isMarked={index === marked}
        />
      ))}
    </Box>
  )
}

function wording<Row>({ text, brief }: Column<Row>, row: Row, room: number): string {
  const words = text(row)
  return brief === undefined || words.length <= room ? words : brief(row)
}

function Line(props: {
  readonly columns: readonly { readonly title: string; readonly width?: number; readonly align?: 'right' }[]
  readonly texts: readonly { readonly text: string; readonly tone: Tone }[]
  readonly isMarked?: boolean
}) {
  const { columns, texts, isMarked = false } = props
  const theme = useTheme()
  return (
    <Box columnGap={gap} width="100%">
      {columns.map(({ title, width, align }, index) => {
        const { text, tone } = texts[index] ?? { text: '', tone: 'plain' }
        const place = width === undefined ? { flexGrow: 1, flexBasis: 0 } : { width, flexShrink: 0 }
        return (
          <Box key={title || 'last'} {...place} justifyContent={align === 'right' ? 'flex-end' : 'flex-start'}>
            <Text wrap="truncate-end" inverse={isMarked && index === 0} {...theme(tone)}>
              {text}
            </Text>
          </Box>
        )
      })}
    </Box>
  )
}
