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
    const vm = await connection.inventory.vmById(context.instance_uuid)
    const { drift } = await upsertContext(db, connection.platform, vm, now().toISOString())
    await saveDiscovery(db, backupId, connection.platform.id, [vm])
    return { vmName: vm.name, drift: drift.slice(0, 20) }
  }
