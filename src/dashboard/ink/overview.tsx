/** The first page: how far it is, how fast it goes, and how each route and the busiest sites are doing. */

import { Box, Text } from 'ink'
import { moment } from '../../model/words.ts'
import { pageLayout } from '../page-layout.ts'
import { type ReasonRow, type RouteRow, reasonRows, routeRows, type SiteRow, siteRows } from '../rows.ts'
import type { ViewState } from '../view-state.ts'
import { type Column, Table } from './table.tsx'
import { useTheme } from './theme.tsx'

export interface PageProps {
  readonly view: ViewState
  readonly columns: number
  readonly rows: number
  readonly marked: number
  /** As `siteNames` has them. */
  readonly sites: readonly string[]
}

export function Overview({ view, columns, rows, marked, sites }: PageProps) {
  const [routes, reasons] = [routeRows(view), reasonRows(view)]
  const has = { routes: routes.length, sites: sites.length, reasons: reasons.length, said: view.said.length }
  const room = pageLayout(rows, has)
  // The marked row is always among those that are shown.
  const from = Math.max(0, Math.min(marked - room.sites + 1, sites.length - room.sites))
  const isWide = columns >= 110
  return (
    <Box flexDirection="column">
      {room.routes > 0 && <Routes rows={routes.slice(0, room.routes)} isWide={isWide} columns={columns} />}
      {room.sites > 0 && (
        <Sites
          rows={siteRows(view, sites.slice(from, from + room.sites))}
          marked={marked - from}
          isWide={isWide}
          columns={columns}
        />
      )}
      {room.reasons > 0 && <Reasons rows={reasons.slice(0, room.reasons)} />}
      {room.said > 0 && <Said view={view} most={room.said} />}
    </Box>
  )
}

function Routes({ rows, isWide, columns }: { rows: readonly RouteRow[]; isWide: boolean; columns: number }) {
  const table: Column[] = [
    { title: 'route', width: nameWidth(columns) },
    { title: 'state', width: 8 },
    { title: 'pace', width: isWide ? 18 : 14 },
    { title: 'open', width: 4, align: 'right' },
    ...(isWide
      ? ([
          { title: 'accepted', width: 10, align: 'right' },
          { title: 'failed', width: 8, align: 'right' },
        ] as const)
      : []),
    { title: 'p50', width: 6, align: 'right' },
    { title: 'p95', width: 6, align: 'right' },
    { title: 'waits because it' },
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table
        columns={table}
        rows={rows.map(row => ({
          key: row.name,
          cells: [
            { text: row.name },
            { text: row.state, tone: row.tone },
            { text: row.pace },
            { text: row.openCalls },
            ...(isWide ? [{ text: row.accepted }, { text: row.failed }] : []),
            { text: row.median },
            { text: row.slowest },
            { text: row.waits, tone: 'quiet' as const },
          ],
        }))}
      />
    </Box>
  )
}

function Sites(props: { rows: readonly SiteRow[]; marked: number; isWide: boolean; columns: number }) {
  const { rows, marked, isWide, columns } = props
  const table: Column[] = [
    { title: 'site', width: nameWidth(columns) },
    ...(isWide ? ([{ title: 'ready', width: 7, align: 'right' }] as const) : []),
    { title: 'open', width: 4, align: 'right' },
    { title: 'accepted', width: 9, align: 'right' },
    { title: 'put off', width: 7, align: 'right' },
    { title: 'failed', width: 6, align: 'right' },
    { title: 'pace', width: isWide ? 18 : 14 },
    { title: 'waits because it' },
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table
        columns={table}
        rows={rows.map((row, index) => ({
          key: row.site,
          isMarked: index === marked,
          cells: [
            { text: row.site, tone: row.tone },
            ...(isWide ? [{ text: row.ready }] : []),
            { text: row.openCalls },
            { text: row.accepted },
            { text: row.deferred },
            { text: row.failed },
            { text: row.pace, tone: row.tone },
            { text: row.waits, tone: 'quiet' as const },
          ],
        }))}
      />
    </Box>
  )
}

export function Reasons({ rows }: { rows: readonly ReasonRow[] }) {
  const table: Column[] = [
    { title: 'times', width: 7, align: 'right' },
    { title: 'refused or put off', width: 28 },
    { title: 'in the words of the other side' },
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table
        columns={table}
        rows={rows.map((row, index) => ({
          key: `${index} ${row.what}`,
          cells: [{ text: row.count }, { text: row.what, tone: row.tone }, { text: row.text, tone: 'quiet' as const }],
        }))}
      />
    </Box>
  )
}

function Said({ view, most }: { view: ViewState; most: number }) {
  const theme = useTheme()
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text {...theme('quiet')}>said last</Text>
      {view.said.slice(-most).map(({ atMs, line }) => (
        <Text key={`${atMs} ${line}`} wrap="truncate-end">
          <Text {...theme('quiet')}>{moment(atMs).slice(11, 19)} </Text>
          {line.split('\n')[0]}
        </Text>
      ))}
    </Box>
  )
}

function nameWidth(columns: number): number {
  return Math.max(10, Math.min(32, Math.floor(columns / 5)))
}
