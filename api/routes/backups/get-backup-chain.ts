import { chainOf } from '../../../drizzle/queries/backups.js'
import { disksOf } from '../../../drizzle/queries/vm-contexts.js'
import { getBackupChain, getBackupChainAlias } from '../../contract/backups.js'
import { ApiProblem, notFound } from '../../problem.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { toBackupJobs } from '../../views/backup-job.js'
import { auditsOf, chainsOf, chosenDisk } from '../../views/chain.js'
import { findVm } from './find-backup.js'

const getBackupChainHandler: Handler<typeof getBackupChain> = async ({ context, query }) => {
  const { db } = context
  const vm = await findVm(db, query)
  const disk = chosenDisk(await disksOf(db, vm.id), query.disk_id)
  if (disk === undefined) throw notFound(`disk of ${vm.vm_name}`, query.disk_id ?? 0)
  const all = await chainOf(db, { vmContextId: vm.id, diskId: disk.id, repositoryId: query.repository_id })
  const asked =
    query.backup_id === undefined ? all.at(-1) : all.find((point) => point.backup.id === query.backup_id)
  const repositoryId = asked?.backup.repository_id
  const chains = chainsOf(all.filter((point) => point.backup.repository_id === repositoryId))
  const chain = chains.find((points) => points.some((point) => point.backup.id === asked?.backup.id))
  const root = chain?.[0]
  if (chain === undefined || root === undefined)
    throw new ApiProblem(404, 'not-found', `There is no such point of ${disk.label} of ${vm.vm_name}`, {
      remedy: 'Start a backup, or name another repository or disk.',
    })
  const body = {
    chain_id: `chain-${root.backup.id}-${disk.disk_index}`,
    vm_context_id: vm.id,
    disk_id: disk.disk_index,
    vm_disk_id: disk.id,
    repository_id: String(root.backup.repository_id),
    full_backup_id: root.backup.id,
    backups: await toBackupJobs(
      db,
      chain.map((point) => point.backup),
    ),
    total_size_bytes: chain.reduce((sum, point) => sum + (point.disks[0]?.bytes_stored ?? 0), 0),
    backup_count: chain.length,
    ...auditsOf(chain),
  }
  return { status: 200, body }
}

export const getBackupChainRoute = route(getBackupChain, getBackupChainHandler)
export const getBackupChainAliasRoute = aliasOf(getBackupChainRoute, getBackupChainAlias)
