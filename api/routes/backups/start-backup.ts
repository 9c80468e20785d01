import type { Backup, BackupInput } from '../../../domain/backup.js'
import { snapshotToken, workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { isDuplicate } from '../../../drizzle/errors.js'
import { deletePendingBackup, insertPendingBackup } from '../../../drizzle/queries/backup-changes.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { readableId } from '../../../drizzle/queries/readable-id.js'
import { installationId } from '../../../drizzle/queries/settings.js'
import type { ApiContext } from '../../context.js'
import { startBackup, startBackupAlias } from '../../contract/backups.js'
import { vmBusy } from '../../problem.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { toBackupJob } from '../../views/backup-job.js'
import { tlsModeIn, tlsModesOf } from '../../views/platform-tls.js'
import { takeStart } from '../../idempotent-start.js'
import { isAlreadyStarted, openJobOf, startWorkflow } from '../../workflow-calls.js'
import { searchAttributes } from '../../../workflows/messages.js'
import { findBackup } from './find-backup.js'
import { planBackup } from './plan-backup.js'
import type { PlannedBackup } from './plan-backup.js'

const startBackupHandler: Handler<typeof startBackup> = async (call) => {
  const { context, caller, body } = call
  const start = await takeStart(call, {
    operation: 'startBackup',
    asked: body,
    newId: readableId('backup', nameIn(body)),
    find: (id) => backupById(context.db, id),
  })
  if (start.earlier !== undefined) return accepted(context, start.earlier)
  const plan = await startOnce(context, start.id, body, caller.user.username).catch(
    async (error: unknown) => {
      await start.refused()
      throw error
    },
  )
  context.hub.watch(plan.backupId)
  context.hub.publish('vm-contexts', { id: plan.vm.id })
  return accepted(context, await findBackup(context.db, plan.backupId))
}

export const startBackupRoute = route(startBackup, startBackupHandler)
export const startBackupAliasRoute = aliasOf(startBackupRoute, startBackupAlias)

/** The VM's name as far as the request tells it: ids of VM contexts hold it too. */
const nameIn = (body: PlannedBackup['request']): string =>
  body.vm_name ?? (body.vm_context_id ?? '').replace(/^ctx-/, '').replace(/-[0-9a-f]{8}$/, '')

async function accepted({ db }: ApiContext, backup: Backup) {
  const tlsMode = tlsModeIn(await tlsModesOf(db, [backup]), backup)
  return {
    status: 202,
    body: toBackupJob(backup, { progress: null, tlsMode }),
    subject: backup.id,
    headers: { location: `/api/v1/backups/${backup.id}` },
  } as const
}

async function startOnce(
  context: ApiContext,
  backupId: string,
  request: PlannedBackup['request'],
  createdBy: string,
): Promise<PlannedBackup> {
  const plan = await planBackup(context, backupId, request)
  await begin(context, plan, createdBy)
  return plan
}

/** Inserts the row, then starts the workflow whose id is the VM's lock; a refused start takes its row back. */
async function begin(context: ApiContext, plan: PlannedBackup, createdBy: string): Promise<void> {
  const { db } = context
  const { backupId, vm, repository, request } = plan
  const workflowId = workflowIds.backup(vm.id)
  const row = {
    id: backupId,
    vm_context_id: vm.id,
    vm_name: vm.vm_name,
    repository_id: repository.id,
    platform_id: vm.platform_id,
    requested_type: request.backup_type,
    quiesce: request.quiesce,
    exclude_disks: request.exclude_disks,
    audit_scope: request.audit ?? null,
    workflow_id: workflowId,
    snapshot_token: snapshotToken(await installationId(db), backupId),
    created_by: createdBy,
    created_at: new Date().toISOString(),
    reserved_bytes: plan.neededBytes,
    total_bytes: plan.totalBytes,
  }
  try {
    await insertPendingBackup(db, row)
  } catch (error) {
    // The same Idempotency-Key sent twice at once: the other request starts it.
    if (isDuplicate(error)) return
    throw error
  }
  try {
    await startRun(context, plan, workflowId)
  } catch (error) {
    // Our own run from an earlier try of the same request: the answer is as before.
    const running = isAlreadyStarted(error) ? await openJobOf(context.temporal, workflowId) : null
    if (running === backupId) return
    await deletePendingBackup(db, backupId)
    throw isAlreadyStarted(error) ? vmBusy(vm.vm_name, running) : error
  }
}

function startRun(context: ApiContext, plan: PlannedBackup, workflowId: string): Promise<unknown> {
  const { backupId, vm, repository, request } = plan
  const input: BackupInput = {
    backupId,
    vmContextId: vm.id,
    repositoryId: repository.id,
    requestedType: request.backup_type,
    quiesce: request.quiesce,
    excludeDisks: request.exclude_disks,
    vmName: vm.vm_name,
    ...(request.audit && { audit: request.audit }),
  }
  return startWorkflow(context.temporal, {
    type: workflowTypes.backupVm,
    workflowId,
    input,
    summary: `Back up ${vm.vm_name} to ${repository.name} (${request.backup_type})`,
    opKind: 'backup',
    attributes: [
      { key: searchAttributes.vmContextId, value: vm.id },
      { key: searchAttributes.jobId, value: backupId },
    ],
    whenRunning: 'fail',
  })
}
