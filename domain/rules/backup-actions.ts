import type { Backup, BackupDisk } from '../backup.js'

/** What an operator can ask of a backup that is under way. */
export const backupActions = ['pause', 'resume', 'audit', 'cancel'] as const
export type BackupAction = (typeof backupActions)[number]

/** Where a run stands, finer than its row's status. */
export type BackupStage =
  | 'preparing'
  | 'copying'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'auditing'
  | 'committing'
  | 'cancelling'
  | 'ending'
  | 'ended'

/** True, or why not: the end of a sentence that begins with what was asked. */
type Verdict = true | string

const nothing = (why: string): Record<BackupAction, Verdict> => ({
  pause: why,
  resume: why,
  audit: why,
  cancel: why,
})
// An audit comes when all is copied: until then it can be asked for.
const open = { audit: true, cancel: true } as const
const notPaused = 'it is not paused'

const allowed: Readonly<Record<BackupStage, Readonly<Record<BackupAction, Verdict>>>> = {
  preparing: { pause: 'its disks are not being copied yet', resume: notPaused, ...open },
  copying: { pause: true, resume: notPaused, ...open },
  pausing: { pause: 'it is being paused already', resume: 'it is still being paused', ...open },
  paused: { pause: 'it is paused already', resume: true, ...open },
  resuming: { pause: 'it is just being resumed', resume: 'it is being resumed already', ...open },
  auditing: {
    pause: 'its disks are copied, and their audit is under way',
    resume: notPaused,
    audit: 'it is being audited already',
    cancel: true,
  },
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
 * itself. Until its snapshot stands a run prepares; once all disks are copied, and audited where that was asked for, it
 * commits.
 */
export function stageOfRows(
  backup: Pick<Backup, 'status' | 'snapshot_taken_at' | 'audit_scope' | 'audited_at'>,
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
      if (!disks.every(({ status }) => status === 'copied' || status === 'committed')) return 'copying'
      return backup.audit_scope !== null && backup.audited_at === null ? 'auditing' : 'committing'
    default:
      return 'ended'
  }
}
