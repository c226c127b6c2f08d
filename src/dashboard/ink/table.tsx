/** A table of fixed columns, the last of which takes what is left of the line; what does not fit is cut. */

import { Box, Text } from 'ink'
import type { Tone } from '../rows.ts'
import { useTheme } from './theme.tsx'

export interface Column {
  readonly title: string
  /** Characters; the last column has none. */
  readonly width?: number
  readonly align?: 'right'
}

export interface Cell {
  readonly text: string
  readonly tone?: Tone
}

export function Table(props: {
  readonly columns: readonly Column[]
  readonly rows: readonly { readonly key: string; readonly cells: readonly Cell[]; readonly isMarked?: boolean }[]
}) {
  const { columns, rows } = props
  return (
    <Box flexDirection="column" width="100%">
      <Row columns={columns} cells={columns.map(column => ({ text: column.title, tone: 'quiet' as const }))} />
      {rows.map(({ key, cells, isMarked }) => (
        <Row key={key} columns={columns} cells={cells} isMarked={isMarked === true} />
      ))}
    </Box>
  )
}

function Row(props: {
  readonly columns: readonly Column[]
  readonly cells: readonly Cell[]
  readonly isMarked?: boolean
}) {
  const { columns, cells, isMarked = false } = props
  const theme = useTheme()
  return (
    <Box columnGap={1} width="100%">
      {columns.map((column, index) => {
        const cell = cells[index] ?? { text: '' }
        const place =
          column.width === undefined ? { flexGrow: 1, flexBasis: 0 } : { width: column.width, flexShrink: 0 }
        return (
          <Box
            key={column.title || 'last'}
            {...place}
            justifyContent={column.align === 'right' ? 'flex-end' : 'flex-start'}
          >
            <Text wrap="truncate-end" inverse={isMarked && index === 0} {...theme(cell.tone ?? 'plain')}>
              {cell.text}
            </Text>
          </Box>
        )
      })}
    </Box>
  )
}
