import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { BackupInput } from '../domain/backup.js'
import type { BackupResult } from '../domain/operations.js'
import type { ClaimedBackup, CopiedDisk, PlannedDisk, PreFlightResult } from '../activities/steps.js'
import { leases } from '../domain/rules/names.js'
import { failureView } from './failure-view.js'
import { searchAttributes } from './messages.js'
import { capture, control, mover, repository, undoCapture, undoRepository } from './steps.js'
import { newUndo } from './undo.js'
import type { Undo } from './undo.js'

/** Disks of one VM copied at the same time: more only makes one datastore seek between them. */
const disksAtOnce = 2

/**
 * One backup of one VM: discover afresh, pre-flight, snapshot, copy every disk, commit the point, remove the
 * snapshot. All disks or no point. Its id, `backup:<vm context id>`, is the lock.
 */
export async function backupVm(input: BackupInput): Promise<BackupResult> {
  const run = {
    backupId: input.backupId,
    workflowId: workflowInfo().workflowId,
    runId: workflowInfo().firstExecutionRunId,
  }
  const undo = newUndo()
  makeFindable(input)
  // A cancel that comes this early waits: only a run that owns its row can end it as cancelled.
  const claimed = await CancellationScope.nonCancellable(() =>
    control.claimBackup.executeWithOptions({ summary: 'claim the job' }, [{ ...run, backup: input }]),
  )
  let copied: CopiedDisk[]
  try {
    showCancelling(input)
    await takeLease(input, run, undo)
    const plan = await prepare(input, claimed)
    await snapshot(input, claimed, undo)
    copied = await copyDisks(input, claimed, plan, undo)
    await commit(input, undo)
  } catch (error) {
    return await giveUp(input, undo, error)
  }
  // The point stands: nothing after this can make the job fail.
  const cleanup = await cleanUp(undo)
  await finish(input, { status: 'completed', cleanup, error: null })
  return totals(input, copied)
}

/** The API starts runs with these attributes; one that was started by hand gets them here. */
function makeFindable(input: BackupInput): void {
  const known = workflowInfo().typedSearchAttributes
  const missing = [
    { key: searchAttributes.opKind, value: 'backup' },
    { key: searchAttributes.vmContextId, value: input.vmContextId },
    { key: searchAttributes.jobId, value: input.backupId },
  ].filter(({ key, value }) => known.get(key) !== value)
  if (missing.length > 0) upsertSearchAttributes(missing)
}

/** `cancelling` shows at once, though the steps in flight are waited for. */
function showCancelling(input: BackupInput): void {
  CancellationScope.current().cancelRequested.catch(() =>
    CancellationScope.nonCancellable(() =>
      control.markCancelling.executeWithOptions({ summary: 'show that the job is being cancelled' }, [input]),
    ),
  )
}

async function takeLease(
  input: BackupInput,
  run: { backupId: string; workflowId: string; runId: string },
  undo: Undo,
): Promise<void> {
  const lease = { ...run, resource: leases.vm(input.vmContextId) }
  undo.push('lease', () => control.releaseLease.executeWithOptions({ summary: 'give the VM back' }, [lease]))
  await control.takeLease.executeWithOptions(
    { summary: `take the exclusive right to snapshots of ${input.vmName}` },
    [lease],
  )
}

async function prepare(input: BackupInput, claimed: ClaimedBackup): Promise<PreFlightResult> {
  phase(input, 'discovering', 'Discovering the VM afresh.')
  const steps = capture(claimed.site)
  const job = { backupId: input.backupId }
  const found = await steps.discoverVm.executeWithOptions({ summary: `discover ${input.vmName} afresh` }, [
    job,
  ])
  const plan = await steps.preFlight.executeWithOptions(
    { summary: `check ${found.vmName} before the snapshot` },
    [job],
  )
  await steps.enableChangeTracking.executeWithOptions(
    { summary: `make sure that ${found.vmName} tracks its changes` },
    [job],
  )
  return plan
}

async function snapshot(input: BackupInput, claimed: ClaimedBackup, undo: Undo): Promise<void> {
  phase(input, 'snapshot', 'Taking the snapshot.')
  const job = { backupId: input.backupId }
  undo.push('snapshot', () =>
    undoCapture(claimed.site).removeSnapshot.executeWithOptions(
      { summary: `remove the snapshot of ${input.vmName}` },
      [job],
    ),
  )
  await capture(claimed.site).takeSnapshot.executeWithOptions(
    { summary: `take the snapshot of ${input.vmName}` },
    [job],
  )
}

