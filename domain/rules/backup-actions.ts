import type { Backup, BackupDisk } from '../backup.js'

/** What an operator can ask of a backup that is under way. */
export const backupActions = ['pause', 'resume', 'cancel'] as const
export type BackupAction = (typeof backupActions)[number]

/** Where a run stands, finer than its row's status. */
export type BackupStage =
  | 'preparing'
  | 'copying'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'committing'
  | 'cancelling'
  | 'ending'
  | 'ended'

/** True, or why not: the end of a sentence that begins with what was asked. */
type Verdict = true | string

const nothing = (why: string): Record<BackupAction, Verdict> => ({ pause: why, resume: why, cancel: why })
const notPaused = 'it is not paused'

const allowed: Readonly<Record<BackupStage, Readonly<Record<BackupAction, Verdict>>>> = {
  preparing: { pause: 'its disks are not being copied yet', resume: notPaused, cancel: true },
  copying: { pause: true, resume: notPaused, cancel: true },
  pausing: { pause: 'it is being paused already', resume: 'it is still being paused', cancel: true },
  paused: { pause: 'it is paused already', resume: true, cancel: true },
  resuming: { pause: 'it is just being resumed', resume: 'it is being resumed already', cancel: true },
  committing: nothing('it is already being committed'),
  cancelling: nothing('it is being cancelled'),
  ending: nothing('it is ending and cleans up'),
  ended: nothing('it has ended already'),
}

/** What can be asked at this stage, in the order of the page's buttons. */
export const allowedActions = (stage: BackupStage): BackupAction[] =>
  backupActions.filter((action) => allowed[stage][action] === true)

/** Why this cannot be asked at this stage; null where it can. */
export function refusalOf(stage: BackupStage, action: BackupAction): string | null {
  const verdict = allowed[stage][action]
  return verdict === true ? null : verdict
}

/** What a refused operator can do instead, one sentence. */
export function remedyAt(stage: BackupStage): string {
  const actions = allowedActions(stage)
  return actions.length === 0 ? 'Wait until it has ended.' : `What can be done now: ${actions.join(', ')}.`
}

/**
 * The stage as the rows show it, for pages: rows follow the run by moments, so what is asked is judged by the run
 * itself. Until its snapshot stands a run prepares; once all disks are copied it commits.
 */
export function stageOfRows(
  backup: Pick<Backup, 'status' | 'snapshot_taken_at'>,
  disks: readonly Pick<BackupDisk, 'status'>[],
): BackupStage {
  switch (backup.status) {
    case 'paused':
    case 'cancelling':
      return backup.status
    case 'pending':
      return 'preparing'
    case 'running':
      if (backup.snapshot_taken_at === null || disks.length === 0) return 'preparing'
      return disks.every(({ status }) => status === 'copied' || status === 'committed')
        ? 'committing'
        : 'copying'
    default:
      return 'ended'
  }
}
