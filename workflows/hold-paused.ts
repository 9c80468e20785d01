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
import type { FullRepository } from './repository-full.js'
import { captureWhilePaused, control, repositoryWhileFull } from './steps.js'
import type { Undo } from './undo.js'

export interface RunningBackup {
  readonly input: BackupInput
  readonly claimed: ClaimedBackup
  readonly undo: Undo
  readonly pauses: PauseSwitch
  readonly audits: AuditRequests
  /** How long a full repository is let be: longer each time that it was in vain. */
  readonly patience: (full: FullRepository) => number
}

/** What a run waits for that nobody has paused; it looks when `waitSeconds` are over. */
export interface WantedRoom extends FullRepository {
  readonly waitSeconds: number
}

const minute = 60_000
const lookEvery = 5 * minute
/** What a paused run gives up when its limits are reached: as in `Undo.push`. */
const openWork = ['files', 'snapshot', 'slots']

/**
 * Stands still until somebody resumes the run, or the repository that was `full` has room; a cancel ends it. Answers
 * null where the copy goes on, else why what was copied is gone, and the snapshot with it: the copy must begin anew.
 */
export async function holdPaused(run: RunningBackup, full: WantedRoom | null): Promise<string | null> {
  const { input, claimed, pauses } = run
  const kept = `The snapshot is kept for at most ${claimed.pauseMinutes} minutes.`
  phase(input, 'paused', `Paused. ${full === null ? '' : `${full.reason} `}${kept}`)
  const job = { backupId: input.backupId }
  const over = new CancellationScope()
  const limits = over.run(() => whySnapshotMustGo(run))
  // Waited for below; a cancel that comes first is heard there.
  limits.catch(() => undefined)
  await control.markPaused.executeWithOptions({ summary: 'record that the job is paused' }, [
    { ...job, reason: full?.reason ?? null },
  ])
  pauses.enter('paused')
  if (full !== null) over.run(() => resumeWithRoom(run, full, full.leftBytes)).catch(() => undefined)
  const resumed = condition(() => pauses.stage() === 'resuming').then(() => null)
  const why = await Promise.race([limits, resumed])
  over.cancel()
  if (why !== null) await giveUpCopies(run, why, full)
  await control.markResumed.executeWithOptions({ summary: 'record that the job runs on' }, [job])
  if (why !== null) pauses.enter('preparing')
  return why
}

/** Resumes the run as an operator would, as soon as the repository has room for so much. */
async function resumeWithRoom(
  { input, claimed, pauses }: RunningBackup,
  { waitSeconds }: WantedRoom,
  neededBytes: number,
): Promise<void> {
  await sleep(waitSeconds * 1000, { summary: 'before the full repository is looked at again' })
  await repositoryWhileFull(input.repositoryId, claimed.roomCheckSeconds).lookForRoom.executeWithOptions(
    { summary: `wait for room in repository ${input.repositoryId}` },
    [{ repositoryId: input.repositoryId, jobId: input.backupId, neededBytes }],
  )
  if (pauses.stage() === 'paused') pauses.enter('resuming')
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
async function giveUpCopies(run: RunningBackup, why: string, full: WantedRoom | null): Promise<void> {
  const { input, undo, pauses } = run
  const next =
    full === null ? 'resuming begins anew' : 'it begins anew when there is room, or when it is resumed'
  const removed = `The snapshot and what was copied are removed; ${next}.`
  phase(input, 'paused', `Paused. ${why} ${removed}`)
  let isForgotten = false
  const giveUp = async (): Promise<readonly string[]> => {
    const { pending: left } = await undo.runOnly(openWork)
    // While files are left the rows must tell of them: a repository that is away is only asked for what wrote some.
    if (isForgotten || left.includes('files')) return left
    await control.forgetCopies.executeWithOptions(
      { summary: `forget what was copied: ${why}`.slice(0, 190) },
      [{ backupId: input.backupId, warning: `Paused: ${why} ${removed}` }],
    )
    isForgotten = true
    return left
  }
  let pending = await giveUp()
  const room = new CancellationScope()
  // What it has just removed is no room won: all of it must fit.
  if (full !== null) room.run(() => resumeWithRoom(run, full, full.wholeBytes)).catch(() => undefined)
  const isResumed = (): boolean => pauses.stage() === 'resuming'
  // A platform that is away must not keep an open snapshot for longer than that; nor fill the history for days.
  for (let wait = lookEvery; pending.length > 0 && !(await condition(isResumed, wait));) {
    pending = await giveUp()
    wait = Math.min(2 * wait, 60 * minute)
  }
  await condition(isResumed)
  room.cancel()
  // A snapshot or files of before would be adopted by what begins anew.
  if (pending.length > 0) pending = await giveUp()
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
