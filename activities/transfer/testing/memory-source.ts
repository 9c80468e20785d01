import type { BackupDisk } from '../../../domain/backup.js'
import type { Extent } from '../../blocks/end.js'
import { memoryEnd } from '../../blocks/memory-end.js'
import type { DiskReader, PlatformConnection, Snapshot } from '../../platforms/platform.js'
import type { PointLab } from '../../repository/testing/point-lab.js'
import type { TransferDependencies } from '../dependencies.js'
import { noTransferLimits } from '../../../domain/transfer-limits.js'
import { limitBoard } from '../limit-board.js'
import type { LimitBoard } from '../limit-board.js'
import { progressBoard } from '../progress-board.js'

/** What the source's snapshot holds of a point's disks, in the order of its rows. */
export interface MemorySource {
  readonly rows: readonly BackupDisk[]
  readonly contents: readonly Buffer[]
  /** What change tracking says, whatever it is asked; without it nothing is tracked. */
  readonly changed?: (diskId: string, since: string) => readonly Extent[]
  /** Waited for whenever the snapshot is looked for. */
  readonly found?: () => Promise<void>
  /** How a disk is read, given its place among the rows; from memory when absent. */
  readonly reader?: (index: number) => DiskReader
  /** Takes what the worker's log is told. */
  readonly said?: string[]
}

const unlimited = (): LimitBoard =>
  limitBoard({ read: () => Promise.resolve(noTransferLimits), said: () => undefined })

/** Movers of this process over a platform that lives in memory. */
export const openTransfer = (
  lab: PointLab,
  source: MemorySource,
  limits = unlimited(),
): AsyncDisposable & { readonly dependencies: TransferDependencies } => {
  const { db, guard, runDir, programs, slots, now } = lab.needs
  const progress = progressBoard(() => Promise.resolve(), now)
  return {
    dependencies: {
      db,
      guard,
      runDir,
      programs: { nbdkit: 'nbdkit', ...programs },
      slots,
      now,
      progress,
      connections: {
        to: () => Promise.resolve(platformOf(lab, source)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      limits,
      stallMs: 30_000,
      reopenMs: 20_000,
      said: (sentence) => void source.said?.push(sentence),
      checkpointEvery: { everyBytes: 2 ** 20, everyMs: 1000 },
    },
    [Symbol.asyncDispose]: () => {
      limits[Symbol.dispose]()
      return progress[Symbol.asyncDispose]()
    },
  }
}

const platformOf = (lab: PointLab, source: MemorySource): PlatformConnection => {
  const { rows, contents, changed } = source
  const rowOf = (key: number) => rows.findIndex((row) => row.device_key === key)
  return {
    platform: lab.registered.platform,
    inventory: {
      check: () => Promise.resolve([]),
      listVms: () => Promise.resolve([lab.vm]),
      vmById: () => Promise.resolve(lab.vm),
      datastoresOf: () => Promise.resolve([]),
    },
    source: {
      takeSnapshot: () => Promise.reject(new Error('nobody takes one')),
      findSnapshot: async (_, token) => {
        await source.found?.()
        return snapshotOf(source, token)
      },
      removeSnapshot: () => Promise.resolve(),
      snapshotsNamed: () => Promise.resolve([]),
      diskReader: (_, { key }) =>
        Promise.resolve(
          source.reader?.(rowOf(key)) ?? {
            kind: 'end',
            transport: 'memory',
            open: () => Promise.resolve(memoryEnd(Buffer.from(contents[rowOf(key)] ?? Buffer.alloc(0)))),
          },
        ),
    },
    ...(changed && {
      changeTracking: {
        ensureEnabled: () => Promise.resolve({ enabled: true, changed: false, reason: null }),
        changedAreas: (_, { key }, since) => Promise.resolve(changed(rows[rowOf(key)]?.disk_id ?? '', since)),
      },
    }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

const snapshotOf = ({ rows, changed }: MemorySource, token: string): Snapshot => ({
  token,
  reference: 'snapshot-1',
  vmReference: 'vm-1',
  takenAt: new Date().toISOString(),
  consistency: 'crash',
  adopted: true,
  disks: rows.map((row) => ({
    key: row.device_key,
    backingUuid: row.backing_uuid,
    capacityBytes: row.capacity_bytes,
    path: row.source_path,
    changeId: changed === undefined ? null : '52 memory/1',
  })),
})
