import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
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

/** Named by what the migrations are: another version's template is another database. */
const templateName = (): string => {
  const folder = join(process.cwd(), 'drizzle', 'migrations')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const hash = createHash('sha256')
  for (const name of files.sort()) hash.update(`${name}\n${readFileSync(join(folder, name), 'utf8')}\n`)
  return `sendense_template_${hash.digest('hex').slice(0, 12)}`
}

/**
 * As `migrateUp` would leave it: most of a migration is the hundred statements one after the other, so one database is
 * migrated once for all tests of this server, and each test's own gets that one's tables.
 */
const createMigrated = async (href: string): Promise<void> => {
  const template = templateName()
  const url = new URL(href)
  const name = url.pathname.slice(1)
  url.pathname = `/${template}`
  // Of several processes one migrates, the others wait for it; afterwards there is nothing to do.
  await migrateUp(url.href)
  const connection = await createConnection({ ...connectionOptions(url.href), multipleStatements: true })
  try {
    const ask = async (sql: string): Promise<RowDataPacket[]> =>
      (await connection.query<RowDataPacket[]>(sql))[0]
    const tables = (await ask('show tables')).flatMap((row) => Object.values(row) as string[])
    const made = await Promise.all(tables.map((table) => ask(`show create table \`${table}\``)))
    const creates = made.map(([row]) => String(row?.['Create Table']))
    const copies = tables.map(
      (table) => `insert into \`${table}\` select * from \`${template}\`.\`${table}\``,
    )
    const database = `create database \`${name}\` character set utf8mb4 collate utf8mb4_bin`
    // No order of the tables suits all their references.
    const head = [database, `use \`${name}\``, 'set foreign_key_checks = 0']
    await connection.query([...head, ...creates, ...copies].join(';\n'))
  } finally {
    await connection.end()
  }
}

/** A migrated database of this test's own on the server of DATABASE_URL, dropped when disposed of. */
export const openTestDatabase = async (options: { connectionLimit?: number } = {}): Promise<TestDatabase> => {
  const { url, drop } = throwAwayUrl()
  await createMigrated(url)
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
