import { eq, sql } from 'drizzle-orm'
import type { Db } from '../open.js'
import { settings } from '../schema/settings.js'

/** Who paused all flows, when and why. */
export interface AllPaused {
  readonly since: string
  readonly by: string
  readonly reason: string | null
  /** Executions that were paused with it: they go on with it, and no others. */
  readonly executions?: readonly string[]
}

const name = 'all_paused'

/** Null while nobody has paused everything. */
export const readAllPaused = async (db: Db): Promise<AllPaused | null> => {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.name, name))
  return row === undefined ? null : (JSON.parse(row.value) as AllPaused)
}

/** Null lets everything run again. */
export const writeAllPaused = async (db: Db, paused: AllPaused | null): Promise<void> => {
  if (paused === null) await db.delete(settings).where(eq(settings.name, name))
  else
    await db
      .insert(settings)
      .values({ name, value: JSON.stringify(paused) })
      .onDuplicateKeyUpdate({ set: { value: sql`values(value)` } })
}
