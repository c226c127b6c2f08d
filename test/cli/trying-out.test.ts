/** Where the one message of `mailblast providers test` goes: never to a recipient, and to no charge unasked. */

import { expect, test } from 'vitest'
import { type Plan, planFor } from '../../src/cli/trying-out.ts'
import { providerKinds } from '../../src/providers/index.ts'
import type { Profile } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { address, opening } from '../support/provider-opening.ts'

const { sandbox: _, ...bare } = sendgrid.profile
const { route } = opening({ options: { base_url: 'https://api.acme.example', test_mode: false } })

function said(plan: Plan): string {
  if (plan.kind === 'none') return plan.why
  if (plan.kind === 'option') return JSON.stringify(plan.route.options)
  return plan.kind === 'address' ? plan.to : plan.kind
}

const tested = '{"base_url":"https://api.acme.example","test_mode":true}'
const rows: readonly (readonly [string, Partial<Profile>, string, string])[] = [
  ['it delivers nothing', { delivers: false }, 'not tried: --send hands one over, which', 'as it is'],
  ['it has no sandbox', {}, 'not tried: there is no sandbox', 'not tried: there is no sandbox'],
  ['an option, and free', { sandbox: { by: 'option', option: 'test_mode', free: true } }, tested, tested],
  ['an option', { sandbox: { by: 'option', option: 'test_mode' } }, 'not tried: --send hands one over in its', tested],
  [
    'an address',
    { sandbox: { by: 'address', to: 'ok@sink.example' } },
    'not tried: --send sends one to ok@sink.example',
    address('ok@sink.example'),
  ],
]

test.each(rows)('%s', (_what, facts, unasked, asked) => {
  const profile: Profile = { ...bare, ...facts }
  expect(said(planFor(route, profile, false))).toMatch(new RegExp(`^${unasked.replace(/[{}"]/g, '\\$&')}`))
  expect(said(planFor(route, profile, true))).toMatch(new RegExp(`^${asked.replace(/[{}"]/g, '\\$&')}`))
})

test.each(providerKinds.map(kind => [kind.profile.name, kind] as const))(
  '%s has the sandbox that it names',
  (_, kind) => {
    const plan = planFor(route, kind.profile, true)
    const { sandbox } = kind.profile
    expect(plan.kind).toBe(kind.profile.delivers ? (sandbox?.by ?? 'none') : 'as it is')
    if (sandbox?.by === 'option') expect(kind.options.shape[sandbox.option]?.safeParse(true).success).toBe(true)
  },
)
