import { eq, sql } from 'drizzle-orm'
import type { ReconcileReport } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { settings } from '../schema/settings.js'

const name = 'reconcile_report'

/** What the last round of `reconcile` did; null before the first. */
export const readReconcileReport = async (db: Db): Promise<ReconcileReport | null> => {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.name, name))
  return row === undefined ? null : (JSON.parse(row.value) as ReconcileReport)
}

export const writeReconcileReport = async (db: Db, report: ReconcileReport): Promise<void> => {
  await db
    .insert(settings)
    .values({ name, value: JSON.stringify(report) })
    .onDuplicateKeyUpdate({ set: { value: sql`values(value)` } })
}
