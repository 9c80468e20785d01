import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  sleep,
} from '@temporalio/workflow'
import type { ClaimedBackup } from '../activities/steps.js'
import type { BackupInput } from '../domain/backup.js'
import { whyTooLong } from '../domain/rules/pause-limits.js'
import type { AuditRequests } from './audit-requests.js'
import type { PauseSwitch } from './pause-switch.js'
import { phase } from './phase.js'
import { captureWhilePaused, control } from './steps.js'
import type { Undo } from './undo.js'

export interface RunningBackup {
  readonly input: BackupInput
  readonly claimed: ClaimedBackup
  readonly undo: Undo
  readonly pauses: PauseSwitch
  readonly audits: AuditRequests
}

const minute = 60_000
const lookEvery = 5 * minute
/** What a paused run gives up when its limits are reached: as in `Undo.push`. */
const openWork = ['files', 'snapshot']

/**
 * Stands still until somebody resumes the run; a cancel ends it. Answers null where the copy goes on, else why what
 * was copied is gone, and the snapshot with it: the copy must begin anew.
 */
export async function holdPaused(run: RunningBackup): Promise<string | null> {
  const { input, claimed, pauses } = run
  phase(input, 'paused', `Paused. The snapshot is kept for at most ${claimed.pauseMinutes} minutes.`)
  const job = { backupId: input.backupId }
  const over = new CancellationScope()
  const limits = over.run(() => whySnapshotMustGo(run))
  // Waited for below; a cancel that comes first is heard there.
  limits.catch(() => undefined)
  await control.markPaused.executeWithOptions({ summary: 'record that the job is paused' }, [job])
  pauses.enter('paused')
  const resumed = condition(() => pauses.stage() === 'resuming').then(() => null)
  const why = await Promise.race([limits, resumed])
  over.cancel()
  if (why !== null) await giveUpCopies(run, why)
  await control.markResumed.executeWithOptions({ summary: 'record that the job runs on' }, [job])
  if (why !== null) pauses.enter('preparing')
  return why
}

/** Resolves with the reason when a limit of an open snapshot is reached, which is never before somebody resumes. */
async function whySnapshotMustGo({ input, claimed }: RunningBackup): Promise<string> {
  const limit = claimed.pauseMinutes
  const tooLong = sleep(limit * minute, { summary: `keep the snapshot at most ${limit} minutes` }).then(() =>
    whyTooLong(limit),
  )
  return await Promise.race([tooLong, noRoom(input, claimed)])
}

async function noRoom(input: BackupInput, claimed: ClaimedBackup): Promise<string> {
  for (;;) {
    const found = await captureWhilePaused(claimed.site)
      .checkPauseRoom.executeWithOptions(
        { summary: `look for room beside the snapshot of ${input.vmName}` },
        [{ backupId: input.backupId }],
      )
      .catch((error: unknown) => {
        if (isCancellation(error)) throw error
        log.warn('the datastores could not be looked at; the snapshot is kept', { error })
        return { whyNoRoom: null }
      })
    if (found.whyNoRoom !== null) return found.whyNoRoom
    await sleep(lookEvery, { summary: 'look for room again' })
  }
}

/** Removes the unfinished point and the snapshot, says so, and waits for the resume with nothing left behind. */
async function giveUpCopies({ input, undo, pauses }: RunningBackup, why: string): Promise<void> {
  const removed = 'The snapshot and what was copied are removed; resuming begins anew.'
  phase(input, 'paused', `Paused. ${why} ${removed}`)
  let { pending } = await undo.runOnly(openWork)
  await control.forgetCopies.executeWithOptions({ summary: `forget what was copied: ${why}`.slice(0, 190) }, [
    { backupId: input.backupId, warning: `Paused: ${why} ${removed}` },
  ])
  const isResumed = (): boolean => pauses.stage() === 'resuming'
  // A platform that is away must not keep an open snapshot for longer than that.
  while (pending.length > 0 && !(await condition(isResumed, lookEvery)))
    pending = (await undo.runOnly(openWork)).pending
  await condition(isResumed)
  // A snapshot or files of before would be adopted by what begins anew.
  if (pending.length > 0) pending = (await undo.runOnly(openWork)).pending
  if (pending.length > 0) throw stillThere(input)
}

const stillThere = ({ vmName }: BackupInput): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'service-unavailable',
    message: `The backup of ${vmName} cannot begin anew: what it left before the pause could not be removed`,
    nonRetryable: true,
    details: [
      { remedy: 'Check that the vCenter and the repository can be reached, then start the backup again.' },
    ],
  })
