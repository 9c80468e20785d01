import type { CopiedDisk, PlannedDisk, PreFlightResult } from '../activities/steps.js'
import { eachDisk } from './disk-lanes.js'
import { holdPaused } from './hold-paused.js'
import type { RunningBackup } from './hold-paused.js'
import { phase } from './phase.js'
import { mover, undoRepository } from './steps.js'

export type CopyEnd =
  | { readonly kind: 'copied'; readonly disks: CopiedDisk[] }
  /** A pause outlived its snapshot: nothing of the copy is left. */
  | { readonly kind: 'gone'; readonly why: string }

/** Copies every disk of the plan, through any number of pauses; a disk that is copied is not copied again. */
export async function copyDisks(run: RunningBackup, plan: PreFlightResult): Promise<CopyEnd> {
  const { input, claimed, undo, pauses, patience } = run
  undo.push('files', () =>
    undoRepository(input.repositoryId, claimed.undoSeconds).discardPoint.executeWithOptions(
      { summary: 'discard the unfinished point' },
      [{ backupId: input.backupId }],
    ),
  )
  const copied = new Map<string, CopiedDisk>()
  for (;;) {
    const left = plan.disks.filter(({ diskId }) => !copied.has(diskId))
    phase(input, 'copying', `Copying ${left.length} disk(s), ${plan.backupType}: ${plan.reason}`)
    const end = await pauses.copying(() => copyAll(run, plan, left, copied))
    if (end.kind === 'copied') return { kind: 'copied', disks: [...copied.values()] }
    const why = await holdPaused(run, end.full && { ...end.full, waitSeconds: patience(end.full) })
    if (why !== null) return { kind: 'gone', why }
  }
}

async function copyAll(
  run: RunningBackup,
  plan: PreFlightResult,
  disks: readonly PlannedDisk[],
  copied: Map<string, CopiedDisk>,
): Promise<void> {
  await eachDisk(disks, async (disk) => {
    copied.set(disk.diskId, await copyDisk(run, plan, disk))
  })
}

function copyDisk(
  { input, claimed }: RunningBackup,
  plan: PreFlightResult,
  disk: PlannedDisk,
): Promise<CopiedDisk> {
  return mover(input.repositoryId, claimed.heartbeatSeconds).copyDisk.executeWithOptions(
    { summary: `copy disk-${disk.key} of ${input.vmName}, ${plan.backupType}` },
    [{ backupId: input.backupId, diskId: disk.diskId, heartbeatSeconds: claimed.heartbeatSeconds }],
  )
}
