import {
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { BackupInput } from '../domain/backup.js'
import type { BackupResult } from '../domain/operations.js'
import type { ClaimedBackup, CopiedDisk, PreFlightResult } from '../activities/steps.js'
import { refusalOf } from '../domain/rules/backup-actions.js'
import { auditDisks } from './audit-disks.js'
import { newAuditRequests } from './audit-requests.js'
import { copyDisks } from './copy-disks.js'
import { failureView } from './failure-view.js'
import type { RunningBackup } from './hold-paused.js'
import { takeLease, takeSlots, undoSlots } from './in-turn.js'
import { searchAttributes } from './messages.js'
import { newPauseSwitch } from './pause-switch.js'
import type { PauseSwitch } from './pause-switch.js'
import { phase } from './phase.js'
import { newPatience } from './repository-full.js'
import { capture, control, repository, undoCapture } from './steps.js'
import { wasStopped } from './stopped.js'
import { newUndo } from './undo.js'
import type { Undo } from './undo.js'

/**
 * One backup of one VM: discover afresh, pre-flight, snapshot, copy every disk, commit the point, remove the
 * snapshot. All disks or no point. Its id, `backup:<vm context id>`, is the lock. While disks are copied it can be
 * paused and resumed.
 */
export async function backupVm(input: BackupInput): Promise<BackupResult> {
  const run = {
    backupId: input.backupId,
    workflowId: workflowInfo().workflowId,
    runId: workflowInfo().firstExecutionRunId,
  }
  const undo = newUndo()
  const pauses = newPauseSwitch(input.backupId)
  const audits = newAuditRequests(input, pauses.stage)
  makeFindable(input)
  // A cancel that comes this early waits: only a run that owns its row can end it as cancelled.
  const claimed = await CancellationScope.nonCancellable(() =>
    control.claimBackup.executeWithOptions({ summary: 'claim the job' }, [{ ...run, backup: input }]),
  )
  let copied: CopiedDisk[]
  try {
    showCancelling(input, pauses)
    await takeLease({ input, undo })
    // The pre-flight pins them with the plan that needs them.
    undo.push('pins', () =>
      control.releasePins.executeWithOptions({ summary: 'let go of the points below' }, [run]),
    )
    copied = await copyEverything({
      ...{ input, claimed, undo, pauses, audits },
      patience: newPatience(claimed.roomCheckSeconds),
    })
    // Copies that ended before they heard of a cancel do not undo it.
    if (pauses.stage() === 'cancelling') throw new CancelledFailure('The backup was cancelled')
    pauses.enter('committing')
    await commit(input, undo)
    pauses.enter('ending')
  } catch (error) {
    return await giveUp({ input, undo, pauses, audits }, error)
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

/** `cancelling` shows at once, though the steps in flight are waited for; not where a cancel comes too late. */
function showCancelling(input: BackupInput, pauses: PauseSwitch): void {
  CancellationScope.current().cancelRequested.catch(() => {
    if (refusalOf(pauses.stage(), 'cancel') !== null) return undefined
    pauses.enter('cancelling')
    return CancellationScope.nonCancellable(() =>
      control.markCancelling.executeWithOptions({ summary: 'show that the job is being cancelled' }, [input]),
    )
  })
}

/** From the discovery to the last byte; once more where a pause outlived its snapshot. */
async function copyEverything(run: RunningBackup): Promise<CopiedDisk[]> {
  const { input, claimed, undo } = run
  for (let why: string | null = null; ;) {
    const plan = await prepare(run)
    // Only now: the pre-flight has just written the warnings of its own.
    if (why !== null)
      await control.addWarning.executeWithOptions({ summary: 'say why the copy was begun anew' }, [
        { backupId: input.backupId, warning: `Begun anew when it was resumed. ${why}` },
      ])
    await snapshot(input, claimed, undo)
    const end = await copyDisks(run, plan)
    if (end.kind === 'copied') {
      await auditDisks(run, plan.disks)
      return end.disks
    }
    why = end.why
  }
}

async function prepare(run: RunningBackup): Promise<PreFlightResult> {
  const { input, claimed } = run
  const steps = capture(claimed.site)
  const job = { backupId: input.backupId }
  undoSlots(run)
  const vmName = await discoverInTurn(run)
  const plan = await steps.preFlight.executeWithOptions({ summary: `check ${vmName} before the snapshot` }, [
    job,
  ])
  await steps.enableChangeTracking.executeWithOptions(
    { summary: `make sure that ${vmName} tracks its changes` },
    [job],
  )
  return plan
}

/** Discovers the VM and takes its places; once more where it had to wait for them, in case it moved meanwhile. */
async function discoverInTurn({ input, claimed }: RunningBackup): Promise<string> {
  for (;;) {
    phase(input, 'discovering', 'Discovering the VM afresh.')
    const found = await capture(claimed.site).discoverVm.executeWithOptions(
      { summary: `discover ${input.vmName} afresh` },
      [{ backupId: input.backupId }],
    )
    if (!(await takeSlots({ input }))) return found.vmName
  }
}

async function snapshot(input: BackupInput, claimed: ClaimedBackup, undo: Undo): Promise<void> {
  phase(input, 'snapshot', 'Taking the snapshot.')
  const job = { backupId: input.backupId }
  undo.push('snapshot', () =>
    undoCapture(claimed.site, claimed.undoSeconds).removeSnapshot.executeWithOptions(
      { summary: `remove the snapshot of ${input.vmName}` },
      [job],
    ),
  )
  await capture(claimed.site).takeSnapshot.executeWithOptions(
    { summary: `take the snapshot of ${input.vmName}` },
    [job],
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

async function giveUp(
  { input, undo, pauses, audits }: Omit<RunningBackup, 'claimed' | 'patience'>,
  error: unknown,
): Promise<never> {
  const isCancelled = isCancellation(error) || (pauses.stage() === 'cancelling' && wasStopped(error))
  const view = failureView(error)
  pauses.enter(isCancelled ? 'cancelling' : 'ending')
  phase(
    input,
    isCancelled ? 'cancelling' : 'failing',
    isCancelled ? 'Cancelled: cleaning up.' : `${view.message} Cleaning up.`,
  )
  const cleanup = await cleanUp(undo)
  await audits.recorded()
  await finish(input, {
    status: isCancelled ? 'cancelled' : 'failed',
    cleanup,
    error: isCancelled ? null : view,
  })
  if (isCancellation(error)) throw error
  if (isCancelled) throw new CancelledFailure('The backup was cancelled')
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

function totals(input: BackupInput, copied: readonly CopiedDisk[]): BackupResult {
  const sum = (pick: (disk: CopiedDisk) => number): number =>
    copied.reduce((all, disk) => all + pick(disk), 0)
  return {
    backupId: input.backupId,
    bytesRead: sum((d) => d.bytesRead),
    bytesStored: sum((d) => d.bytesStored),
  }
}
