import { access } from 'node:fs/promises'
import type { BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { DigestReader } from '../blocks/digests.js'
import { DigestFileError } from '../blocks/errors.js'
import { isMissing } from './durable-file.js'
import { chainOfDisk } from './image-chain.js'
import { readManifest } from './manifest-file.js'
import { openLayers } from './open-layers.js'
import type { Point } from './point.js'

/** The point that a disk is to be stored over, with the digests of its whole chain. */
export interface OpenBase extends AsyncDisposable {
  readonly kind: 'base'
  readonly backupId: string
  readonly capacityBytes: number
  readonly changeId: string | null
  /** An audit found that change tracking had not told of all that had changed: content may be missing. */
  readonly isSuspect: boolean
  /** Nearest first. */
  readonly digests: readonly DigestReader[]
}

/** Why nothing can be stored over the planned point. */
export interface BrokenBase {
  readonly kind: 'broken'
  readonly why: string
}

/**
 * Checks that the planned base and everything below it is there and can be read: manifests, images, digests. What the
 * manifest says counts, not the catalogue. Undefined for a disk that begins a chain.
 */
export const openBase = async (
  { repository, backup }: Point,
  disk: BackupDisk,
): Promise<OpenBase | BrokenBase | undefined> => {
  const { parent_backup_id: parentId } = disk
  if (disk.stored_as === 'root' || parentId === null) return undefined
  try {
    const manifest = await readManifest(repository.path, backup.vm_context_id, parentId)
    if (manifest === undefined) return { kind: 'broken', why: `the manifest of ${parentId} is gone` }
    const layers = await chainOfDisk(repository, manifest, disk.disk_id)
    for (const { image } of layers) await access(image)
    const open = await openLayers(layers)
    const { change_id: changeId, capacity_bytes: capacityBytes, audit_result: audited } = layers[0].disk
    return {
      kind: 'base',
      backupId: parentId,
      capacityBytes,
      changeId,
      isSuspect: audited === 'differs',
      digests: open.readers,
      [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
    }
  } catch (error) {
    const why = damageOf(error)
    if (why === undefined) throw error
    return { kind: 'broken', why }
  }
}

const damageOf = (error: unknown): string | undefined => {
  if (error instanceof DigestFileError) return `${error.path} is ${error.problem}`
  if (error instanceof Failure && error.code === 'point-damaged') return error.message
  if (isMissing(error)) return `the file ${(error as { path?: string }).path ?? ''} is not there`
  return undefined
}
