import { and, asc, eq, inArray, isNotNull, isNull, or } from 'drizzle-orm'
import type { Retention } from '../../domain/policy.js'
import { judgeChains } from '../../domain/rules/expired-chains.js'
import type { JudgedChain, KeptPoint } from '../../domain/rules/expired-chains.js'
import { keepsOfFlows } from '../../domain/rules/keeps.js'
import type { OwnedKeep } from '../../domain/rules/keeps.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { backupPolicies } from '../schema/backup-policies.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { groupedBy } from './grouped.js'
import { pinsOn } from './pins.js'
import { vmsOfTargets } from './protected-vms.js'

/** A point as the rule of what is kept looks at it. */
export interface StoredPoint extends KeptPoint {
  readonly vmContextId: string
  readonly vmName: string
  readonly bytesStored: number
}

export interface JudgedVm {
  readonly vmContextId: string
  readonly keeps: readonly OwnedKeep[]
  readonly chains: readonly JudgedChain<StoredPoint>[]
}

/** What is kept of a VM in one repository. */
export type KeepsOf = (vmContextId: string) => readonly OwnedKeep[]

export interface JudgeInput {
  readonly repositoryId: number
  readonly vmContextIds: readonly string[]
  readonly keepsOf: KeepsOf
  readonly now: Date
}

/** Their points are in memory at once. */
const vmsAtOnce = 50

/** The chains of these VMs in a repository, each judged; three statements for fifty VMs. */
export async function* judgeVms(db: Db, input: JudgeInput): AsyncGenerator<JudgedVm> {
  for (let from = 0; from < input.vmContextIds.length; from += vmsAtOnce) {
    const some = input.vmContextIds.slice(from, from + vmsAtOnce)
    const points = await pointsOfVms(db, input.repositoryId, some)
    for (const vmContextId of some) {
      const keeps = input.keepsOf(vmContextId)
      const chains = judgeChains(points.get(vmContextId) ?? [], keeps, input.now)
      yield { vmContextId, keeps, chains }
    }
  }
}

/**
 * Whose word counts in a repository, four statements or five: flows that are not deleted and protect the VM there now, and
 * those that have made a point of it there, wherever they write today.
 */
export const keepsInRepository = async (db: Db, repositoryId: number, usual: Retention): Promise<KeepsOf> => {
  const makers = await makersIn(db, repositoryId)
  const flows = await liveFlows(db, repositoryId, [...new Set(makers.map(({ flowId }) => flowId))])
  const protecting = flows.filter(({ flow }) => flow.repository_id === repositoryId)
  const vmsOf = await vmsOfTargets(
    db,
    protecting.map(({ flow }) => flow),
  )
  const targets = protecting.map((one) => ({ ...one, vms: vmsOf(one.flow) }))
  const byId = new Map(flows.map((one) => [one.flow.id, one]))
  const madeOf = groupedBy(makers, ({ vmContextId }) => vmContextId)
  return (vmContextId) => {
    const made = (madeOf.get(vmContextId) ?? []).flatMap(({ flowId }) => byId.get(flowId) ?? [])
    return keepsOfFlows([...targets.filter(({ vms }) => vms.has(vmContextId)), ...made], usual)
  }
}

const makersIn = async (
  db: Db,
  repositoryId: number,
): Promise<{ readonly vmContextId: string; readonly flowId: string }[]> => {
  const rows = await db
    .selectDistinct({ vmContextId: backupJobs.vm_context_id, flowId: backupJobs.flow_id })
    .from(backupJobs)
    .where(
      and(
        eq(backupJobs.repository_id, repositoryId),
        eq(backupJobs.status, 'completed'),
        isNotNull(backupJobs.flow_id),
      ),
    )
  return rows.map(({ vmContextId, flowId }) => ({ vmContextId, flowId: flowId ?? '' }))
}

const liveFlows = (db: Db, repositoryId: number, makers: readonly string[]) =>
  db
    .select({
      flow: {
        id: protectionFlows.id,
        repository_id: protectionFlows.repository_id,
        target_type: protectionFlows.target_type,
        target_id: protectionFlows.target_id,
      },
      policy: backupPolicies,
    })
    .from(protectionFlows)
    .leftJoin(backupPolicies, eq(backupPolicies.id, protectionFlows.policy_id))
    .where(
      and(
        isNull(protectionFlows.deleted_at),
        or(
          eq(protectionFlows.repository_id, repositoryId),
          makers.length === 0 ? undefined : inArray(protectionFlows.id, [...makers]),
        ),
      ),
    )

const pointsOfVms = async (
  db: Db,
  repositoryId: number,
  vmContextIds: readonly string[],
): Promise<Map<string, StoredPoint[]>> => {
  const rows = await db
    .select({
      id: backupJobs.id,
      vmContextId: backupJobs.vm_context_id,
      vmName: backupJobs.vm_name,
      snapshotTakenAt: backupJobs.snapshot_taken_at,
      createdAt: backupJobs.created_at,
      verifyResult: backupJobs.verify_result,
      auditResult: backupJobs.audit_result,
      bytesStored: backupJobs.bytes_stored,
      parentId: backupJobDisks.parent_backup_id,
    })
    .from(backupJobs)
    .leftJoin(backupJobDisks, eq(backupJobDisks.backup_id, backupJobs.id))
    .where(
      and(
        inArray(backupJobs.vm_context_id, [...vmContextIds]),
        eq(backupJobs.repository_id, repositoryId),
        eq(backupJobs.status, 'completed'),
      ),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
  const byPoint = groupedBy(rows, ({ id }) => id)
  const held = new Set((await pinsOn(db, [...byPoint.keys()])).map(({ backupId }) => backupId))
  const points = [...byPoint.values()].flatMap(([row, ...others]): StoredPoint[] => {
    if (row === undefined) return []
    return [
      {
        backupId: row.id,
        vmContextId: row.vmContextId,
        vmName: row.vmName,
        takenAt: new Date(row.snapshotTakenAt ?? row.createdAt),
        parentIds: [...new Set([row, ...others].flatMap(({ parentId }) => parentId ?? []))],
        bytesStored: row.bytesStored,
        isHeld: held.has(row.id),
        // An audit that found change tracking wrong says that the point may lack what had changed.
        state:
          row.verifyResult === 'damaged' || row.auditResult === 'differs'
            ? 'damaged'
            : (row.verifyResult ?? 'unknown'),
      },
    ]
  })
  return groupedBy(points, ({ vmContextId }) => vmContextId)
}
