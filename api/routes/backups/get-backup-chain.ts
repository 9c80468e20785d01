import type { VmContext, VmDisk } from '../../../domain/vm-context.js'
import type { Db } from '../../../drizzle/open.js'
import { chainOf, childIdsOf } from '../../../drizzle/queries/backups.js'
import type { BackupWithDisks } from '../../../drizzle/queries/backups.js'
import { disksOf } from '../../../drizzle/queries/vm-contexts.js'
import { getBackupChain, getBackupChainAlias } from '../../contract/backups.js'
import type { ChainPoint } from '../../contract/backups.js'
import type { QueryOf } from '../../contract/operation.js'
import { ApiProblem, notFound } from '../../problem.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { toBackupJobs } from '../../views/backup-job.js'
import { auditsOf, chainsOf, chosenDisk, toChainSummary, wholeChainOf } from '../../views/chain.js'
import { findVm } from './find-backup.js'

const getBackupChainHandler: Handler<typeof getBackupChain> = async ({ context, query }) => {
  const { db } = context
  const vm = await findVm(db, query)
  const disk = chosenDisk(await disksOf(db, vm.id), query.disk_id)
  if (disk === undefined) throw notFound(`disk of ${vm.vm_name}`, query.disk_id ?? 0)
  const { chain, chains, whole } = await findChain(db, { vm, disk, query })
  const body = {
    ...toChainSummary(chain),
    vm_context_id: vm.id,
    disk_id: disk.disk_index,
    vm_disk_id: disk.id,
    repository_id: String(chain[0].backup.repository_id),
    backups: await toBackupJobs(
      db,
      chain.map((point) => point.backup),
    ),
    points: await toChainPoints(db, chain),
    chains: chains.map(toChainSummary),
    whole: {
      backup_ids: whole.map(({ backup }) => backup.id),
      bytes_stored: whole.reduce((sum, { backup }) => sum + backup.bytes_stored, 0),
    },
    ...auditsOf(chain),
  }
  return { status: 200, body }
}

export const getBackupChainRoute = route(getBackupChain, getBackupChainHandler)
export const getBackupChainAliasRoute = aliasOf(getBackupChainRoute, getBackupChainAlias)

type Points = readonly [BackupWithDisks, ...BackupWithDisks[]]
const hasPoints = (chain: readonly BackupWithDisks[] | undefined): chain is Points =>
  chain !== undefined && chain.length > 0

/** The chain that is asked for and the others of its disk, and all points that hang together with it. */
async function findChain(
  db: Db,
  { vm, disk, query }: { vm: VmContext; disk: VmDisk; query: QueryOf<typeof getBackupChain> },
): Promise<{ chain: Points; chains: Points[]; whole: BackupWithDisks[] }> {
  const all = await chainOf(db, { vmContextId: vm.id, repositoryId: query.repository_id })
  const ofDisk = all
    .map(({ backup, disks }) => ({ backup, disks: disks.filter(({ disk_id }) => disk_id === disk.id) }))
    .filter(({ disks }) => disks.length > 0)
  const asked =
    query.backup_id === undefined ? ofDisk.at(-1) : ofDisk.find(({ backup }) => backup.id === query.backup_id)
  const isBeside = ({ backup }: BackupWithDisks): boolean =>
    backup.repository_id === asked?.backup.repository_id
  const chains = chainsOf(ofDisk.filter(isBeside)).filter(hasPoints)
  const chain = chains.find((points) => points.some(({ backup }) => backup.id === asked?.backup.id))
  if (chain === undefined)
    throw new ApiProblem(404, 'not-found', `There is no such point of ${disk.label} of ${vm.vm_name}`, {
      remedy: 'Start a backup, or name another repository or disk.',
    })
  return { chain, chains, whole: wholeChainOf(all.filter(isBeside), chain[0].backup.id) }
}

async function toChainPoints(db: Db, chain: Points): Promise<ChainPoint[]> {
  const children = await childIdsOf(
    db,
    chain.map(({ backup }) => backup.id),
  )
  return chain.flatMap(({ backup, disks: [disk] }) =>
    disk === undefined ? [] : [{ backup_id: backup.id, disk, needed_by: children.get(backup.id) ?? [] }],
  )
}
