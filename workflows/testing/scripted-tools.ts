import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { bundleWorkflows, replay } from './replay.js'

/** Something that a scripted step waits for until the test opens it. */
export const gate = () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open: () => open(), opened }
}

export const until = async (is: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 30_000; !is(); await sleep(20))
    if (Date.now() > deadline) throw new Error('what was waited for never happened')
}

export const count = (calls: readonly string[], name: string): number =>
  calls.filter((call) => call === name).length

/** Beats as a mover does, so that a cancel reaches it. */
export const beating = async <T>(work: Promise<T>): Promise<T> => {
  const context = Context.current()
  const beat = setInterval(() => context.heartbeat(), 50)
  try {
    return await work
  } finally {
    clearInterval(beat)
  }
}

export const copiedOf = (diskId: string) => ({ diskId, bytesRead: 1, bytesStored: 1, attemptNo: 1 })

/** Today's code takes the same decisions as the run that has just ended. */
export const replays = async (handle: WorkflowHandle): Promise<void> =>
  replay(await bundleWorkflows(), await handle.fetchHistory(), handle.workflowId)
