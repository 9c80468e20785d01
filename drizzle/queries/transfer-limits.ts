import { eq, sql } from 'drizzle-orm'
import { noTransferLimits, TransferLimits } from '../../domain/transfer-limits.js'
import type { Db } from '../open.js'
import { platforms } from '../schema/platforms.js'
import { settings } from '../schema/settings.js'

const name = 'transfer_limits'

/** A text column holds this much. */
export const transferLimitsMaxBytes = 65_535

/** No limits where nobody has set any; those of platforms that are gone are left out. */
export const readTransferLimits = async (db: Db): Promise<TransferLimits> => {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.name, name))
  if (row === undefined) return noTransferLimits
  const limits = TransferLimits.parse(JSON.parse(row.value))
  if (limits.platforms.length === 0) return limits
  const known = new Set((await db.select({ id: platforms.id }).from(platforms)).map(({ id }) => id))
  return { ...limits, platforms: limits.platforms.filter(({ platform_id }) => known.has(platform_id)) }
}

export const writeTransferLimits = async (db: Db, limits: TransferLimits): Promise<void> => {
  await db
    .insert(settings)
    .values({ name, value: JSON.stringify(limits) })
    .onDuplicateKeyUpdate({ set: { value: sql`values(value)` } })
}
