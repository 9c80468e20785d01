import path from 'node:path'
import { Failure } from '../../domain/failure.js'

/**
 * Where everything of a repository lies. Pure: no file is touched here.
 * `<repository>/<vm context id>/disks/<disk id>/<backup id>.qcow2` with `.digests` beside it (and, until the point is
 * committed, `.areas`: what of the disk was read), and
 * `<repository>/<vm context id>/points/<backup id>.json`, the manifest that makes the point. An image is written
 * under its final name from the start: without a manifest it is no point, and the sweeper removes it.
 */
export interface DiskFiles {
  /** The VM's directory, which the manifest's paths are relative to. */
  readonly vmDir: string
  readonly dir: string
  readonly image: string
  readonly digests: string
  /** What of the disk was read; only until the point is committed. */
  readonly areas: string
}

export interface AttemptFiles {
  readonly digests: string
  readonly areas: string
  readonly checkpoint: string
}

export interface LeftoverName {
  readonly backupId: string
  readonly kind: 'image' | 'digests' | 'areas' | 'attempt' | 'temporary'
  /** Of `attempt` only. */
  readonly attemptNo?: number
}

export const markerFileName = '.sendense-repository.json'
export const temporarySuffix = '.tmp'
/** A manifest that a delete has taken out of the point's life but whose files may still be there. */
export const retiredSuffix = '.deleted'

// The first character rules out `.`, `..` and hidden names; no separator can occur at all.
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** True for ids that may stand as one path segment. */
export const isSafeId = (id: string): boolean => idPattern.test(id)

export const vmDirectory = (repositoryPath: string, vmContextId: string): string =>
  path.join(repositoryPath, segment('VM context id', vmContextId))

export const pointsDirectory = (repositoryPath: string, vmContextId: string): string =>
  path.join(vmDirectory(repositoryPath, vmContextId), 'points')

export const disksDirectory = (repositoryPath: string, vmContextId: string): string =>
  path.join(vmDirectory(repositoryPath, vmContextId), 'disks')

/** Paths of one disk of one backup. Throws `bad-request` for an id that could leave the repository. */
export const diskFiles = (
  repositoryPath: string,
  vmContextId: string,
  diskId: string,
  backupId: string,
): DiskFiles => {
  const vmDir = vmDirectory(repositoryPath, vmContextId)
  const relative = relativeDiskFiles(diskId, backupId)
  const image = path.join(vmDir, relative.file)
  const dir = path.dirname(image)
  const areas = path.join(dir, `${backupId}.areas`)
  return { vmDir, dir, image, digests: path.join(vmDir, relative.digests), areas }
}

/** The same paths as a manifest names them: relative to the VM's directory, with `/`. */
export const relativeDiskFiles = (diskId: string, backupId: string): { file: string; digests: string } => {
  const base = `disks/${segment('disk id', diskId)}/${segment('backup id', backupId)}`
  return { file: `${base}.qcow2`, digests: `${base}.digests` }
}

/** Files that one attempt of a copy owns; a later attempt never writes them. */
export const attemptFiles = (files: DiskFiles, backupId: string, attemptNo: number): AttemptFiles => {
  const base = path.join(files.dir, `${segment('backup id', backupId)}.${attemptNo}`)
  return { digests: `${base}.digests.part`, areas: `${base}.areas.part`, checkpoint: `${base}.checkpoint` }
}

export const manifestPath = (repositoryPath: string, vmContextId: string, backupId: string): string =>
  path.join(pointsDirectory(repositoryPath, vmContextId), `${segment('backup id', backupId)}.json`)

export const retiredManifestPath = (repositoryPath: string, vmContextId: string, backupId: string): string =>
  `${manifestPath(repositoryPath, vmContextId, backupId)}${retiredSuffix}`

/** Which backup a file in a disk's directory belongs to; undefined for files that are not ours. */
export const ownerOfDiskFile = (fileName: string): LeftoverName | undefined => {
  if (fileName.endsWith(temporarySuffix)) {
    const owner = ownerOfDiskFile(fileName.slice(0, -temporarySuffix.length))
    return owner && { backupId: owner.backupId, kind: 'temporary' }
  }
  const [, attempt, attemptNo] =
    /^(.+)\.(\d+)\.(?:digests\.part|areas\.part|checkpoint)$/.exec(fileName) ?? []
  if (attempt !== undefined) {
    const owner = owned(attempt, 'attempt')
    return owner && { ...owner, attemptNo: Number(attemptNo) }
  }
  const image = /^(.+)\.qcow2$/.exec(fileName)?.[1]
  if (image !== undefined) return owned(image, 'image')
  const [, beside, kind] = /^(.+)\.(digests|areas)$/.exec(fileName) ?? []
  return beside === undefined ? undefined : owned(beside, kind === 'areas' ? 'areas' : 'digests')
}

/** Which backup a file in `points/` belongs to: its manifest, a manifest half-written, or one being deleted. */
export const ownerOfPointFile = (
  fileName: string,
): { readonly backupId: string; readonly kind: 'manifest' | 'retired' | 'temporary' } | undefined => {
  const match = /^(.+)\.json(\.deleted|(?:\.[A-Za-z0-9-]+)?\.tmp)?$/.exec(fileName)
  const backupId = match?.[1]
  if (backupId === undefined || !isSafeId(backupId)) return undefined
  if (match?.[2] === undefined) return { backupId, kind: 'manifest' }
  return { backupId, kind: match[2] === retiredSuffix ? 'retired' : 'temporary' }
}

const owned = (backupId: string, kind: LeftoverName['kind']): LeftoverName | undefined =>
  isSafeId(backupId) ? { backupId, kind } : undefined

const segment = (what: string, id: string): string => {
  if (isSafeId(id)) return id
  throw new Failure('bad-request', `The ${what} ${JSON.stringify(id.slice(0, 80))} cannot name a file`, {
    retry: false,
    remedy:
      'Use the id as the API lists it: letters, digits, dot, dash and underscore, at most 64 characters.',
  })
}
