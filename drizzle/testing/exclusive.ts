import { createConnection } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'

/**
 * Waits until no other test process with the same Temporal namespace holds what bears this name: its queues, for one.
 * A lock of the database's, so that it leaves no file and ends with its process.
 */
export const holdExclusively = async (name: string): Promise<AsyncDisposable> => {
  const { DATABASE_URL: url, TEMPORAL_NAMESPACE: namespace = 'default' } = process.env
  if (!url)
    throw new Error('This test needs a MariaDB server: set DATABASE_URL; `npm test` starts one itself')
  const { database: _, ...server } = connectionOptions(url)
  const connection = await createConnection(server)
  await connection.query('select get_lock(?, 600)', [`${namespace}: ${name}`])
  return { [Symbol.asyncDispose]: () => connection.end() }
}
