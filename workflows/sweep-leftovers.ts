import { log, workflowInfo } from '@temporalio/workflow'
import { control, sweepCapture, sweepRepository } from './steps.js'
import type { Orphan, SweepRepositoryInput } from '../activities/steps.js'

/** Jobs that are settled at the same time: their snapshots may all lie on one vCenter. */
const orphansAtOnce = 4

/**
 * Finishes or removes what a terminated, lost or exhausted run left behind: rows without an open workflow, our
 * snapshots, partial files, exporters, leases, pins, records whose life is over. What cannot be reached now is tried again by the next sweep.
 */
export async function sweepLeftovers(): Promise<{ settled: number }> {
  const { workflowId, firstExecutionRunId: runId } = workflowInfo()
  const plan = await control.findOrphanJobs.executeWithOptions(
    { summary: 'look for jobs whose workflow is gone' },
    [{}],
  )
  await inLanes(orphansAtOnce, plan.orphans, settle)
  // After the jobs: what an execution came to is what its backups came to.
  await tolerate('settle executions', () =>
    control.settleExecutions.executeWithOptions(
      { summary: 'end executions whose workflow is gone, wake flows that have queued ones' },
      [{}],
    ),
  )
  // Before the repositories: deletes that were cut short may have left theirs.
  await tolerate('release pins', () =>
    control.releaseClosedPins.executeWithOptions({ summary: 'release pins of closed workflows' }, [{}]),
  )
  // Beside each other: one that is away costs its own time-out, not everybody's.
  await Promise.all([
    ...plan.repositories.map((repositoryId) => tidyRepository({ repositoryId, workflowId, runId })),
    ...plan.platforms.map(({ platformId, site }) =>
      tolerate('sweep platform', () =>
        sweepCapture(site).sweepSnapshots.executeWithOptions(
          { summary: `remove our leftover snapshots on ${platformId}` },
          [{ platformId }],
        ),
      ),
    ),
  ])
  await control.releaseClosedLeases.executeWithOptions({ summary: 'release leases of closed workflows' }, [
    {},
  ])
  await tolerate('prune records', () =>
    control.pruneRecords.executeWithOptions({ summary: 'remove records whose life is over' }, [{}]),
  )
  return { settled: plan.orphans.length }
}

async function tidyRepository(input: SweepRepositoryInput): Promise<void> {
  const steps = sweepRepository(input.repositoryId)
  const isThere = await tolerate('sweep repository', () =>
    steps.sweepRepository.executeWithOptions(
      { summary: `remove leftovers of repository ${input.repositoryId}` },
      [input],
    ),
  )
  if (!isThere) return
  await tolerate('expire chains', () =>
    steps.expireChains.executeWithOptions(
      { summary: `remove chains of repository ${input.repositoryId} that are no longer kept` },
      [input],
    ),
  )
}

async function settle(orphan: Orphan): Promise<void> {
  const job = { backupId: orphan.backupId }
  let recovered = false
  const filesGone = await tolerate('files', async () => {
    const found = await sweepRepository(orphan.repositoryId).recoverOrDiscard.executeWithOptions(
      { summary: `recover or discard the point of ${orphan.backupId}` },
      [job],
    )
    recovered = found.recovered
  })
  const snapshotGone = await tolerate('snapshot', () =>
    sweepCapture(orphan.site).removeSnapshot.executeWithOptions(
      { summary: `remove the snapshot of ${orphan.backupId}`, scheduleToCloseTimeout: '2m' },
      [job],
    ),
  )
  await control.settleOrphan.executeWithOptions({ summary: `settle ${orphan.backupId}` }, [
    { ...job, recovered, snapshotGone, filesGone, reason: orphan.reason },
  ])
}

async function inLanes<Item>(
  count: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: count }, lane))
}

async function tolerate(what: string, step: () => Promise<unknown>): Promise<boolean> {
  try {
    await step()
    return true
  } catch (error) {
    log.warn('left for the next sweep', { what, error })
    return false
  }
}
