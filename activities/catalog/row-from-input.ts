import type { BackupInput } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { longestSnapshotName, snapshotToken, workflowIds } from '../../domain/rules/names.js'
import type { NewBackup } from '../../drizzle/queries/backup-changes.js'
import type { Db } from '../../drizzle/open.js'
import { flowEvenDeleted } from '../../drizzle/queries/flows.js'
import { repositoryById } from '../../drizzle/queries/repositories.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { contextById, disksOf } from '../../drizzle/queries/vm-contexts.js'

/** Who asked is not in a run's input; the run itself stands in the Temporal UI. */
const askedBy = 'temporal'

/** The `pending` row of a run that has none. Throws `not-found`, `conflict` or `bad-request` for what it names. */
export async function rowFromInput(db: Db, input: BackupInput, at: string): Promise<NewBackup> {
  const context = await contextById(db, input.vmContextId)
  if (context === undefined) throw unknown('VM context', input.vmContextId)
  await checkRepository(db, input.repositoryId)
  await checkExcluded(db, input)
  return {
    id: input.backupId,
    vm_context_id: context.id,
    vm_name: context.vm_name,
    repository_id: input.repositoryId,
    platform_id: context.platform_id,
    requested_type: input.requestedType,
    quiesce: input.quiesce,
    exclude_disks: [...input.excludeDisks],
    audit_scope: input.audit ?? null,
    workflow_id: workflowIds.backup(context.id),
    snapshot_token: checkedToken(await installationId(db), input.backupId),
    flow_id: input.flowId ?? null,
    execution_id: input.executionId ?? null,
    created_by: await startedBy(db, input),
    created_at: at,
  }
}

async function startedBy(db: Db, { flowId }: BackupInput): Promise<string> {
  const flow = flowId === undefined ? undefined : await flowEvenDeleted(db, flowId)
  return flow === undefined ? askedBy : `flow ${flow.name}`.slice(0, 255)
}

async function checkRepository(db: Db, id: number): Promise<void> {
  const repository = await repositoryById(db, id)
  if (repository === undefined) throw unknown('repository', String(id))
  if (!repository.enabled)
    throw new Failure('conflict', `Repository ${repository.name} is switched off`, {
      retry: false,
      remedy: 'Choose another repository.',
    })
}

// A misspelt id would silently back up the disk that was to be left out.
async function checkExcluded(db: Db, { vmContextId, excludeDisks }: BackupInput): Promise<void> {
  const known = await disksOf(db, vmContextId)
  const strange = excludeDisks.filter((id) => !known.some((disk) => disk.id === id))
  if (strange.length > 0)
    throw new Failure(
      'bad-request',
      `excludeDisks names no disk of this VM: ${strange.join(', ').slice(0, 200)}`,
      { retry: false, remedy: 'Use the disk ids that the VM context lists.' },
    )
}

function checkedToken(installation: string, backupId: string): string {
  const token = snapshotToken(installation, backupId)
  if (token.length <= longestSnapshotName) return token
  throw new Failure(
    'bad-request',
    `Backup id ${backupId} is too long: the snapshot's name would have ${token.length} characters, and ${longestSnapshotName} fit`,
    {
      retry: false,
      remedy: `Use an id of at most ${longestSnapshotName - (token.length - backupId.length)} characters.`,
    },
  )
}

const unknown = (what: string, id: string): Failure =>
  new Failure('not-found', `There is no ${what} ${id}`, { retry: false, facts: { [what]: id } })
