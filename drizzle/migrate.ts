import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { Failure } from '../domain/failure.js'
import { connectionOptions, parseDatabaseUrl } from './database-url.js'

// drizzle's own migrate() knows no way down, and a process killed in the middle of it leaves tables that make every
// later run fail (DDL commits by itself). So drizzle-kit writes the files and the journal, and this runs them,
// counting statements: a killed run goes on where it stopped.
const ledger = 'schema_migrations'
const lockName = 'sendense-migrate'
const lockSeconds = 120

interface Migration {
  /** The journal's time in ms: what `to` of `migrateDown` is. */
  readonly when: number
  readonly hash: string
  readonly up: readonly string[]
  readonly down: readonly string[]
}

interface Applied {
  readonly when: number
  readonly hash: string
  readonly statements: number
  readonly finished: boolean
}

export interface MigrateOptions {
  /** The folder of the `.sql` files and drizzle's journal; default `drizzle/migrations` below the working directory. */
  readonly folder?: string
}

/** Makes the database when missing and brings its tables to the newest version; returns how many versions it ran. */
export const migrateUp = async (url: string, options: MigrateOptions = {}): Promise<number> => {
  const migrations = readMigrations(options)
  await createDatabase(url)
  return locked(url, async (connection) => {
    const applied = await appliedMigrations(connection)
    refuseEdited(migrations, applied)
    let ran = 0
    for (const migration of migrations) {
      const state = applied.find((one) => one.when === migration.when)
      if (state?.finished === true) continue
      await runUp(connection, migration, state?.statements ?? 0)
      ran += 1
    }
    return ran
  })
}

/** Undoes versions, newest first, down to (and without) the one whose journal time is `to`; all of them by default. */
export const migrateDown = async (url: string, to = 0, options: MigrateOptions = {}): Promise<number> => {
  const migrations = readMigrations(options)
  return locked(url, async (connection) => {
    const applied = await appliedMigrations(connection)
    const undo = migrations.filter((one) => one.when > to && applied.some((state) => state.when === one.when))
    for (const migration of undo.toReversed()) {
      for (const statement of migration.down) await connection.query(statement)
      await connection.query(`delete from ${ledger} where version = ?`, [migration.when])
    }
    if (applied.length === undo.length) await connection.query(`drop table ${ledger}`)
    return undo.length
  })
}

const readMigrations = (options: MigrateOptions): Migration[] => {
  const folder = options.folder ?? join(process.cwd(), 'drizzle', 'migrations')
  if (!existsSync(join(folder, 'meta', '_journal.json'))) {
    throw new Failure('internal', `No migrations stand in ${folder}`, {
      retry: false,
      remedy: 'Start in the top folder of the installation.',
    })
  }
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { tag: string; when: number }[]
  }
  const files = readMigrationFiles({ migrationsFolder: folder })
  return journal.entries.map((entry, at) => {
    const up = (files[at]?.sql ?? []).map((statement) => statement.trim()).filter(Boolean)
    const down = readFileSync(join(folder, `${entry.tag}.down.sql`), 'utf8')
    const hash = createHash('sha256').update(up.join('\n')).digest('hex')
    return { when: entry.when, hash, up, down: statementsOf(down) }
  })
}

const statementsOf = (text: string): string[] =>
  text
    .split('--> statement-breakpoint')
    .map((statement) => statement.replace(/^\s*--.*$/gm, '').trim())
    .filter(Boolean)

const createDatabase = async (url: string): Promise<void> => {
  const { database } = parseDatabaseUrl(url)
  const { database: _, ...server } = connectionOptions(url)
  const connection = await createConnection(server)
  try {
    await connection.query(
      `create database if not exists \`${database}\` character set utf8mb4 collate utf8mb4_bin`,
    )
  } finally {
    await connection.end()
  }
}

/** One migrating process at a time; the server gives the lock back when the connection ends, however it ends. */
const locked = async <Result>(
  url: string,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> => {
  const connection = await createConnection(connectionOptions(url))
  try {
    const name = `${lockName}:${parseDatabaseUrl(url).database}`.slice(0, 64)
    const [[lock]] = await connection.query<RowDataPacket[]>('select get_lock(?, ?) as taken', [
      name,
      lockSeconds,
    ])
    if (Number(lock?.['taken']) !== 1) throw lockedElsewhere()
    return await work(connection)
  } finally {
    await connection.end()
  }
}

const lockedElsewhere = (): Failure =>
  new Failure('service-unavailable', `Another process has been migrating the database for ${lockSeconds} s`, {
    retry: true,
  })

const appliedMigrations = async (connection: Connection): Promise<Applied[]> => {
  await connection.query(
    `create table if not exists ${ledger} (
      version bigint primary key, hash char(64) not null, statements int not null, finished boolean not null
    ) character set utf8mb4 collate utf8mb4_bin`,
  )
  const [rows] = await connection.query<RowDataPacket[]>(`select * from ${ledger} order by version`)
  return rows.map((row) => ({
    when: Number(row['version']),
    hash: String(row['hash']),
    statements: Number(row['statements']),
    finished: Number(row['finished']) === 1,
  }))
}

const refuseEdited = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  const foreign = applied.find(
    (state) => !migrations.some((one) => one.when === state.when && one.hash === state.hash),
  )
  if (foreign === undefined) return
  throw new Failure(
    'internal',
    `The database has version ${foreign.when}, which this installation does not know`,
    {
      retry: false,
      facts: { version: foreign.when },
      remedy: 'Run the newer installation that made it, or begin with an empty database.',
    },
  )
}

const runUp = async (connection: Connection, migration: Migration, done: number): Promise<void> => {
  await connection.query(`insert ignore into ${ledger} values (?, ?, 0, false)`, [
    migration.when,
    migration.hash,
  ])
  for (const [at, statement] of migration.up.entries()) {
    if (at < done) continue
    try {
      await connection.query(statement)
    } catch (error) {
      // Killed between a statement and its count: only the first statement of a resumed run can be there already.
      if (at !== done || !isThereAlready(error)) throw error
    }
    await connection.query(`update ${ledger} set statements = ? where version = ?`, [at + 1, migration.when])
  }
  await connection.query(`update ${ledger} set finished = true where version = ?`, [migration.when])
}

// Table 1050, column 1060, key 1061, foreign key 1826, constraint (InnoDB's duplicate key on write or update) 1005/121.
const isThereAlready = (error: unknown): boolean => {
  const { errno, message } = error as { errno?: number; message?: string }
  return (
    [1050, 1060, 1061, 1826].includes(errno ?? 0) ||
    (errno === 1005 && message?.includes('errno: 121') === true)
  )
}
