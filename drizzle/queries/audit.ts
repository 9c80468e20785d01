import { and, eq } from 'drizzle-orm'
import type { Db } from '../open.js'
import { auditEvents } from '../schema/audit-events.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** Who asked for what (`POST /api/v1/backups`), about which resource, and what was answered. */
export interface AuditEvent {
  readonly id: string
  readonly user_id: string | null
  readonly username: string
  readonly action: string
  readonly subject: string | null
  readonly status_code: number
  readonly address: string | null
  /** Facts of the request, never its body: no secret may come here. */
  readonly detail: Record<string, unknown>
  readonly created_at: string
}

export const insertAudit = async (db: Db, event: AuditEvent): Promise<void> => {
  await db.insert(auditEvents).values(event)
}

export const listAudit = (
  db: Db,
  filter: { username?: string | undefined; action?: string | undefined },
  page: Page,
): Promise<Paged<AuditEvent>> =>
  pageOf(db, {
    table: auditEvents,
    key: { createdAt: auditEvents.created_at, id: auditEvents.id },
    where: and(
      filter.username === undefined ? undefined : eq(auditEvents.username, filter.username),
      filter.action === undefined ? undefined : eq(auditEvents.action, filter.action),
    ),
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(auditEvents)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })
