import { saveDiscovery } from '../../drizzle/queries/discovered-vms.js'
import { upsertContext } from '../../drizzle/queries/vm-context-upsert.js'
import type { CaptureSteps } from '../steps.js'
import { addWarning } from './add-warning.js'
import type { CaptureDependencies } from './dependencies.js'
import { discoveredForJob, openJob } from './job.js'

/** Safe to run twice: tracking that is on stays on. Without it the backup goes on, with a warning. */
export const enableChangeTracking =
  ({ db, connections, now }: CaptureDependencies): CaptureSteps['enableChangeTracking'] =>
  async ({ backupId }) => {
    const { connection } = await openJob(db, connections, backupId)
    const vm = await discoveredForJob(db, backupId)
    if (connection.changeTracking === undefined)
      return { enabled: false, reason: 'the platform has no change tracking' }
    const { enabled, reason } = await connection.changeTracking.ensureEnabled(vm)
    if (enabled && !vm.change_tracking.enabled) {
      const tracked = { ...vm, change_tracking: { ...vm.change_tracking, enabled } }
      // What the page says of the VM must not wait for the next discovery, nor the manifest say otherwise.
      await upsertContext(db, connection.platform, tracked, now().toISOString())
      await saveDiscovery(db, backupId, connection.platform.id, [tracked])
    }
    if (!enabled)
      await addWarning(db, backupId, `Changes of ${vm.name} are not tracked: ${reason ?? 'unknown reason'}.`)
    return { enabled, reason }
  }
