/** The SMTP half of a sink: what its rules say is done at each step, and who is accepted goes into the ledger first. */

import { createHash } from 'node:crypto'
import { type Call, type Conduct, sameAddress } from './conduct.ts'
import { decodedText, readHeader } from './header.ts'
import { smtpReply } from './replies.ts'
import { type Rule, type RulePhase, usualSaying } from './rule.ts'
import { type SmtpAct, type SmtpServer, type SmtpStep, startSmtpServer } from './smtp-server.ts'

/** As many receivers take at most; a larger message is refused by its announced size. */
const sizeMaxBytes = 100 * 1024 * 1024

const provider = 'smtp'
const garbage = '\u0001\u0016 what 0xDEAD\r\n'

export interface SmtpSinkOptions {
  readonly port: number
  readonly conduct: Conduct
  /** Told of every new connection, with its number. */
  readonly onOpened: (connection: number) => void
}

/** Rejects with the system's error if the port cannot be had. */
export function startSmtpSink({ port, conduct, onOpened }: SmtpSinkOptions): Promise<SmtpServer> {
  /** The transaction of each open connection; before the first one, a call without a number. */
  const calls = new WeakMap<object, Call>()

  function callAt(step: SmtpStep): Call {
    const known = calls.get(step.conversation)
    if (known !== undefined && step.stage !== 'mail') return known
    const { connection } = step
    const number = step.stage === 'mail' ? conduct.nextCall() : null
    const call: Call = { provider, connection, number, to: [], misbehaviour: null, inLedger: false }
    calls.set(step.conversation, call)
    return call
  }

  return startSmtpServer({
    port,
    sizeMaxBytes,
    onOpened,
    onStep(step) {
      const call = callAt(step)
      if ('to' in step) call.to = step.to.map(sameAddress)
      const phase = step.stage === 'message' ? 'answer' : step.stage
      const rule = conduct.meet(call, phase === 'answer' ? 'taken' : phase, { transport: 'smtp', phase })
      const act = actAt(step, call, rule, conduct)
      return conduct.after(rule?.delayMs ?? 0, act)
    },
    onReplied(step, act) {
      const call = calls.get(step.conversation)
      if (call === undefined || call.number === null) return
      if (step.stage === 'message' || act.do !== 'go on') conduct.answered(call)
    },
  })
}

/** What to do at a step. Who is to be accepted is in the ledger when this returns. */
function actAt(step: SmtpStep, call: Call, rule: Rule | null, conduct: Conduct): SmtpAct {
  const takes = rule === null || rule.do === 'slow' || rule.taken
  if (step.stage === 'message' && takes && !conduct.take(call, entriesOf(step.bytes, call.to))) return { do: 'drop' }
  switch (rule?.do) {
    case undefined:
    case 'slow':
    // Neither is ever chosen here: the one is the port's, the other HTTP's.
    case 'refuse-connections':
    case 'refuse-part':
      return { do: 'go on' }
    case 'refuse':
    case 'defer':
    case 'throttle':
      return { do: 'reply', reply: replyOf(rule, step) }
    case 'lose-answer':
    case 'drop':
      return { do: 'drop' }
    case 'garbage':
      return { do: 'raw', bytes: garbage }
    case 'hang':
      return { do: 'nothing' }
  }
}

function replyOf(rule: Rule, step: SmtpStep): string {
  if (rule.reply !== null) return rule.reply
  const phase: RulePhase = step.stage === 'message' ? 'answer' : step.stage
  const [to = ''] = 'to' in step ? step.to : []
  return smtpReply(rule.say ?? usualSaying(rule.do, phase), rule.voice, to)
}

function entriesOf(message: Buffer, to: readonly string[]) {
  const header = readHeader(message)
  const body_sha256 = createHash('sha256').update(message.subarray(header.bodyStart)).digest('hex')
  const message_id = header.field('Message-ID')
  const run = header.field('X-Mailblast-Run')
  const subject = decodedText(header.field('Subject') ?? '')
  return to.map(address => ({ address, message_id, run, subject, body_sha256 }))
}
