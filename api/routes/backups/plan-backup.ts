import type { z } from 'zod'
import type { Repository } from '../../../domain/repository.js'
import { requiredRoom } from '../../../domain/rules/required-room.js'
import type { VmContext, VmDisk } from '../../../domain/vm-context.js'
import { listBackups } from '../../../drizzle/queries/backups.js'
import { disksOf } from '../../../drizzle/queries/vm-contexts.js'
import type { ApiContext } from '../../context.js'
import type { StartBackupRequest } from '../../contract/backups.js'
import { inspectRepository } from '../../inspect-repository.js'
import { ApiProblem, unprocessable, vmBusy } from '../../problem.js'
import { findRepository } from '../repositories/find-repository.js'
import { findVm } from './find-backup.js'
import { runningBackup } from './running-backup.js'

export interface PlannedBackup {
  readonly backupId: string
  readonly vm: VmContext
  readonly repository: Repository
  readonly request: z.output<typeof StartBackupRequest>
  readonly neededBytes: number
  readonly totalBytes: number
}

/**
 * Everything that can be refused at once: unknown or ambiguous VM, repository, left-out disks, busy VM, missing marker,
 * too little room. Changes nothing.
 */
export async function planBackup(
  context: ApiContext,
  backupId: string,
  request: z.output<typeof StartBackupRequest>,
): Promise<PlannedBackup> {
  const vm = await findVm(context.db, request)
  const repository = await findRepository(context.db, request.repository_id)
  if (!repository.enabled)
    throw new ApiProblem(409, 'conflict', `Repository ${repository.name} is switched off`, {
      remedy: 'Choose another repository.',
    })
  const disks = wantedDisks(await disksOf(context.db, vm.id), request.exclude_disks)
  const running = await runningBackup(context, vm.id)
  if (running !== null && running !== backupId) throw vmBusy(vm.vm_name, running)
  const neededBytes = await roomFor(context, vm, repository, disks)
  await inspectRepository(context, repository, 'check', neededBytes)
  const totalBytes = disks.reduce((sum, disk) => sum + disk.capacity_bytes, 0)
  return { backupId, vm, repository, request, neededBytes, totalBytes }
}

// What the VM has at this moment is discovered by the run; here only what we know can be checked.
function wantedDisks(known: readonly VmDisk[], excluded: readonly string[]): VmDisk[] {
  const unknown = excluded.filter((id) => !known.some((disk) => disk.id === id))
  if (unknown.length > 0)
    throw unprocessable('exclude_disks', `names no disk of this VM: ${unknown.join(', ')}`)
  const possible = known.filter((disk) => disk.present && disk.left_out === null)
  const wanted = possible.filter((disk) => !excluded.includes(disk.id))
  if (wanted.length === 0 && possible.length > 0)
    throw unprocessable('exclude_disks', 'leaves no disk to back up')
  return wanted
}

async function roomFor(
  context: ApiContext,
  vm: VmContext,
  repository: Repository,
  disks: readonly VmDisk[],
): Promise<number> {
  const filter = {
    vm_context_id: vm.id,
    repository_id: repository.id,
    status: 'completed',
    backup_type: 'full',
  } as const
  const { rows } = await listBackups(context.db, filter, { limit: 1 })
  return requiredRoom(
    disks.map((disk) => ({ capacityBytes: disk.capacity_bytes, provisioningType: disk.provisioning_type })),
    rows[0]?.bytes_stored ?? null,
  )
}
