import { Failure } from '../../domain/failure.js'
import type { RepositorySteps } from '../steps.js'
import type { RepositoryDependencies } from '../repository/dependencies.js'
import { chainOfDisk } from '../repository/image-chain.js'
import { openImage } from '../repository/image-reader.js'
import { checkIdentity } from '../repository/marker.js'
import { diskInManifest, manifestOf, openPoint } from '../repository/point.js'

/**
 * Safe to run twice: a disk that is open already is shared, each call gets a path of its own. Reads only. Throws
 * `not-found`, `conflict` for a backup that is no point, `point-in-use` for one that is being deleted, `point-damaged`, and what `checkIdentity` throws.
 */
export const openContent =
  (
    needs: Pick<RepositoryDependencies, 'db' | 'guard' | 'runDir' | 'programs' | 'content' | 'readers'>,
  ): RepositorySteps['openContent'] =>
  async ({ backupId, diskId }) => {
    const point = await openPoint(needs.db, backupId)
    await checkIdentity(point.repository)
    const manifest = await manifestOf(point)
    const row = point.disks.find((one) => one.disk_id === diskId)
    const disk = row && diskInManifest(manifest, row)
    if (disk === undefined)
      throw new Failure('not-found', `Point ${backupId} holds no disk ${diskId}`, {
        retry: false,
        facts: { backup_id: backupId, disk_id: diskId },
      })
    const [{ image }] = await chainOfDisk(point.repository, manifest, disk.disk_id)
    const url = await needs.content.publish({
      key: `${backupId}.${disk.disk_id}`,
      fileName: `${manifest.vm.name}-${disk.disk_index}-${backupId}.img`,
      sizeBytes: disk.capacity_bytes,
      open: () => openImage(needs, { image, backupId, diskId: disk.disk_id }),
      whileHeld: (work) => needs.readers.whileHeld(backupId, work),
    })
    return { url, sizeBytes: disk.capacity_bytes }
  }
