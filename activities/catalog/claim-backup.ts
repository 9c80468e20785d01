import { BackupInput } from '../../domain/backup.js'
import type { Backup } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { workflowIds } from '../../domain/rules/names.js'
import { claimBackup as claimRow } from '../../drizzle/queries/backup-changes.js'
import { backupById } from '../../drizzle/queries/backups.js'
import type { ClaimInput, ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'
import { rowFromInput } from './row-from-input.js'

/**
 * Safe to run twice: a row that this run has claimed is claimed again. A row that is not there (the API took it back
 * because it never heard of its start, or nobody asked the API at all) is made from the run's own input.
 */
export const claimBackup =
  ({
    db,
    now,
    site,
    heartbeatSeconds,
    pauseMinutes,
    roomCheckSeconds,
    undoSeconds,
  }: Omit<CatalogDependencies, 'client'>): ControlSteps['claimBackup'] =>
  async (claim) => {
    const input = checkedInput(claim)
    const at = now().toISOString()
    const known = await backupById(db, input.backupId)
    if (known !== undefined && !isFor(known, input)) throw takenId(known)
    const made = known === undefined ? await rowFromInput(db, input, at) : undefined
    if (!(await claimRow(db, input.backupId, claim.runId, at, made)))
      throw notWaiting(input.backupId, await backupById(db, input.backupId))
    return { site, heartbeatSeconds, pauseMinutes, roomCheckSeconds, undoSeconds }
  }

/** What the API refuses at its door must be refused here where nobody came through it. */
function checkedInput({ backup, workflowId }: ClaimInput): BackupInput {
  const parsed = BackupInput.safeParse(backup)
  if (!parsed.success) {
    const [first] = parsed.error.issues
    throw badInput(`${first?.path.join('.') || 'it'} is not as it must be (${first?.message ?? 'unknown'})`)
  }
  // The id is the lock: a run under another one would stand beside the VM's backup instead of being refused.
  const lock = workflowIds.backup(parsed.data.vmContextId)
  if (workflowId !== lock) throw badInput(`its workflow id must be ${lock}, and it is ${workflowId}`)
  return parsed.data
}

const isFor = (row: Backup, input: BackupInput): boolean =>
  row.vm_context_id === input.vmContextId && row.repository_id === input.repositoryId

const badInput = (why: string): Failure =>
  new Failure('bad-request', `This run's input cannot be used: ${why}`, {
    retry: false,
    remedy: 'Start the backup on the VM page, or correct the input.',
  })

const takenId = ({ id, vm_name }: Backup): Failure =>
  new Failure('conflict', `Backup id ${id} belongs to another backup, of ${vm_name}`, {
    retry: false,
    facts: { backup_id: id },
    remedy: 'Start the backup with an id of its own.',
  })

/** Gone: the API took its row back between our look and our claim, so the next try makes it. */
const notWaiting = (id: string, row: Backup | undefined): Failure =>
  new Failure('conflict', `Backup ${id} is ${row?.status ?? 'gone'} and not waiting to be run`, {
    retry: row === undefined,
    facts: { backup_id: id, status: row?.status ?? null },
    remedy: 'Start a new backup.',
  })
