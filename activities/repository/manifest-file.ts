import { mkdir, readFile, readdir } from 'node:fs/promises'
import { Failure } from '../../domain/failure.js'
import { Manifest } from '../../domain/manifest.js'
import { isMissing, writeDurably } from './durable-file.js'
import { isSafeId, manifestPath, ownerOfPointFile, pointsDirectory, relativeDiskFiles } from './layout.js'

/** What stands under `points/`: a manifest that can be trusted to be well-formed, or why it cannot. */
export type ReadManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly backupId: string; readonly reason: string }

/** Reads one point's manifest; undefined if there is none. Throws `point-damaged` for one that cannot be used. */
export const readManifest = async (
  repositoryPath: string,
  vmContextId: string,
  backupId: string,
): Promise<Manifest | undefined> => {
  const text = await readText(manifestPath(repositoryPath, vmContextId, backupId))
  if (text === undefined) return undefined
  const read = parseManifest(text, vmContextId, backupId)
  if (read.kind === 'manifest') return read.manifest
  throw new Failure('point-damaged', `The manifest of point ${backupId} cannot be used: ${read.reason}`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Restore the manifest file from a copy of the repository, or delete the point.',
  })
}

/** Every manifest of one VM, in the order of their names; refused ones included. */
export const readManifests = async (repositoryPath: string, vmContextId: string): Promise<ReadManifest[]> => {
  const found: ReadManifest[] = []
  for (const name of await namesIn(pointsDirectory(repositoryPath, vmContextId))) {
    const owner = ownerOfPointFile(name)
    if (owner?.kind !== 'manifest') continue
    const text = await readText(manifestPath(repositoryPath, vmContextId, owner.backupId))
    if (text !== undefined) found.push(parseManifest(text, vmContextId, owner.backupId))
  }
  return found
}

/**
 * Writes the manifest, after which the point exists. Safe to run twice: a manifest that already tells of the same
 * disks is left as it is. Returns its path. Throws `conflict` for a different one.
 */
export const writeManifest = async (repositoryPath: string, manifest: Manifest): Promise<string> => {
  const { vm_context_id: vm, backup_id: backupId } = manifest
  const file = manifestPath(repositoryPath, vm, backupId)
  const standing = await readManifest(repositoryPath, vm, backupId)
  if (standing !== undefined) {
    if (JSON.stringify(standing.disks) === JSON.stringify(Manifest.parse(manifest).disks)) return file
    throw new Failure('conflict', `Point ${backupId} has a manifest already and it tells of other disks`, {
      retry: false,
      facts: { backup_id: backupId },
      remedy: 'Nothing was changed; the point that stands is complete. Start a new backup.',
    })
  }
  await mkdir(pointsDirectory(repositoryPath, vm), { recursive: true, mode: 0o700 })
  await writeDurably(file, `${JSON.stringify(Manifest.parse(manifest), null, 2)}\n`)
  return file
}

/** Parses a manifest's text and checks that it speaks of its own place and of no file outside the layout. */
export const parseManifest = (text: string, vmContextId: string, backupId: string): ReadManifest => {
  const refused = (reason: string): ReadManifest => ({ kind: 'refused', backupId, reason })
  const json = jsonOf(text)
  if (typeof json !== 'object' || json === null) return refused('it is not JSON')
  const { format, version } = json as { format?: unknown; version?: unknown }
  if (format !== 'sendense-point') return refused('it is not a manifest of this product')
  if (typeof version === 'number' && version > 1)
    return refused(`it was written by a newer version of the product (manifest version ${version})`)
  const parsed = Manifest.safeParse(json)
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    return refused(`${first?.path.join('.') ?? 'it'} is not as it must be (${first?.message ?? 'unknown'})`)
  }
  const reason = displaced(parsed.data, vmContextId, backupId)
  return reason === undefined ? { kind: 'manifest', manifest: parsed.data } : refused(reason)
}

const displaced = (manifest: Manifest, vmContextId: string, backupId: string): string | undefined => {
  if (manifest.backup_id !== backupId) return `it speaks of point ${manifest.backup_id}`
  if (manifest.vm_context_id !== vmContextId) return `it speaks of VM ${manifest.vm_context_id}`
  for (const disk of manifest.disks) {
    if (!isSafeId(disk.disk_id)) return 'a disk id in it cannot name a file'
    const expected = relativeDiskFiles(disk.disk_id, backupId)
    if (disk.file !== expected.file || disk.digests !== expected.digests)
      return `disk ${disk.label} names files outside its own place`
  }
  return undefined
}

const readText = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const namesIn = async (directory: string): Promise<string[]> => {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
