import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
import { connectionOptions } from '../database-url.js'
import { migrateUp } from '../migrate.js'
import { openTestDatabase, throwAwayUrl } from './database.js'

const referencesQuery = `
  select constraint_name, table_name, referenced_table_name, update_rule, delete_rule
  from information_schema.referential_constraints where constraint_schema = database() order by 1, 2`
const collationQuery = `
  select default_character_set_name, default_collation_name
  from information_schema.schemata where schema_name = database()`

const contentOf = async (url: string) => {
  const connection = await createConnection(connectionOptions(url))
  try {
    const ask = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0]
    const tables = (await ask('show tables')).flatMap((row) => Object.values(row) as string[])
    const rowsOf = async (table: string) => [
      await ask(`show create table \`${table}\``),
      await ask(`select * from \`${table}\``),
    ]
    const rows = await Promise.all(tables.map(rowsOf))
    return { tables, rows, references: await ask(referencesQuery), collation: await ask(collationQuery) }
  } finally {
    await connection.end()
  }
}

test('a test’s database is what the migrations make, to the last constraint', async () => {
  const { url, drop } = throwAwayUrl()
  try {
    await migrateUp(url)
    await using copied = await openTestDatabase()
    const migrated = await contentOf(url)
    expect(migrated.tables.length).toBeGreaterThan(20)
    expect(migrated.references.length).toBeGreaterThan(20)
    expect(await contentOf(copied.url)).toEqual(migrated)
    expect(await migrateUp(copied.url)).toBe(0)
  } finally {
    await drop()
  }
})
