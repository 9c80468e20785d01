import { setTimeout as sleep } from 'node:timers/promises'
import type { RunLab } from '../activities/catalog/testing/run-lab.js'
import { lanesNow } from '../drizzle/testing/many-flows.js'

export interface IdleLanes {
  readonly looks: number
  /** Sum over all looks of the lanes without a VM while VMs could have been begun. */
  readonly idle: number
}

/** Looks twice a second until the execution has ended. */
export const watchLanes = async (lab: RunLab, executionId: string, lanes: number): Promise<IdleLanes> => {
  let looks = 0
  let idle = 0
  for (;;) {
    const { running, ready, isOpen } = await lanesNow(lab.db, executionId)
    if (!isOpen) return { looks, idle }
    // Before the first and after the last VM there is nothing to look at.
    if (running > 0 && ready >= lanes) {
      looks++
      idle += lanes - running
    }
    await sleep(500)
  }
}
