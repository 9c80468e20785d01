import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'
import { migrateUp } from '../migrate.js'
import { openDatabase } from '../open.js'
import type { Database } from '../open.js'

export interface TestDatabase extends AsyncDisposable {
  readonly database: Database
  /** For a second process or pool on the same throw-away database. */
  readonly url: string
}

/** The address of a database of this test's own, which does not exist yet; `drop` removes it. */
export const throwAwayUrl = (): { url: string; drop: () => Promise<void> } => {
  const given = process.env['DATABASE_URL']
  if (given === undefined || given === '') {
    throw new Error(
      'This test needs a MariaDB server: set DATABASE_URL (mysql://…); `npm test` starts one itself',
    )
  }
  const url = new URL(given)
  const name = `sendense_test_${randomBytes(6).toString('hex')}`
  url.pathname = `/${name}`
  const drop = async (): Promise<void> => {
    const { database: _, ...server } = connectionOptions(url.href)
    const connection = await createConnection(server)
    await connection.query(`drop database if exists \`${name}\``)
    await connection.end()
  }
  return { url: url.href, drop }
}

/** A migrated database of this test's own on the server of DATABASE_URL, dropped when disposed of. */
export const openTestDatabase = async (options: { connectionLimit?: number } = {}): Promise<TestDatabase> => {
  const { url, drop } = throwAwayUrl()
  await migrateUp(url)
  const database = openDatabase(url, options)
  return {
    database,
    url,
    [Symbol.asyncDispose]: async () => {
      await database.close()
      await drop()
    },
  }
}
