import { and, asc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'

export interface EndedJob {
  readonly id: string
  readonly created_at: string
}

/**
 * Backups that made no point, ended before this time (ISO) and left nothing behind, oldest first, after the one that is
 * given. Completed ones are points, and not history.
 */
export const pointlessBackups = (
  db: Db,
  before: string,
  page: { readonly after: EndedJob | null; readonly most: number },
): Promise<EndedJob[]> => {
  const { after } = page
  return db
    .select({ id: backupJobs.id, created_at: backupJobs.created_at })
    .from(backupJobs)
    .where(
      and(
        inArray(backupJobs.status, ['failed', 'cancelled']),
        eq(backupJobs.cleanup, 'done'),
        lt(backupJobs.created_at, before),
        lt(
          sql`coalesce(${backupJobs.completed_at}, ${backupJobs.created_at})`,
          sql.param(before, backupJobs.created_at),
        ),
        after === null
          ? undefined
          : or(
              gt(backupJobs.created_at, after.created_at),
              and(eq(backupJobs.created_at, after.created_at), gt(backupJobs.id, after.id)),
            ),
      ),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
    .limit(page.most)
}
