import type { VerifyResult } from '../../domain/operations.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { DigestFileError, EndError } from '../blocks/errors.js'
import { verify } from '../blocks/verify.js'
import { Failure } from '../../domain/failure.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing } from './durable-file.js'
import { chainOfDisk } from './image-chain.js'
import type { Layer } from './image-chain.js'
import { openImage } from './image-reader.js'
import { checkIdentity } from './marker.js'
import { openLayers } from './open-layers.js'
import { manifestOf, openPoint } from './point.js'
import type { Point } from './point.js'
import { sealOf } from './seal.js'

type Needs = Pick<RepositoryDependencies, 'db' | 'guard' | 'runDir' | 'programs' | 'slots' | 'now'>

/** What the Temporal UI shows of a verification that runs. */
export interface VerifyBeat {
  readonly disk: string
  readonly bytesChecked: number
  readonly bytesTotal: number
}

/**
 * Safe to run twice: only reads the point, and replaces the result of an earlier run. Reads every disk through its
 * whole chain and compares each block with its digest. Damage is a result, not an error; an error means that it could
 * not be told.
 */
export const verifyBackup =
  (needs: Needs): RepositorySteps['verifyBackup'] =>
  ({ backupId }) =>
    beating(async (signal, show) => {
      using _slot = await needs.slots.take(signal)
      const result = await verifyPoint(needs, backupId, signal, show)
      const record = {
        verified_at: needs.now().toISOString(),
        verify_result: result.result,
        verify_detail: result.detail,
      }
      await updateBackup(needs.db, backupId, record, ['completed'])
      return result
    })

const verifyPoint = async (
  needs: Needs,
  backupId: string,
  signal: AbortSignal,
  onProgress: (progress: VerifyBeat) => void,
): Promise<VerifyResult> => {
  const point = await openPoint(needs.db, backupId)
  await checkIdentity(point.repository)
  const damages: string[] = []
  let bytes = 0
  const said = await damageIn(async () => {
    const manifest = await manifestOf(point)
    for (const disk of manifest.disks) {
      const damage = await damageIn(async () => {
        const layers = await chainOfDisk(point.repository, manifest, disk.disk_id)
        return await verifyDisk(needs, point, layers, signal, onProgress)
      })
      if (damage !== undefined) damages.push(`${disk.label}: ${damage}`)
      bytes += disk.capacity_bytes
    }
    return undefined
  })
  if (said !== undefined) damages.push(said)
  if (damages.length > 0) return { backupId, result: 'damaged', detail: damages.join('; ').slice(0, 2000) }
  return {
    backupId,
    result: 'good',
    detail: `${point.disks.length} disk(s), ${bytes} bytes: every block is as it was read`,
  }
}

/** What is wrong with the disk, in a sentence; undefined = nothing. */
const verifyDisk = async (
  needs: Needs,
  { backup }: Point,
  layers: readonly [Layer, ...Layer[]],
  signal: AbortSignal,
  onProgress: (progress: VerifyBeat) => void,
): Promise<string | undefined> => {
  const [top] = layers
  const { disk } = top
  for (const layer of layers)
    if ((await sealOf(layer.digests, signal)) !== layer.disk.digest_seal)
      return `the digest file of ${layer.backupId} is not the one that was committed`
  await using digests = await openLayers(layers)
  await using end = await openImage(needs, {
    image: top.image,
    backupId: backup.id,
    diskId: disk.disk_id,
    signal,
  })
  if (end.sizeBytes !== disk.capacity_bytes)
    return `its image is of ${end.sizeBytes} bytes, the disk has ${disk.capacity_bytes}`
  const found = await verify({
    end,
    digests: digests.readers,
    signal,
    onProgress: ({ bytesChecked, bytesTotal }) => onProgress({ disk: disk.label, bytesChecked, bytesTotal }),
  })
  const [first] = found.mismatches
  if (first === undefined) return undefined
  return `${found.mismatchedBytes} bytes differ, the first ${first.length} of them at offset ${first.offset}`
}

/** Tells damage from trouble: what a second try may get past, or what cancels us, is thrown on. */
const damageIn = async (work: () => Promise<string | undefined>): Promise<string | undefined> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DigestFileError) return `a digest file is ${error.problem}`
    if (error instanceof Failure && error.code === 'point-damaged') return error.message
    if (error instanceof EndError && error.errno === 'EIO')
      return `its image cannot be read at offset ${error.offset}`
    if (isMissing(error)) return `the file ${(error as { path?: string }).path ?? ''} is not there`
    throw error
  }
}
