import { randomBytes } from 'node:crypto'
import type { BackupInput } from '../../../domain/backup.js'
import type { ExecutionItem } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import type { Db } from '../../../drizzle/open.js'
import { stopOf, underExecutionLock } from '../../../drizzle/queries/execution-changes.js'
import type { FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import {
  dueItems,
  nextWaiting,
  openItemOfLane,
  updateItem,
} from '../../../drizzle/queries/execution-items.js'
import { placesOf, takenPlaces } from '../../../drizzle/queries/full-resources.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import type { ClaimedItem, ItemClaim } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import { resourceName } from '../wanted-slots.js'
import type { SlotLimits } from '../wanted-slots.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { restBeforeVm } from './rest-in-crowd.js'

/** So many of the VMs whose turn it is are looked at for one whose places are free. */
const lookedAt = 64

/**
 * One transaction under the execution's row lock, so that no VM is given to two lanes and none is begun once it is
 * paused. Safe to run twice: what a lane has claimed and not settled is answered again.
 */
export const claimItem =
  ({ db, now, limits }: ExecutionDependencies & { readonly limits: SlotLimits }): ControlSteps['claimItem'] =>
  async ({ executionId, lane }) => {
    const at = now().toISOString()
    const claim = await underExecutionLock(db, executionId, async (tx, of): Promise<ItemClaim> => {
      const { execution, flow } = of
      const own = await openItemOfLane(tx, executionId, lane)
      if (own !== undefined) return { kind: 'item', item: await told(tx, of, own) }
      if (execution.status === 'paused') return { kind: 'held' }
      if (execution.status !== 'running' || stopOf(execution) !== null) return { kind: 'done' }
      const due = await dueItems(tx, executionId, at, lookedAt)
      const item = await firstWithRoom(tx, flow, due, limits)
      if (item === undefined) return await whatIsLeft(tx, executionId)
      // Its VMs stay as they are.
      const rest = await restBeforeVm(tx, of, limits, at)
      if (rest !== null) return { kind: 'wait', until: later(at, rest.ms), reason: rest.reason }
      const taken = await take(tx, item, lane, at)
      return { kind: 'item', item: await told(tx, of, taken) }
    })
    return claim ?? { kind: 'done' }
  }

const later = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString()

async function whatIsLeft(tx: Db, executionId: string): Promise<ItemClaim> {
  const next = await nextWaiting(tx, executionId)
  // VMs that other lanes work on are theirs until the end, retries included.
  if (next?.not_before == null) return { kind: 'done' }
  return { kind: 'wait', until: next.not_before, reason: `${next.vm_name}: ${next.reason ?? 'it waits'}` }
}

async function take(tx: Db, item: ExecutionItem, lane: number, at: string): Promise<ExecutionItem> {
  const backupId = backupIdFor(item)
  const patch = {
    status: 'running' as const,
    lane,
    attempts: item.attempts + 1,
    backup_id: backupId,
    backup_ids: [...item.backup_ids, backupId],
    not_before: null,
    started_at: item.started_at ?? at,
  }
  await updateItem(tx, item, patch, ['pending', 'waiting'])
  return { ...item, ...patch }
}

/** `backup-pgtest1-7f3a9c2e`: readable, and short enough for the name of its snapshot. */
function backupIdFor({ vm_name: name }: ExecutionItem): string {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 24)
      .replace(/^-+|-+$/g, '') || 'vm'
  return `backup-${slug}-${randomBytes(6).toString('hex')}`
}

/** The first whose vCenter, host and datastores have a free place; where none has, the first: it stands in line. */
async function firstWithRoom(
  tx: Db,
  { repository_id: repositoryId }: Flow,
  due: readonly ExecutionItem[],
  limits: SlotLimits,
): Promise<ExecutionItem | undefined> {
  const [first] = due
  if (first === undefined || due.length === 1) return first
  const full = fullOnes(await takenPlaces(tx), limits)
  // A full repository is full for all of them.
  full.delete(`repository:${repositoryId ?? ''}`)
  if (full.size === 0) return first
  const places = await placesOf(
    tx,
    due.map((item) => item.vm_context_id),
  )
  const hasRoom = ({ vm_context_id: id }: ExecutionItem): boolean => {
    const place = places.get(id)
    if (place === undefined) return true
    const { platformId, datastores, host } = place
    const wanted = [
      `vcenter:${platformId}`,
      ...datastores.map((name) => resourceName(`datastore:${platformId}/${name.trimEnd()}`)),
      ...(host === null ? [] : [resourceName(`host:${platformId}/${host.trimEnd()}`)]),
    ]
    return !wanted.some((resource) => full.has(resource))
  }
  return due.find(hasRoom) ?? first
}

function fullOnes(taken: ReadonlyMap<string, number>, limits: SlotLimits): Set<string> {
  const limitOf = (resource: string): number =>
    limits[resource.split(':')[0] as keyof SlotLimits] ?? Number.POSITIVE_INFINITY
  return new Set(
    [...taken].filter(([resource, count]) => count >= limitOf(resource)).map(([resource]) => resource),
  )
}

async function told(tx: Db, { execution, flow }: FlowExecution, item: ExecutionItem): Promise<ClaimedItem> {
  const repositoryId = flow.repository_id ?? 0
  const repository = (await repositoryById(tx, repositoryId))?.name ?? `repository ${repositoryId}`
  const backup: BackupInput = {
    backupId: item.backup_id ?? '',
    vmContextId: item.vm_context_id,
    repositoryId,
    requestedType: execution.backup_type,
    quiesce: flow.quiesce,
    excludeDisks: [],
    vmName: item.vm_name,
    flowId: flow.id,
    executionId: execution.id,
  }
  return {
    position: item.position,
    attempt: item.attempts,
    backup,
    summary: `Back up ${item.vm_name} to ${repository} (${execution.backup_type}), flow ${flow.name}`.slice(
      0,
      190,
    ),
  }
}
