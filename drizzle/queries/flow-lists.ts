import { and, eq, isNull } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { Flow, FlowType, LastExecutionStatus, TargetType } from '../../domain/flow.js'
import type { Db } from '../open.js'
import { backupPolicies } from '../schema/backup-policies.js'
import { backupRepositories } from '../schema/backup-repositories.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { vmGroups } from '../schema/vm-groups.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { given } from './given.js'
import { pageOf } from './paging.js'
import type { Page, Paged, PageOrder } from './paging.js'
import { holdsText } from './searched.js'

/** A flow and what its ids name; null where that is gone, or was never named. */
export interface RelatedFlow {
  readonly flow: Flow
  readonly target_name: string | null
  readonly repository_name: string | null
  readonly policy_name: string | null
  readonly schedule: {
    readonly name: string
    readonly cron: string
    readonly timezone: string
    readonly enabled: boolean
  } | null
}

export interface FlowListFilter {
  readonly flow_type?: FlowType | undefined
  readonly target_type?: TargetType | undefined
  readonly target_id?: string | undefined
  readonly repository_id?: number | undefined
  readonly policy_id?: number | undefined
  readonly schedule_id?: string | undefined
  readonly enabled?: boolean | undefined
  readonly last_execution_status?: LastExecutionStatus | undefined
  /** Part of the name, whatever its case. */
  readonly search?: string | undefined
}

export interface FlowOrder {
  readonly sort: 'created_at' | 'name' | 'last_execution_time' | 'next_execution_time'
  readonly order: 'asc' | 'desc'
}

const table = protectionFlows

/** Of flows that are not deleted. */
const filtered = (filter: FlowListFilter): SQL | undefined =>
  and(
    isNull(table.deleted_at),
    given(filter.flow_type, (value) => eq(table.flow_type, value)),
    given(filter.target_type, (value) => eq(table.target_type, value)),
    given(filter.target_id, (value) => eq(table.target_id, value)),
    given(filter.repository_id, (value) => eq(table.repository_id, value)),
    given(filter.policy_id, (value) => eq(table.policy_id, value)),
    given(filter.schedule_id, (value) => eq(table.schedule_id, value)),
    given(filter.enabled, (value) => eq(table.enabled, value)),
    given(filter.last_execution_status, (value) => eq(table.last_execution_status, value)),
    given(filter.search, (value) => holdsText(table.live_name, value)),
  )

const columns = {
  created_at: { by: table.created_at, kind: 'moment', nullable: false },
  // Names of flows that are not deleted, by the index that keeps them unique.
  name: { by: table.live_name, kind: 'text', nullable: false, unique: true },
  last_execution_time: { by: table.last_execution_time, kind: 'moment', nullable: true },
  next_execution_time: { by: table.next_execution_time, kind: 'moment', nullable: true },
} as const satisfies Record<FlowOrder['sort'], Omit<PageOrder, 'direction'>>

const related = (db: Db) =>
  db
    .select({
      flow: protectionFlows,
      vm_name: vmReplicationContexts.vm_name,
      group_name: vmGroups.name,
      repository_name: backupRepositories.name,
      policy_name: backupPolicies.name,
      schedule: {
        name: replicationSchedules.name,
        cron: replicationSchedules.cron_expression,
        timezone: replicationSchedules.timezone,
        enabled: replicationSchedules.enabled,
      },
    })
    .from(protectionFlows)
    .leftJoin(
      vmReplicationContexts,
      and(eq(table.target_type, 'vm'), eq(vmReplicationContexts.id, table.target_id)),
    )
    .leftJoin(vmGroups, and(eq(table.target_type, 'group'), eq(vmGroups.id, table.target_id)))
    .leftJoin(backupRepositories, eq(backupRepositories.id, table.repository_id))
    .leftJoin(backupPolicies, eq(backupPolicies.id, table.policy_id))
    .leftJoin(replicationSchedules, eq(replicationSchedules.id, table.schedule_id))

type Joined = Awaited<ReturnType<typeof related>>[number]

const asRelated = ({ flow: { live_name: _, ...flow }, ...row }: Joined): RelatedFlow => ({
  flow,
  target_name: row.vm_name ?? row.group_name,
  repository_name: row.repository_name,
  policy_name: row.policy_name,
  schedule: row.schedule,
})

/** One page of the flows that are not deleted. Throws Failure('bad-request') for a foreign cursor. */
export const listFlows = async (
  db: Db,
  filter: FlowListFilter,
  { sort, order }: FlowOrder,
  page: Page,
): Promise<Paged<RelatedFlow>> => {
  const found = await pageOf<Joined>(db, {
    table,
    key: { createdAt: table.created_at, id: table.id },
    where: filtered(filter),
    page,
    order: { ...columns[sort], direction: order },
    positionOf: ({ flow }) => [flow[sort], flow.id],
    select: (where, orderBy, limit) =>
      related(db)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })
  return { ...found, rows: found.rows.map(asRelated) }
}

/** A flow that is not deleted, with what its ids name. */
export const relatedFlowById = async (db: Db, id: string): Promise<RelatedFlow | undefined> => {
  const [row] = await related(db).where(and(eq(table.id, id), isNull(table.deleted_at)))
  return row && asRelated(row)
}
