/**
 * What a run's figures ask to be done: figures in, sentences out, each with the figures it follows from. Pure; the rules
 * stand in the order in which they matter.
 */

import type { Course, Tally, Trouble } from '../journal/journal.ts'
import type { FailureClass } from '../model/outcome.ts'
import { count, latency, percent, plural, terminalSafe } from '../model/words.ts'
import type { Outcome } from './summary.ts'

export interface Figures {
  readonly outcome: Outcome
  readonly tally: Tally
  readonly course: Pick<Course, 'deferrals' | 'latency' | 'siteTroubles' | 'routeTroubles'>
  /** How many of those accepted have complained. */
  readonly complaints: number
}

export interface Recommendation {
  readonly advice: string
  readonly reason: string
}

export function recommendations(figures: Figures): readonly Recommendation[] {
  return rules.flatMap(rule => rule(figures))
}

type Rule = (figures: Figures) => readonly Recommendation[]

/** Above this, providers begin to ask questions; most of them name 2 to 5 % in their rules of use. */
const hardBounceMax = 0.02
/** Gmail's rules for senders: below 0.1 %, and never 0.3 %. */
const complaintMax = 0.001
/** A site or a route is in trouble if so many of its messages are, and at least so many in number. */
const troubleShare = 0.05
const troubleLeast = 3
const deferralMax = 0.1
const slowMs = 5000
/** So many sites or routes are named for one kind of trouble. */
const namedMax = 3

const rules: readonly Rule[] = [
  ({ outcome }) =>
    outcome === 'mailed twice'
      ? [{ advice: 'Find out how somebody was mailed twice.', reason: 'An address was accepted twice under one key.' }]
      : [],

  ({ tally: { counts } }) =>
    counts.inDoubt === 0
      ? []
      : [
          {
            advice: 'Settle who is in doubt, with mailblast settle.',
            reason: `${plural(counts.inDoubt, 'recipient')} may have been mailed or not, and nobody will try again until it is settled.`,
          },
        ],

  ({ tally }) => {
    const { accepted, failed } = tally.counts
    const hard = failedWith(tally, 'hard')
    if (accepted + failed === 0 || hard <= hardBounceMax * (accepted + failed)) return []
    return [
      {
        advice: 'Clean the list before it is used again, and look at where its addresses come from.',
        reason: `${percent(hard / (accepted + failed))} bounced hard (${count(hard)} of ${count(accepted + failed)}); more than ${percent(hardBounceMax)} harms the sender's name. Those addresses are suppressed here.`,
      },
    ]
  },

  ({ tally: { counts }, complaints }) =>
    counts.accepted === 0 || complaints <= complaintMax * counts.accepted
      ? []
      : [
          {
            advice: 'Make it easier to unsubscribe, and mail only who has asked for it.',
            reason: `${percent(complaints / counts.accepted)} complained (${count(complaints)} of ${count(counts.accepted)}); more than ${percent(complaintMax)} makes receivers sort mail away.`,
          },
        ],

  ({ course }) =>
    inTrouble(course.siteTroubles, ['block']).map(({ name, count: blocked, of }) => ({
      advice: `Find out why ${name} blocks this mail: SPF, DKIM and DMARC of the sender, and what its postmaster pages say.`,
      reason: `${name} blocked ${count(blocked)} of ${plural(of, 'message')}.`,
    })),

  ({ course }) =>
    inTrouble(course.siteTroubles, ['throttled']).map(({ name, count: slowed, of }) => ({
      advice: `Lower the rate of ${name} under sites: in the campaign, say to half.`,
      reason: `${name} put off ${count(slowed)} of ${plural(of, 'message')} because they came too fast.`,
    })),

  ({ course }) =>
    routeRules.flatMap(({ classes, advice, says }) =>
      inTrouble(course.routeTroubles, classes).map(({ name, count: lost, of }) => ({
        advice: advice(name),
        reason: `${name} ${says} for ${count(lost)} of ${plural(of, 'message')}.`,
      })),
    ),

  ({ tally: { counts }, course: { deferrals } }) => {
    const handed = deferrals + counts.accepted + counts.failed + counts.inDoubt
    if (deferrals < troubleLeast || deferrals <= deferralMax * handed) return []
    return [
      {
        advice: 'Begin more slowly the next time, with lower rates or a warm-up.',
        reason: `${percent(deferrals / handed)} of what was handed over was put off and had to be handed over again (${count(deferrals)} of ${count(handed)}).`,
      },
    ]
  },

  ({ course }) =>
    course.latency
      .filter(({ p95Ms }) => p95Ms > slowMs)
      .slice(0, namedMax)
      .map(({ route, p95Ms, calls }) => ({
        advice: `See what makes ${route} slow; more concurrency may make up for it.`,
        reason: `One in twenty of its ${plural(calls, 'call')} took ${latency(p95Ms)} or longer.`,
      })),

  ({ tally }) => {
    const refused = failedWith(tally, 'content')
    return refused === 0
      ? []
      : [
          {
            advice: 'Look at the message itself: its size, its attachments, its links.',
            reason: `${plural(refused, 'message')} ${refused === 1 ? 'was' : 'were'} refused for what ${refused === 1 ? 'it is' : 'they are'}.`,
          },
        ]
  },

  ({ tally }) => {
    const passing = failedWith(tally, 'soft') + failedWith(tally, 'expired') + failedWith(tally, 'transient')
    return passing === 0
      ? []
      : [
          {
            advice: 'Try those again later, with mailblast retry --failed --class soft,expired,transient.',
            reason: `${plural(passing, 'recipient')} failed for what may pass.`,
          },
        ]
  },

  ({ tally: { counts } }) =>
    counts.rowProblems === 0
      ? []
      : [
          {
            advice: 'Mend the rows of the rejects file, and send again: who has had it is left out.',
            reason: `${plural(counts.rowProblems, 'row')} of the list could not be used.`,
          },
        ],

  ({ outcome, tally: { counts } }) =>
    outcome !== 'unfinished'
      ? []
      : [
          {
            advice: 'Go on with the run, with mailblast resume.',
            reason: `${plural(counts.waiting, 'recipient')} still ${counts.waiting === 1 ? 'waits' : 'wait'}.`,
          },
        ],
]

