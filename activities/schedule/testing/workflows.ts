import { defineSignal, proxyActivities, setHandler } from '@temporalio/workflow'

export { flowSync as 'flow-sync' } from '../../../workflows/flow-sync.js'
export { flowTick as 'flow-tick' } from '../../../workflows/flow-tick.js'
export { reconcile } from '../../../workflows/reconcile.js'

const { noteRun } = proxyActivities<{ noteRun(flowId: string): Promise<void> }>({
  startToCloseTimeout: '30s',
})

/** In the place of the real one: tells that it was started, and by which signal it may be woken. */
async function runFlow({ flowId }: { flowId: string }): Promise<void> {
  setHandler(defineSignal('wake'), () => undefined)
  await noteRun(flowId)
}
export { runFlow as 'run-flow' }
