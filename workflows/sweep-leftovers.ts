import { log } from '@temporalio/workflow'
import { capture, control, undoCapture, undoRepository } from './steps.js'
import type { Orphan } from '../activities/steps.js'

/**
 * Finishes or removes what a terminated, lost or exhausted run left behind: rows without an open workflow, our
 * snapshots, partial files, exporters, leases, records whose life is over. What cannot be reached now is tried again by the next sweep.
 */
export async function sweepLeftovers(): Promise<{ settled: number }> {
  const plan = await control.findOrphanJobs.executeWithOptions(
    { summary: 'look for jobs whose workflow is gone' },
    [{}],
  )
  for (const orphan of plan.orphans) await settle(orphan)
  for (const repositoryId of plan.repositories)
    await tolerate('sweep repository', () =>
      undoRepository(repositoryId).sweepRepository.executeWithOptions(
        { summary: `remove leftovers of repository ${repositoryId}` },
        [{ repositoryId }],
      ),
    )
  for (const { platformId, site } of plan.platforms)
    await tolerate('sweep platform', () =>
      undoCapture(site).sweepSnapshots.executeWithOptions(
        { summary: `remove our leftover snapshots on ${platformId}` },
        [{ platformId }],
      ),
    )
  await control.releaseClosedLeases.executeWithOptions({ summary: 'release leases of closed workflows' }, [
    {},
  ])
  await tolerate('prune records', () =>
    control.pruneRecords.executeWithOptions({ summary: 'remove records whose life is over' }, [{}]),
  )
  return { settled: plan.orphans.length }
}

async function settle(orphan: Orphan): Promise<void> {
  const job = { backupId: orphan.backupId }
  let recovered = false
  const filesGone = await tolerate('files', async () => {
    const found = await undoRepository(orphan.repositoryId).recoverOrDiscard.executeWithOptions(
      { summary: `recover or discard the point of ${orphan.backupId}` },
      [job],
    )
    recovered = found.recovered
  })
  const snapshotGone = await tolerate('snapshot', () =>
    capture(orphan.site).removeSnapshot.executeWithOptions(
      { summary: `remove the snapshot of ${orphan.backupId}`, scheduleToCloseTimeout: '2m' },
      [job],
    ),
  )
  await control.settleOrphan.executeWithOptions({ summary: `settle ${orphan.backupId}` }, [
    { ...job, recovered, snapshotGone, filesGone, reason: orphan.reason },
  ])
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
