import type { PlannedExecution, PlatformToRefresh } from '../activities/execution-steps.js'
import { failureView } from './failure-view.js'
import type { FlowRun } from './flow-phase.js'
import { atHand } from './at-hand.js'
import { captureIfThere, control, planning } from './steps.js'
import { wasStopped } from './stopped.js'

/** Which VMs are backed up, found out afresh; rejects with the sentence where there is nothing to do. */
export async function planRun({ executionId }: FlowRun): Promise<PlannedExecution> {
  for (let isRefreshed = false; ; isRefreshed = true) {
    const asked = { executionId, isRefreshed }
    const plan = await atHand('planExecution', 'plan: one item for each VM', asked, planning)
    if (!('refresh' in plan)) return plan
    await Promise.all(plan.refresh.map((platform) => refresh(executionId, platform)))
  }
}

/** A platform that cannot be reached in time does not stop the run: what is known is backed up, with a warning. */
async function refresh(executionId: string, { platformId, name, site }: PlatformToRefresh): Promise<void> {
  try {
    await captureIfThere(site).refreshInventory.executeWithOptions(
      { summary: `ask ${name} which VMs match the group's rules` },
      [{ platformId, executionId }],
    )
  } catch (error) {
    if (wasStopped(error)) throw error
    const warning = `${name} could not be asked for new VMs; the run went on with those that are known: ${failureView(error).message}`
    await control.warnExecution.executeWithOptions({ summary: `warn that ${name} could not be asked` }, [
      { executionId, warning: warning.slice(0, 500) },
    ])
  }
}
