import { workflowInfo } from '@temporalio/workflow'
import type { LeaseInput, OwnerInput, Turn } from '../activities/steps.js'
import type { BackupInput } from '../domain/backup.js'
import { leases } from '../domain/rules/names.js'
import type { RunningBackup } from './hold-paused.js'
import { phase } from './phase.js'
import { control, turns } from './steps.js'

type Run = Pick<RunningBackup, 'input' | 'undo'>

const ownerOf = (input: BackupInput): OwnerInput => ({
  backupId: input.backupId,
  workflowId: workflowInfo().workflowId,
  runId: workflowInfo().firstExecutionRunId,
})

/** The exclusive right to the VM's snapshots; waits for its turn. */
export async function takeLease({ input, undo }: Run): Promise<void> {
  const lease: LeaseInput = { ...ownerOf(input), resource: leases.vm(input.vmContextId) }
  const summary = `take the exclusive right to snapshots of ${input.vmName}`
  undo.push('lease', () => control.releaseLease.executeWithOptions({ summary: 'give the VM back' }, [lease]))
  await inTurn(input, (wait) => turns.takeLease.executeWithOptions({ summary }, [{ ...lease, wait }]))
}

/**
 * The places on vCenter, host, datastores and repository that an open snapshot needs; waits for its turn. Answers
 * whether it had to wait: then the VM may have moved since it was discovered.
 */
export async function takeSlots({ input }: Pick<Run, 'input'>): Promise<boolean> {
  const summary = `take places on the vCenter, host, datastores and repository for ${input.vmName}`
  const owner = ownerOf(input)
  return await inTurn(input, (wait) => turns.takeSlots.executeWithOptions({ summary }, [{ ...owner, wait }]))
}

/** Push it before `takeSlots`; where it waits, its places in the lines go as well. */
export function undoSlots({ input, undo }: Run): void {
  const owner = ownerOf(input)
  undo.push('slots', () =>
    control.releaseSlots.executeWithOptions({ summary: 'give the places back' }, [owner]),
  )
}

/** One look first, so that a run that waits can say what for; answers whether it waited. */
async function inTurn(input: BackupInput, take: (wait: boolean) => Promise<Turn>): Promise<boolean> {
  const { taken, waitsFor } = await take(false)
  if (taken) return false
  phase(input, 'waiting', `Waiting for its turn. ${waitsFor ?? ''}`)
  await take(true)
  return true
}
