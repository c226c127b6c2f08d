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
  return (
    <Box flexDirection="column">
      {room.routes > 0 && <Routes rows={routes.slice(0, room.routes)} columns={columns} />}
      {room.sites > 0 && (
        <Sites rows={siteRows(view, sites.slice(from, from + room.sites))} marked={marked - from} columns={columns} />
      )}
      {room.reasons > 0 && <Reasons rows={reasons.slice(0, room.reasons)} columns={columns} />}
      {room.said > 0 && <Said view={view} most={room.said} />}
    </Box>
  )
}

const right = 'right' as const
/** The columns that say why something waits. */
const waits = {
  title: 'waits because it',
  text: (row: RouteRow | SiteRow) => row.waits,
  brief: (row: RouteRow | SiteRow) => row.waitsBriefly,
  tone: () => 'quiet' as const,
}

function Routes({ rows, columns }: { rows: readonly RouteRow[]; columns: number }) {
  const table: (Column<RouteRow> & { readonly from?: number })[] = [
    { title: 'route', width: nameWidth(columns), text: row => row.name },
    { title: 'state', width: 8, text: row => row.state, tone: row => row.tone },
    { title: 'pace', width: paceWidth(columns), text: row => row.pace, from: narrow },
    { title: 'open', width: 4, align: right, text: row => row.openCalls },
    { title: 'accepted', width: 10, align: right, text: row => row.accepted, from: wide },
    { title: 'failed', width: 8, align: right, text: row => row.failed, from: wide },
    { title: 'p50', width: 6, align: right, text: row => row.median, from: middling },
    { title: 'p95', width: 6, align: right, text: row => row.slowest, from: middling },
    waits,
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table width={columns} columns={fitting(table, columns)} rows={rows} keyOf={row => row.name} />
    </Box>
  )
}

function Sites({ rows, marked, columns }: { rows: readonly SiteRow[]; marked: number; columns: number }) {
  const table: (Column<SiteRow> & { readonly from?: number })[] = [
    { title: 'site', width: nameWidth(columns), text: row => row.site, tone: row => row.tone },
    { title: 'ready', width: 7, align: right, text: row => row.ready, from: wide },
    { title: 'open', width: 4, align: right, text: row => row.openCalls },
    { title: 'accepted', width: 9, align: right, text: row => row.accepted },
    { title: 'put off', width: 7, align: right, text: row => row.deferred, from: middling },
    { title: 'failed', width: 6, align: right, text: row => row.failed, from: middling },
    { title: 'pace', width: paceWidth(columns), text: row => row.pace, tone: row => row.tone, from: narrow },
    waits,
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table width={columns} columns={fitting(table, columns)} rows={rows} keyOf={row => row.site} marked={marked} />
    </Box>
  )
}

export function Reasons({ rows, columns }: { rows: readonly ReasonRow[]; columns: number }) {
  const table: Column<ReasonRow>[] = [
    { title: 'times', width: 7, align: right, text: row => row.count },
    { title: 'refused or put off', width: 28, text: row => row.what, tone: row => row.tone },
    { title: 'in the words of the other side', text: row => row.text, tone: () => 'quiet' },
  ]
  return (
    <Box marginTop={1} width="100%">
      <Table width={columns} columns={table} rows={rows} keyOf={({ what }, index) => `${index} ${what}`} />
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

/**
 * Terminals of so many characters have room for everything; of so many, for everything but counts that stand elsewhere; of so
 * many, for a pace beside what is waited for.
 */
const [wide, middling, narrow] = [110, 80, 60]

/** The columns that a terminal has room for: those that are not only there from a width on. */
function fitting<Each extends { readonly from?: number }>(table: readonly Each[], columns: number): readonly Each[] {
  return table.filter(({ from = 0 }) => columns >= from)
}

function nameWidth(columns: number): number {
  return Math.max(10, Math.min(32, Math.floor(0.19 * columns)))
}

function paceWidth(columns: number): number {
  return columns >= wide ? 18 : 16
}
