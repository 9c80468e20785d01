import type { Guard } from '../activities/processes/open-guard.js'
import { commitPoint } from '../activities/repository/commit-point.js'
import { deletePoint } from '../activities/repository/delete-point.js'
import type { RepositoryDependencies } from '../activities/repository/dependencies.js'
import { discardPoint } from '../activities/repository/discard-point.js'
import { expireChains } from '../activities/repository/expire-chains.js'
import { inspectRepository } from '../activities/repository/inspect-repository.js'
import { recoverOrDiscard } from '../activities/repository/recover-or-discard.js'
import { lookForRoom } from '../activities/repository/look-for-room.js'
import { rescanRepository } from '../activities/repository/rescan-repository.js'
import { createStorageGauge } from '../activities/repository/storage.js'
import { sweepRepository } from '../activities/repository/sweep-repository.js'
import { verifyBackup } from '../activities/repository/verify-backup.js'
import type { ContentServer } from '../activities/restore/content-server.js'
import { openContent } from '../activities/restore/open-content.js'
import type { PointReaders } from '../activities/restore/point-readers.js'
import type { RepositorySteps } from '../activities/steps.js'
import { createPlaces } from '../activities/blocks/places.js'
import { auditDisk } from '../activities/transfer/audit-disk.js'
import { copyDisk } from '../activities/transfer/copy-disk.js'
import type { TransferDependencies } from '../activities/transfer/dependencies.js'
import type { LimitBoard } from '../activities/transfer/limit-board.js'
import type { ProgressBoard } from '../activities/transfer/progress-board.js'
import { usualRetention } from '../domain/rules/keeps.js'
import { now } from './steps.js'
import type { StepContext } from './steps.js'

export interface RepositoryHost {
  readonly context: StepContext
  readonly guard: Guard
  readonly progress: ProgressBoard
  readonly limits: LimitBoard
  readonly content: ContentServer
  readonly readers: PointReaders
  readonly said: (sentence: string) => void
  /** Of this product: stands in the manifests. */
  readonly version: string
}

/** Steps beside a repository: image files, manifests, movers. */
export function repositorySteps({
  context,
  guard,
  progress,
  limits,
  content,
  readers,
  said,
  version,
}: RepositoryHost): RepositorySteps {
  const { db, connections, config } = context
  const runDir = config.SENDENSE_RUN_DIR
  const programs = { nbdkit: config.SENDENSE_NBDKIT, qemuNbd: 'qemu-nbd', qemuImg: 'qemu-img' }
  const measure = createStorageGauge(() => performance.now())
  const slots = createPlaces(config.SENDENSE_MOVERS)
  const dependencies: RepositoryDependencies = {
    db,
    guard,
    runDir,
    programs,
    content,
    readers,
    slots,
    measure,
    version,
    now,
    keep: usualRetention(config.SENDENSE_KEEP_POINTS, config.SENDENSE_KEEP_DAYS),
    said,
  }
  const transfer: TransferDependencies = {
    db,
    connections,
    guard,
    progress,
    limits,
    runDir,
    programs,
    slots,
    stallMs: config.SENDENSE_STALL_SECONDS * 1000,
    reopenMs: config.SENDENSE_REOPEN_SECONDS * 1000,
    checkpointEvery: {
      everyBytes: config.SENDENSE_CHECKPOINT_MIB * 2 ** 20,
      everyMs: config.SENDENSE_CHECKPOINT_SECONDS * 1000,
    },
    now,
    said,
  }
  return {
    inspectRepository: inspectRepository(dependencies),
    copyDisk: copyDisk(transfer),
    auditDisk: auditDisk(transfer),
    lookForRoom: lookForRoom(dependencies),
    commitPoint: commitPoint(dependencies),
    discardPoint: discardPoint(dependencies),
    recoverOrDiscard: recoverOrDiscard(dependencies),
    sweepRepository: sweepRepository(dependencies),
    expireChains: expireChains(dependencies),
    verifyBackup: verifyBackup(dependencies),
    deletePoint: deletePoint(dependencies),
    rescanRepository: rescanRepository(dependencies),
    openContent: openContent(dependencies),
  }
}
