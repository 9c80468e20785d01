import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { Manifest, ManifestDisk } from '../../domain/manifest.js'
import type { Repository } from '../../domain/repository.js'
import { vmDirectory } from './layout.js'
import { readManifest } from './manifest-file.js'

/** One layer of a disk's chain, with the paths of its files. */
export interface Layer {
  readonly disk: ManifestDisk
  readonly backupId: string
  readonly image: string
  readonly digests: string
}

/** The layers of one disk of a point, nearest first, root last. Throws `point-damaged` naming the missing link. */
export const chainOfDisk = async (
  repository: Pick<Repository, 'path'>,
  manifest: Manifest,
  diskId: string,
): Promise<[Layer, ...Layer[]]> => {
  const top = layerOf(repository, manifest, diskId)
  const layers: [Layer, ...Layer[]] = [top]
  for (let layer = top; layer.disk.parent_backup_id !== null;) {
    const parentId: string = layer.disk.parent_backup_id
    const parent = await readManifest(repository.path, manifest.vm_context_id, parentId)
    if (parent === undefined || layers.some((known) => known.backupId === parentId))
      throw broken(
        manifest.backup_id,
        `the point ${parentId} that ${layer.disk.label} is stored over is not there`,
      )
    layer = layerOf(repository, parent, diskId)
    layers.push(layer)
  }
  return layers
}

const layerOf = (repository: Pick<Repository, 'path'>, manifest: Manifest, diskId: string): Layer => {
  const disk = manifest.disks.find((one) => one.disk_id === diskId)
  if (disk === undefined) throw broken(manifest.backup_id, `it does not hold disk ${diskId}`)
  const vmDir = vmDirectory(repository.path, manifest.vm_context_id)
  return {
    disk,
    backupId: manifest.backup_id,
    image: path.join(vmDir, disk.file),
    digests: path.join(vmDir, disk.digests),
  }
}

const broken = (backupId: string, why: string): Failure =>
  new Failure('point-damaged', `Point ${backupId} cannot be read: ${why}`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Verify the other points of this VM and back it up again in full.',
  })
