import { createHash } from 'node:crypto'
import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { backupById } from '../../drizzle/queries/backups.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { repositoryById } from '../../drizzle/queries/repositories.js'
import type { WantedSlot } from '../../drizzle/queries/slots.js'
import { discoveredForJob } from '../capture/job.js'

/** How many backups may have an open snapshot at the same time, on or into one of each. */
export interface SlotLimits {
  readonly vcenter: number
  readonly host: number
  readonly datastore: number
  readonly repository: number
}

/** A place that a backup takes; `name`: what it is to an operator. */
export interface NamedSlot extends WantedSlot {
  readonly name: string
}

/**
 * What a backup takes places on, as this run discovered its VM: its repository, each datastore that holds a disk of
 * the VM, its host, its vCenter. The narrowest stands first, see `tryTakeSlots`.
 */
export async function wantedSlots(db: Db, backupId: string, limits: SlotLimits): Promise<NamedSlot[]> {
  const backup = await backupById(db, backupId)
  if (backup === undefined)
    throw new Failure('not-found', `There is no backup ${backupId}`, {
      retry: false,
      remedy: 'Start it again.',
    })
  const vm = await discoveredForJob(db, backupId)
  const { platform_id: platformId, repository_id: repositoryId } = backup
  const platform = (await platformById(db, platformId))?.name ?? platformId
  const repository = (await repositoryById(db, repositoryId))?.name ?? String(repositoryId)
  const datastores = [...new Set(vm.disks.map((disk) => disk.datastore.trimEnd()))].sort()
  const on = (kind: 'datastore' | 'host', names: readonly string[]): NamedSlot[] =>
    names
      .filter((name) => name !== '')
      .map((name) => ({
        resource: resourceName(`${kind}:${platformId}/${name}`),
        limit: limits[kind],
        name: `${kind} ${name} of ${platform}`,
      }))
  return [
    { resource: `repository:${repositoryId}`, limit: limits.repository, name: `repository ${repository}` },
    ...on('datastore', datastores),
    // A discovery of before hosts were kept has none.
    ...on('host', [(vm.host ?? '').trimEnd()]),
    { resource: `vcenter:${platformId}`, limit: limits.vcenter, name: `vCenter ${platform}` },
  ]
}

const longest = 128

/** As long as its column; the tail of a longer name is replaced by a hash of the whole. */
export const resourceName = (name: string): string => {
  if (name.length <= longest) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return `${name.slice(0, longest - hash.length - 1)}~${hash}`
}
