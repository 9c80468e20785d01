import type { Platform } from '../../../domain/platform.js'
import type { Db } from '../../../drizzle/open.js'
import { platformById } from '../../../drizzle/queries/platforms.js'
import { notFound } from '../../problem.js'

/** Throws 404. */
export async function findPlatform(db: Db, id: string): Promise<Platform> {
  const platform = await platformById(db, id)
  if (platform === undefined) throw notFound('platform', id)
  return platform
}