/** What a route may be ill with. */
const routeRules: readonly {
  readonly classes: readonly FailureClass[]
  readonly advice: (route: string) => string
  readonly says: string
}[] = [
  {
    classes: ['auth'],
    advice: route => `Mend the login of ${route}; mailblast providers test says whether it is good.`,
    says: 'did not accept the login',
  },
  {
    classes: ['config'],
    advice: route => `Mend the set-up of ${route}: its sender, its domain, its options.`,
    says: 'or its account was set up wrongly',
  },
  {
    classes: ['quota'],
    advice: route => `Have the allowance of ${route} raised, or give the campaign another route.`,
    says: 'had no allowance left',
  },
  {
    classes: ['transient', 'unknown'],
    advice: route => `See whether ${route} is well, and give the campaign another route beside it.`,
    says: 'could not be reached or did not answer',
  },
]

function failedWith({ classes }: Tally, failureClass: FailureClass): number {
  return classes.find(each => each.state === 'failed' && each.class === failureClass)?.count ?? 0
}

/** Those with so much trouble of these classes together, the worst first. */
function inTrouble(troubles: readonly Trouble[], classes: readonly FailureClass[]): readonly Omit<Trouble, 'class'>[] {
  const sums = new Map<string, Omit<Trouble, 'class'>>()
  for (const { name, class: failureClass, count: number, of } of troubles) {
    if (!classes.includes(failureClass)) continue
    sums.set(name, { name: terminalSafe(name), of, count: (sums.get(name)?.count ?? 0) + number })
  }
  return [...sums.values()]
    .filter(each => each.count >= troubleLeast && each.count >= troubleShare * each.of)
    .sort((one, other) => other.count - one.count)
    .slice(0, namedMax)
}
