import { Failure } from '../../domain/failure.js'
import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { upsertContext } from '../../drizzle/queries/vm-context-upsert.js'
import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'
import { openJob } from './job.js'

/** Safe to run twice: rows are replaced by what the platform says now, keyed by the job. Drift is returned. */
export const discoverVm =
  ({ db, connections, now }: CaptureDependencies): CaptureSteps['discoverVm'] =>
  async ({ backupId }) => {
    const { context, connection } = await openJob(db, connections, backupId)
    const vm = await connection.inventory.vmById(context.instance_uuid).catch((error: unknown) => {
      throw namedByVm(error, context.vm_name)
    })
    const { drift } = await upsertContext(db, connection.platform, vm, now().toISOString())
    await saveDiscovery(db, backupId, connection.platform.id, [vm])
    return { vmName: vm.name, drift: drift.slice(0, 20) }
  }

/** A platform knows its VMs by UUID; the operator knows this one by name. */
const namedByVm = (error: unknown, vmName: string): unknown => {
  if (!(error instanceof Failure) || error.code !== 'vm-not-found') return error
  const { code, message, retry, facts, remedy } = error
  return new Failure(code, `${vmName}: ${message}`, {
    retry,
    ...(facts && { facts }),
    ...(remedy && { remedy }),
  })
}
