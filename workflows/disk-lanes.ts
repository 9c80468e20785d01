import { CancellationScope } from '@temporalio/workflow'
import { wasStopped } from './stopped.js'

/** Disks of one VM moved at the same time: more only makes one datastore seek between them. */
const disksAtOnce = 2

/**
 * Works on every disk, two at a time. A failed one cancels its siblings, and they are waited for: nothing may run any
 * more when the undo begins. Rejects with the failure, not with what it stopped.
 */
export async function eachDisk<Disk>(
  disks: readonly Disk[],
  work: (disk: Disk) => Promise<void>,
): Promise<void> {
  const waiting = [...disks]
  const lane = async (): Promise<void> => {
    for (let disk = waiting.shift(); disk; disk = waiting.shift()) await work(disk)
  }
  await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    const lanes = Array.from({ length: Math.min(disksAtOnce, disks.length) }, lane)
    const ended = await Promise.allSettled(
      lanes.map((running) => running.catch((error: unknown) => (scope.cancel(), Promise.reject(error)))),
    )
    const failed = ended.filter((end) => end.status === 'rejected').map((end): unknown => end.reason)
    if (failed.length > 0) throw failed.find((reason) => !wasStopped(reason)) ?? failed[0]
  })
}
