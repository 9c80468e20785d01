import { join } from 'node:path'
import { migrateUp } from '../../drizzle/migrate.js'
import type { Layout } from '../layout.js'
import type { StepReport } from '../progress.js'

/** Brings the database to the newest version of its tables. */
export const migrateDatabase = async (layout: Layout, url: string, report: StepReport): Promise<void> => {
  const ran = await migrateUp(url, { folder: join(layout.root, 'drizzle', 'migrations') })
  if (ran === 0) report.cached()
}
