import type { ConcludeAuditInput, PlannedDisk } from '../activities/steps.js'
import type { AuditScope } from '../domain/backup.js'
import { eachDisk } from './disk-lanes.js'
import { failureView } from './failure-view.js'
import type { RunningBackup } from './hold-paused.js'
import { phase } from './phase.js'
import { control, mover } from './steps.js'
import { wasStopped } from './stopped.js'

/** Without these the copy is not what it is taken for, and the run must end. */
const fatal = ['point-damaged', 'attempt-superseded']

/**
 * Audits change tracking where that was asked for: while the snapshot stands, its disks are read again and compared
 * with the point that is about to be committed. What differs, or cannot be told, is recorded and the point is made all
 * the same; a copy that is not what the snapshot holds ends the run.
 */
export async function auditDisks(run: RunningBackup, disks: readonly PlannedDisk[]): Promise<void> {
  const { input, audits, pauses } = run
  if (audits.scope() === null || pauses.stage() === 'cancelling') return
  pauses.enter('auditing')
  await audits.recorded()
  const scope = audits.scope() ?? 'sample'
  const said = new Map(disks.map(({ diskId, label }) => [diskId, `${label}: not begun`]))
  const show = (disk: PlannedDisk, what: string): void => {
    said.set(disk.diskId, `${disk.label}: ${what}`)
    phase(input, 'auditing', ['Auditing change tracking:', ...said.values()].join('\n\n'))
  }
  const failed: ConcludeAuditInput['failed'][number][] = []
  await eachDisk(disks, async (disk) => {
    show(disk, scope === 'all' ? 'all of it is being read' : 'a sample of it is being read')
    try {
      show(disk, (await auditDisk(run, disk, scope)).detail)
    } catch (error) {
      const { code, message } = failureView(error)
      if (wasStopped(error) || fatal.includes(code)) throw error
      failed.push({ diskId: disk.diskId, why: message })
      show(disk, message)
    }
  })
  await control.concludeAudit.executeWithOptions({ summary: 'record what the audit found' }, [
    { backupId: input.backupId, failed },
  ])
}

const auditDisk = ({ input, claimed }: RunningBackup, disk: PlannedDisk, scope: AuditScope) =>
  mover(input.repositoryId, claimed.heartbeatSeconds).auditDisk.executeWithOptions(
    {
      summary: `audit change tracking: ${scope === 'all' ? 'all' : 'a sample'} of disk-${disk.key} of ${input.vmName}`,
    },
    [{ backupId: input.backupId, diskId: disk.diskId, scope }],
  )
