import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
import { connectionOptions } from './database-url.js'
import { migrateDown, migrateUp } from './migrate.js'
import { throwAwayUrl } from './testing/database.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(180_000)

const { url, drop } = throwAwayUrl()
const copies: string[] = []
afterEach(async () => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true })
  await drop()
})

const query = async (statement: string): Promise<RowDataPacket[]> => {
  const connection = await createConnection(connectionOptions(url))
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement)
    return rows
  } finally {
    await connection.end()
  }
}
const tables = async (): Promise<string[]> =>
  (await query('show tables')).map((row) => String(Object.values(row)[0])).toSorted()

const created = async (): Promise<string[]> => {
  const names = await tables()
  const texts: string[] = []
  for (const name of names) {
    const [row] = await query(`show create table ${name}`)
    texts.push(String(row?.['Create Table']))
  }
  return texts
}

test('goes up on a missing database, down to empty, and up to the same tables again', async () => {
  expect(await migrateUp(url)).toBeGreaterThan(0)
  const first = await created()
  expect(await tables()).toEqual(expect.arrayContaining(['backup_job_disks', 'operation_leases', 'vm_disks']))
  expect(await migrateUp(url)).toBe(0)
  expect(await migrateDown(url)).toBeGreaterThan(0)
  expect(await tables()).toEqual([])
  await migrateUp(url)
  expect(await created()).toEqual(first)
})

test('compares names byte by byte on a server with another default', async () => {
  await migrateUp(url)
  const columns = await query(
    `select table_name t, column_name c from information_schema.columns where table_schema = database()
     and data_type in ('varchar', 'text') and collation_name <> 'utf8mb4_bin'`,
  )
  expect(columns).toEqual([])
})

test('two processes that migrate at once both succeed, and the work is done once', async () => {
  const ran = await Promise.all([migrateUp(url), migrateUp(url), migrateUp(url)])
  const versions = Math.max(...ran)
  expect(ran.toSorted()).toEqual([0, 0, versions])
})

const folder = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'migrations-'))
  cpSync(join(process.cwd(), 'drizzle', 'migrations'), copy, { recursive: true })
  copies.push(copy)
  return copy
}

test('goes on after being killed at any statement, counted or not', async () => {
  await migrateUp(url)
  const whole = await created()
  const [ledger] = await query(
    'select version, hash, statements from schema_migrations order by version limit 1',
  )
  const first = readFileSync(join(process.cwd(), 'drizzle', 'migrations', '0000_first.sql'), 'utf8')
  const statements = first.split('--> statement-breakpoint')
  for (const [done, counted] of [
    [1, 1],
    [3, 2],
    [17, 17],
    [19, 18],
    [statements.length, statements.length - 1],
  ]) {
    await drop()
    await migrateUp(url)
    await migrateDown(url)
    await query(`create table schema_migrations (version bigint primary key, hash char(64) not null,
      statements int not null, finished boolean not null) character set utf8mb4 collate utf8mb4_bin`)
    await query(
      `insert into schema_migrations values (${ledger?.['version']}, '${ledger?.['hash']}', ${counted}, false)`,
    )
    for (const statement of statements.slice(0, done)) await query(statement)
    await migrateUp(url)
    expect(await created()).toEqual(whole)
  }
})

test('a database of another version is refused, not touched', async () => {
  await migrateUp(url)
  await query('update schema_migrations set hash = repeat("0", 64)')
  await expect(migrateUp(url)).rejects.toThrow(/version \d+, which this installation does not know/)
})

test('every migration has a way down', () => {
  const files = readdirSync(join(process.cwd(), 'drizzle', 'migrations')).filter((name) =>
    name.endsWith('.sql'),
  )
  const ups = files.filter((name) => !name.endsWith('.down.sql'))
  expect(ups.length).toBeGreaterThan(0)
  expect(files).toEqual(expect.arrayContaining(ups.map((name) => name.replace('.sql', '.down.sql'))))
})

test('a failing statement says so and leaves its version unfinished', async () => {
  const copy = folder()
  const file = join(copy, '0000_first.sql')
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('CREATE TABLE `sessions`', 'CREATE TABEL `sessions`'),
  )
  await expect(migrateUp(url, { folder: copy })).rejects.toMatchObject({ errno: 1064 })
  const [row] = await query('select finished from schema_migrations')
  expect(row?.['finished']).toBe(0)
})

test('the tables have not drifted from the migrations', async () => {
  const copy = folder()
  const kit = join(process.cwd(), 'node_modules', 'drizzle-kit', 'bin.cjs')
  const before = readdirSync(copy)
  // The schema of the checkout against the copied snapshots: a change would write a new file.
  const ran = await promisify(execFile)(process.execPath, [
    kit,
    'generate',
    '--dialect',
    'mysql',
    '--schema',
    './drizzle/schema/all.ts',
    '--out',
    // drizzle-kit writes './' before it, and ends with status 0 when it then finds nothing.
    relative(process.cwd(), copy),
    '--name',
    'drift',
  ])
  expect(ran.stdout).toMatch(/No schema changes/)
  expect(readdirSync(copy)).toEqual(before)
})
