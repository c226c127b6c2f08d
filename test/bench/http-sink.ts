/** The sink on a thread of its own, for `http.ts`; tells the port, and takes whatever comes. */

import { parentPort } from 'node:worker_threads'
import { processContext } from '../../src/cli/context.ts'
import { startSink } from '../../src/sink/sink.ts'

const { clock } = processContext()
const sink = await startSink({ onAccepted: () => undefined, clock })
parentPort?.postMessage(sink.url('sendgrid'))
