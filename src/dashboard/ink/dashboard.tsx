/** The whole screen: what stands on every page, and the page that is looked at. */

import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import { paceWords } from '../../model/rate.ts'
import { count, duration, moment, terminalSafe } from '../../model/words.ts'
import { outlook, outlookWords, pacePerSecond, sparkline } from '../figures.ts'
import { reasonRows, siteNames, waitText } from '../rows.ts'
import type { Screen } from '../screen.ts'
import type { ViewState } from '../view-state.ts'
import { Overview, type PageProps, Reasons } from './overview.tsx'
import { SitePage } from './site-page.tsx'
import { useTheme } from './theme.tsx'

export interface DashboardProps {
  readonly view: ViewState
  readonly screen: Screen
  readonly columns: number
  readonly rows: number
  /** False for a run of another process, which keys do not steer. */
  readonly isOwn: boolean
}

/** A screen smaller than this holds the figures alone. */
const leastRows = 12

export function Dashboard({ view, screen, columns, rows, isOwn }: DashboardProps) {
  const sites = siteNames(view)
  const page = { view, columns, rows, sites, marked: Math.min(screen.marked, Math.max(0, sites.length - 1)) }
  return (
    <Box flexDirection="column" width={columns} height={Math.max(1, rows - 1)} overflow="hidden">
      <Title view={view} />
      <Progress view={view} columns={columns} />
      <Counts view={view} />
      <Pace view={view} columns={columns} />
      {rows >= leastRows && <Page name={screen.page} {...page} />}
      <Box flexGrow={1} />
      <Keys screen={screen} isPaused={view.paused} isOwn={isOwn} />
    </Box>
  )
}

function Page({ name, ...page }: PageProps & { readonly name: Screen['page'] }): ReactNode {
  switch (name) {
    case 'overview':
      return <Overview {...page} />
    case 'site':
      return <SitePage {...page} />
    case 'failures':
      return <Failures {...page} />
    case 'help':
      return <Help />
  }
}

function Title({ view }: { view: ViewState }) {
  const theme = useTheme()
  const since =
    view.atMs > view.startedMs ? ` · ${duration(Math.floor((view.atMs - view.startedMs) / 1000) * 1000)}` : ''
  return (
    <Box justifyContent="space-between" columnGap={2}>
      <Text wrap="truncate-end">
        <Text bold>{terminalSafe(view.campaign)}</Text>
        <Text {...theme('quiet')}>
          {' '}
          run {view.run}
          {since}
        </Text>
      </Text>
      <Box flexShrink={0}>
        <Text {...theme('quiet')}>{moment(view.atMs).slice(11)}</Text>
      </Box>
    </Box>
  )
}

function Progress({ view, columns }: { view: ViewState; columns: number }) {
  const theme = useTheme()
  const { counts } = view
  const all = counts.accepted + counts.failed + counts.inDoubt + counts.waiting
  const share = all === 0 ? 1 : (all - counts.waiting) / all
  // Never a full bar, and never 100 %, before it is so.
  const percent = `${counts.waiting === 0 ? 100 : Math.min(99, Math.floor(share * 100))} %`.padStart(6)
  const width = Math.max(1, columns - percent.length)
  const filled = counts.waiting === 0 ? width : Math.min(width - 1, Math.floor(share * width))
  return (
    <Text wrap="truncate-end">
      <Text {...theme('good')}>{'█'.repeat(filled)}</Text>
      <Text {...theme('quiet')}>{'░'.repeat(width - filled)}</Text>
      {percent}
    </Text>
  )
}

function Counts({ view }: { view: ViewState }) {
  const theme = useTheme()
  const { accepted, failed, inDoubt, waiting } = view.counts
  return (
    <Text wrap="truncate-end">
      accepted <Text {...theme('good')}>{count(accepted)}</Text>
      {' · '}failed <Text {...theme(failed > 0 ? 'bad' : 'plain')}>{count(failed)}</Text>
      {' · '}in doubt <Text {...theme(inDoubt > 0 ? 'bad' : 'plain')}>{count(inDoubt)}</Text>
      {' · '}waiting {count(waiting)}
      {view.deferrals > 0 && (
        <>
          {' · '}put off <Text {...theme('warning')}>{count(view.deferrals)}</Text>
        </>
      )}
    </Text>
  )
}

/** What a column of the sparkline stands for, seconds. */
const secondsEach = 5

function Pace({ view, columns }: { view: ViewState; columns: number }) {
  const theme = useTheme()
  const { waits, openCalls = 0 } = view.standing ?? { waits: [] }
  const run = waits.find(wait => wait.what === 'run')
  return (
    <Text wrap="truncate-end">
      {paceWords(pacePerSecond(view)).padStart(8)} {sparkline(view, Math.max(10, Math.floor(columns / 4)), secondsEach)}{' '}
      <Text {...theme('quiet')}>
        {openCalls > 0 ? `${count(openCalls)} in flight · ` : ''}
        {run === undefined ? outlookWords(outlook(view)) : `the run ${waitText(run, view.atMs)}`}
      </Text>
    </Text>
  )
}

function Failures({ view, columns, rows }: PageProps) {
  const theme = useTheme()
  const reasons = reasonRows(view)
  if (reasons.length === 0)
    return (
      <Box marginTop={1}>
        <Text {...theme('quiet')}>nobody has been refused or put off</Text>
      </Box>
    )
  return <Reasons rows={reasons.slice(0, Math.max(1, rows - 8))} columns={columns} />
}

function Help() {
  const keys: readonly (readonly [string, string])[] = [
    ['p', 'pause, and go on; what is in flight is finished'],
    ['+  -', "a quarter more of each route's rate, a fifth less"],
    ['↑ ↓', 'mark a site'],
    ['enter', 'the marked site in detail; again: back'],
    ['f', 'who was refused or put off, by reason'],
    ['q', 'stop, as Ctrl-C does: what is in flight is finished'],
    ['?', 'this page; esc: back to the first'],
  ]
  return (
    <Box flexDirection="column" marginTop={1}>
      {keys.map(([key, does]) => (
        <Box key={key} columnGap={2}>
          <Box width={7} flexShrink={0}>
            <Text bold>{key}</Text>
          </Box>
          <Text wrap="truncate-end">{does}</Text>
        </Box>
      ))}
    </Box>
  )
}

function Keys({ screen, isPaused, isOwn }: { screen: Screen; isPaused: boolean; isOwn: boolean }) {
  const theme = useTheme()
  if (screen.told !== '') return <Text wrap="truncate-end">{screen.told}</Text>
  const steering = isOwn ? `p ${isPaused ? 'go on' : 'pause'} · + - pace · ` : ''
  return (
    <Text wrap="truncate-end" {...theme('quiet')}>
      {steering}↑ ↓ enter site · f failures · ? help · q {isOwn ? 'stop' : 'leave'}
    </Text>
  )
}
