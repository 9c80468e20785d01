import { continueAsNew, defineSignal, setHandler, sleep, workflowInfo } from '@temporalio/workflow'
import type { FlowSyncInput } from '../domain/operations.js'
import { signals } from './messages.js'
import { control } from './steps.js'

/** Lets Temporal's schedule of a flow follow its row; ends when nobody has changed it since. */
export async function flowSync(input: FlowSyncInput): Promise<void> {
  let mustLook = true
  setHandler(defineSignal(signals.wake), () => {
    mustLook = true
  })
  while (mustLook) {
    mustLook = false
    const { isSettled } = await control.syncFlow.executeWithOptions(
      { summary: `let the schedule follow flow ${input.flowId}` },
      [input],
    )
    if (!isSettled) {
      await sleep('1s', { summary: 'the flow is being edited' })
      mustLook = true
    }
    // Who wakes the new run's first look needs no other.
    if (mustLook && workflowInfo().continueAsNewSuggested) await continueAsNew<typeof flowSync>(input)
  }
}
