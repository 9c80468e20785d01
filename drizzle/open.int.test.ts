import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { databaseFailure, isDatabaseAway } from './errors.js'
import { inTransaction, openDatabase } from './open.js'
import { insertPlatform, platformById } from './queries/platforms.js'
import { openTestDatabase } from './testing/database.js'
import type { TestDatabase } from './testing/database.js'
import { registerPlatform } from './testing/samples.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let test1: TestDatabase
beforeAll(async () => {
  test1 = await openTestDatabase()
})
afterAll(() => test1[Symbol.asyncDispose]())

test('every connection speaks UTC and reads committed', async () => {
  const ask = () =>
    test1.database.db.execute(sql`select @@time_zone zone, @@tx_isolation isolation, sleep(0.05)`)
  const answers = await Promise.all(Array.from({ length: 8 }, ask))
  for (const [rows] of answers) {
    expect(rows).toMatchObject([{ zone: '+00:00', isolation: 'READ-COMMITTED' }])
  }
})

test('a time comes back as it went in, to the millisecond', async () => {
  const { db } = test1.database
  const at = '2026-03-29T01:30:00.007Z'
  const platform = await registerPlatform(db, { created_at: at, updated_at: '2026-12-31T23:59:59.999Z' })
  expect(await platformById(db, platform.id)).toEqual(platform)
})

test('names keep every character', async () => {
  const { db } = test1.database
  const platform = await registerPlatform(db, { name: 'Büro ☃ 🖥', tls: { mode: 'ca', ca_pem: 'ünïcode' } })
  expect(await platformById(db, platform.id)).toEqual(platform)
})

test('a server that is away is told from a statement that is refused', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo
  await new Promise((resolve) => taken.close(resolve))
  await using away = openDatabase(`mysql://user:hidden@127.0.0.1:${port}/nothing`)
  const refused: unknown = await platformById(away.db, 'x').catch((error: unknown) => error)
  expect(isDatabaseAway(refused)).toBe(true)
  expect(databaseFailure(refused)).toMatchObject({ code: 'service-unavailable', retry: true })
  await expect(away.ping()).rejects.toThrow()
  const wrong: unknown = await test1.database.db
    .execute(sql`select 'hush' from nowhere`)
    .catch((error: unknown) => error)
  expect(isDatabaseAway(wrong)).toBe(false)
  expect(databaseFailure(wrong)).toMatchObject({ code: 'internal', retry: false })
  expect(databaseFailure(wrong).message).not.toContain('hush')
})

test('a server that falls silent counts as away, one that is only not asked does not', async () => {
  const { hostname, port } = new URL(test1.url)
  let isSilent = false
  let opened = 0
  const sockets: Socket[] = []
  const proxy = createServer((from) => {
    const to = connect(Number(port), hostname)
    opened++
    sockets.push(from, to)
    from.pipe(to)
    to.on('data', (bytes: Buffer) => isSilent || from.write(bytes))
    for (const socket of [from, to]) socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => proxy.once('listening', resolve))
  const url = new URL(test1.url)
  url.port = String((proxy.address() as AddressInfo).port)
  try {
    await using one = openDatabase(url.href, { connectionLimit: 1, silenceMs: 400 })
    await one.ping()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await one.ping()
    expect(opened).toBe(1)
    isSilent = true
    const silent: unknown = await one.db.execute(sql`select 1`).catch((error: unknown) => error)
    expect(isDatabaseAway(silent)).toBe(true)
    isSilent = false
    await expect(one.ping()).resolves.toBeUndefined()
    expect(opened).toBe(2)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => proxy.close(resolve))
  }
})

test('a connection that is killed counts as away, and the next statement works', async () => {
  await using one = openDatabase(test1.url, { connectionLimit: 1 })
  const [[row]] = (await one.db.execute(sql`select connection_id() id`)) as unknown as [[{ id: number }]]
  const sleeping = one.db.execute(sql`select sleep(20)`).catch((error: unknown) => error)
  await test1.database.db.execute(sql.raw(`kill ${row.id}`))
  expect(isDatabaseAway(await sleeping)).toBe(true)
  await expect(one.ping()).resolves.toBeUndefined()
})

test('of two transactions that deadlock both succeed in the end', async () => {
  const { db } = test1.database
  await db.execute(sql`create table counters (id int primary key, n int not null)`)
  await db.execute(sql`insert into counters values (1, 0), (2, 0)`)
  let runs = 0
  let bothHold: () => void = () => undefined
  const meeting = new Promise<void>((resolve) => {
    bothHold = resolve
  })
  const addTo = (first: number, second: number) =>
    inTransaction(db, async (tx) => {
      runs += 1
      await tx.execute(sql`update counters set n = n + 1 where id = ${first}`)
      if (runs === 2) bothHold()
      await meeting
      await tx.execute(sql`update counters set n = n + 1 where id = ${second}`)
    })
  await Promise.all([addTo(1, 2), addTo(2, 1)])
  const [rows] = await db.execute(sql`select n from counters`)
  expect(rows).toEqual([{ n: 2 }, { n: 2 }])
  expect(runs).toBe(3)
})

test('a transaction that throws leaves nothing, and one inside another joins it', async () => {
  const { db } = test1.database
  const platform = await registerPlatform(db)
  const copy = { ...platform, id: `${platform.id}-2`, name: `${platform.name}-2` }
  await expect(
    inTransaction(db, async (tx) => {
      await inTransaction(tx, (inner) => insertPlatform(inner, copy))
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  expect(await platformById(db, copy.id)).toBeUndefined()
})
