import {
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { FlowLaneInput } from '../domain/operations.js'
import { newWaker, workOnItems } from './flow-items.js'
import { signals } from './messages.js'

/** Some twenty events a VM: well below the 4,096 at which a server wants histories to end. */
const mostItems = 200
const mostEvents = 3000

/**
 * One of an execution's lanes: claims the next VM, backs it up, records what became of it, and so on until none is
 * left. Ends with no backup open when it is continued as new.
 */
export async function flowLane(input: FlowLaneInput): Promise<void> {
  const waker = newWaker()
  setHandler(defineSignal(signals.wake), waker.wake)
  let items = 0
  const isDone = await workOnItems({
    ...input,
    ...waker,
    show: (what) => setCurrentDetails(`Lane ${input.lane} of \`${input.executionId}\`\n\n${what}`),
    isFull: () => {
      const { continueAsNewSuggested, historyLength } = workflowInfo()
      return items++ >= mostItems || continueAsNewSuggested || historyLength >= mostEvents
    },
  })
  if (!isDone) await continueAsNew<typeof flowLane>(input)
}
