/** One receiving site in detail. */

import { Box, Text } from 'ink'
import { siteRows } from '../rows.ts'
import type { PageProps } from './overview.tsx'
import { useTheme } from './theme.tsx'

export function SitePage({ view, marked, sites }: PageProps) {
  const theme = useTheme()
  const [row] = siteRows(view, sites.slice(marked, marked + 1))
  if (row === undefined)
    return (
      <Box marginTop={1}>
        <Text {...theme('quiet')}>no site has been sent to yet</Text>
      </Box>
    )
  const facts: readonly (readonly [string, string])[] = [
    ['accepted', row.accepted],
    ['put off', row.deferred],
    ['failed', row.failed],
    ['held ready', row.ready],
    ['open calls', row.openCalls],
    ['pace', row.pace],
    ['waits', row.waits === '' ? 'no' : `because it ${row.waits}`],
  ]
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text bold wrap="truncate-end">
        {row.site}
      </Text>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <Box key={name} columnGap={2}>
            <Box width={10} flexShrink={0}>
              <Text {...theme('quiet')}>{name}</Text>
            </Box>
            <Text wrap="truncate-end" {...theme(name === 'pace' ? row.tone : 'plain')}>
              {value}
            </Text>
          </Box>
        ))}
    </Box>
  )
}