async function copyDisks(
  input: BackupInput,
  claimed: ClaimedBackup,
  plan: PreFlightResult,
  undo: Undo,
): Promise<CopiedDisk[]> {
  phase(input, 'copying', `Copying ${plan.disks.length} disk(s), ${plan.backupType}: ${plan.reason}`)
  undo.push('files', () =>
    undoRepository(input.repositoryId).discardPoint.executeWithOptions(
      { summary: 'discard the unfinished point' },
      [{ backupId: input.backupId }],
    ),
  )
  const waiting = [...plan.disks]
  const copied: CopiedDisk[] = []
  const lane = async (): Promise<void> => {
    for (let disk = waiting.shift(); disk; disk = waiting.shift())
      copied.push(await copyDisk(input, claimed, plan, disk))
  }
  // A failed disk cancels its siblings, and they are waited for: nothing may write while the undo runs.
  await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current()
    const lanes = Array.from({ length: Math.min(disksAtOnce, plan.disks.length) }, lane)
    const ended = await Promise.allSettled(
      lanes.map((running) => running.catch((error: unknown) => (scope.cancel(), Promise.reject(error)))),
    )
    const failed = ended.filter((end) => end.status === 'rejected').map((end): unknown => end.reason)
    if (failed.length > 0) throw failed.find((reason) => !isCancellation(reason)) ?? failed[0]
  })
  return copied
}

function copyDisk(
  input: BackupInput,
  claimed: ClaimedBackup,
  plan: PreFlightResult,
  disk: PlannedDisk,
): Promise<CopiedDisk> {
  return mover(input.repositoryId, claimed.heartbeatSeconds).copyDisk.executeWithOptions(
    { summary: `copy disk-${disk.key} of ${input.vmName}, ${plan.backupType}` },
    [{ backupId: input.backupId, diskId: disk.diskId, heartbeatSeconds: claimed.heartbeatSeconds }],
  )
}

async function commit(input: BackupInput, undo: Undo): Promise<void> {
  phase(input, 'committing', 'Committing the point.')
  const job = { backupId: input.backupId }
  // From here a cancel comes too late: the point is being made and will stand.
  await CancellationScope.nonCancellable(async () => {
    const point = await repository(input.repositoryId).commitPoint.executeWithOptions(
      { summary: 'make the point durable: data, digests, manifest' },
      [job],
    )
    await control.recordPoint.executeWithOptions({ summary: 'record the point' }, [
      { ...job, manifestPath: point.manifestPath },
    ])
    undo.keep('files')
  })
}

async function cleanUp(undo: Undo): Promise<'done' | 'pending'> {
  const { pending } = await undo.run()
  return pending.length === 0 ? 'done' : 'pending'
}

async function giveUp(input: BackupInput, undo: Undo, error: unknown): Promise<never> {
  const cancelled = isCancellation(error)
  const view = failureView(error)
  phase(
    input,
    cancelled ? 'cancelling' : 'failing',
    cancelled ? 'Cancelled: cleaning up.' : `${view.message} Cleaning up.`,
  )
  const cleanup = await cleanUp(undo)
  await finish(input, { status: cancelled ? 'cancelled' : 'failed', cleanup, error: cancelled ? null : view })
  if (cancelled) throw error
  throw ApplicationFailure.create({
    type: view.code,
    message: view.message,
    nonRetryable: true,
    details: [{ remedy: view.remedy }],
  })
}

async function finish(
  input: BackupInput,
  outcome: Omit<Parameters<typeof control.finishBackup>[0], 'backupId'>,
): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    control.finishBackup.executeWithOptions({ summary: `record that the job has ${outcome.status}` }, [
      { backupId: input.backupId, ...outcome },
    ]),
  )
  phase(input, outcome.status, outcome.error?.message ?? `Backup of ${input.vmName} ${outcome.status}.`)
}

function phase(input: BackupInput, state: string, details: string): void {
  setCurrentDetails(
    `**${input.vmName}** → repository ${input.repositoryId}, job \`${input.backupId}\`\n\n${details}`,
  )
  upsertSearchAttributes([{ key: searchAttributes.opState, value: state }])
}

function totals(input: BackupInput, copied: readonly CopiedDisk[]): BackupResult {
  const sum = (pick: (disk: CopiedDisk) => number): number =>
    copied.reduce((all, disk) => all + pick(disk), 0)
  return {
    backupId: input.backupId,
    bytesRead: sum((d) => d.bytesRead),
    bytesStored: sum((d) => d.bytesStored),
  }
}
