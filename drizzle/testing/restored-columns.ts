import type { Backup } from '../../domain/backup.js'
import type { VmContext } from '../../domain/vm-context.js'

/** Columns that no manifest can tell, each with the reason; every other one must come back from a rescan. */
const unknowable = {
  backup: {
    repository_id: 'given by the registration of the directory in the new database',
    snapshot_reference: 'names a snapshot of the platform that is gone with the run',
    cleanup: 'is settled after the manifest is written',
    completed_at: 'comes after the manifest, which is what completes the point',
    verified_at: 'a verification comes after the manifest',
    verify_result: 'a verification comes after the manifest',
    verify_detail: 'a verification comes after the manifest',
    flow_id: 'flows are lost with the database',
    execution_id: 'the history of flows is lost with the database',
  },
  context: {
    last_discovered_at: 'later discoveries are not written into points',
    created_at: 'the VM was registered before its first point, nobody wrote down when',
    updated_at: 'belongs to the row, not to the VM',
  },
} as const satisfies {
  backup: Partial<Record<keyof Backup, string>>
  context: Partial<Record<keyof VmContext, string>>
}

const without = (row: object | undefined, columns: object): object | undefined =>
  row && Object.fromEntries(Object.entries(row).filter(([column]) => !(column in columns)))

/** What of a row must be the same before its database was lost and after a rescan; disks lose nothing. */
export const restoredColumns = {
  backup: (row: Backup | undefined) => without(row, unknowable.backup),
  context: (row: VmContext | undefined) => without(row, unknowable.context),
}
