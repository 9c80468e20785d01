import { is } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/mysql2'
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT, MySqlRawQueryResult } from 'drizzle-orm/mysql2'
import { MySqlTransaction } from 'drizzle-orm/mysql-core'
import type { MySqlDatabase } from 'drizzle-orm/mysql-core'
import { createPool } from 'mysql2'
import type { Pool } from 'mysql2'
import type { Socket } from 'node:net'
import { connectionOptions } from './database-url.js'
import { databaseErrno } from './errors.js'

/** What queries take first: the pool or an open transaction. */
export type Db = MySqlDatabase<MySql2QueryResultHKT, MySql2PreparedQueryHKT, Record<string, never>>

export interface Database extends AsyncDisposable {
  readonly db: Db
  /** Resolves when the server answers; throws what the driver throws when it does not. */
  ping(): Promise<void>
  close(): Promise<void>
}

// Times are UTC on both sides whatever the server's zone; READ COMMITTED takes no gap locks, so that
// upserts of neighbours do not deadlock.
const sessionSettings = "set session time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'"

export interface DatabaseOptions {
  readonly connectionLimit?: number
  /** How long a server may leave a statement without a byte of an answer before it counts as away. */
  readonly silenceMs?: number
}

/** Longer than the server's own wait for a lock, 50 s, which is silence, too. */
const usualSilenceMs = 60_000

/**
 * A pool on `mysql://user:password@host:port/database`, or with `?socketPath=/absolute/path`.
 * Connects when first used: opening succeeds while the server is away.
 */
export const openDatabase = (url: string, options: DatabaseOptions = {}): Database => {
  const pool = createPool({ ...connectionOptions(url), connectionLimit: options.connectionLimit ?? 10 })
  pool.on('connection', (connection) => {
    // Queued before the caller's statement on the same connection.
    connection.query(sessionSettings, (error) => {
      if (error !== null) connection.destroy()
    })
  })
  endSilence(pool, options.silenceMs ?? usualSilenceMs)
  const promised = pool.promise()
  const close = (): Promise<void> => promised.end()
  return {
    db: drizzle(promised),
    ping: async () => {
      await promised.query('select 1')
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A server that hangs, or a network that swallows, must not hang whoever asks: busy connections are watched. */
const endSilence = (pool: Pool, silenceMs: number): void => {
  const socketOf = (connection: object): Socket => Reflect.get(connection, 'stream') as Socket
  pool.on('connection', (connection) => {
    const socket = socketOf(connection)
    const silence = Object.assign(new Error(`no answer within ${silenceMs} ms`), { code: 'ETIMEDOUT' })
    socket.on('timeout', () => socket.destroy(silence))
  })
  pool.on('acquire', (connection) => void socketOf(connection).setTimeout(silenceMs))
  pool.on('release', (connection) => void socketOf(connection).setTimeout(0))
}

const deadlock = 1213
const lockWaitTimeout = 1205
const attempts = 4

/**
 * Runs `work` in one transaction; a deadlock or lock wait makes the whole of it run again, three times at most,
 * so `work` must do nothing but statements. Inside an open transaction it joins that one: only the outermost
 * may run again, because the server has undone all of it.
 */
export const inTransaction = async <Result>(db: Db, work: (tx: Db) => Promise<Result>): Promise<Result> => {
  if (is(db, MySqlTransaction)) return await work(db as Db)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(work)
    } catch (error) {
      const errno = databaseErrno(error)
      if (attempt === attempts || (errno !== deadlock && errno !== lockWaitTimeout)) throw error
    }
  }
}

/** Rows an update or delete matched (mysql2 counts matched rows, changed or not). */
export const matched = ([header]: MySqlRawQueryResult): number => header.affectedRows
