import { randomUUID } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import type { Db } from '../open.js'
import { settings } from '../schema/settings.js'

/** This installation's id, made by whoever asks first. It stands in every token that we leave on a platform. */
export const installationId = async (db: Db): Promise<string> => {
  const read = () => db.select().from(settings).where(eq(settings.name, 'installation_id'))
  const [known] = await read()
  if (known !== undefined) return known.value
  await db
    .insert(settings)
    .values({ name: 'installation_id', value: randomUUID().replaceAll('-', '').slice(0, 12) })
    .onDuplicateKeyUpdate({ set: { name: sql`name` } })
  const [row] = await read()
  if (row === undefined) throw new Error('the installation id was written and is not there')
  return row.value
}
