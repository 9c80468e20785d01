import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { leaveLines, listWaiters } from './lease-waiters.js'
import { leaseOf, listLeases, releaseLease, tryAcquire } from './leases.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

afterEach(async () => {
  const { db } = opened.database
  for (const waiter of await listWaiters(db)) await leaveLines(db, waiter)
})

const owner = (n: number) => ({ workflowId: `backup:ctx-${n}`, runId: `run-${n}` })
const many = Array.from({ length: 20 }, (_, n) => n)

test('of twenty that ask at once exactly one acquires, and the others learn who', async () => {
  const { db } = opened.database
  const answers = await Promise.all(many.map((n) => tryAcquire(db, 'vm:race', owner(n))))
  const winners = many.filter((n) => answers[n]?.acquired)
  expect(winners).toHaveLength(1)
  const winner = owner(winners[0] ?? -1)
  for (const answer of answers.filter((one) => !one.acquired)) {
    expect(answer).toMatchObject({ acquired: false, leaseNo: 1, heldBy: winner })
  }
  expect(await leaseOf(db, 'vm:race')).toMatchObject({ owner: winner, leaseNo: 1 })
})

test('those that wait get it in the order in which they came, however they ask', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'vm:line', owner(0))
  for (const n of [3, 1, 2]) await tryAcquire(db, 'vm:line', owner(n))
  expect(await tryAcquire(db, 'vm:line', owner(2))).toMatchObject({
    heldBy: owner(0),
    ahead: [owner(3), owner(1)],
  })
  let holder = owner(0)
  for (const next of [owner(3), owner(1), owner(2)]) {
    await releaseLease(db, 'vm:line', holder)
    const answers = await Promise.all([1, 2, 3, 9].map((n) => tryAcquire(db, 'vm:line', owner(n))))
    expect(answers.filter((one) => one.acquired)).toHaveLength(1)
    expect(await leaseOf(db, 'vm:line')).toMatchObject({ owner: next })
    holder = next
  }
})

test('a free lease is kept for who came first, and one that gives up leaves the line', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'vm:kept', owner(0))
  await tryAcquire(db, 'vm:kept', owner(1))
  await releaseLease(db, 'vm:kept', owner(0))
  expect(await tryAcquire(db, 'vm:kept', owner(2))).toMatchObject({
    acquired: false,
    heldBy: null,
    ahead: [owner(1)],
  })
  expect(await releaseLease(db, 'vm:kept', owner(1))).toBe(false)
  expect(await tryAcquire(db, 'vm:kept', owner(2))).toMatchObject({ acquired: true, ahead: [] })
  expect(await listWaiters(db)).toEqual([])
})

test('lines of different resources have nothing to do with each other', async () => {
  const { db } = opened.database
  for (const [resource, n] of [
    ['vm:x', 0],
    ['vm:x', 1],
    ['vm:y', 0],
    ['vm:y', 2],
    ['vm:y', 1],
  ] as const)
    await tryAcquire(db, resource, owner(n))
  expect(await tryAcquire(db, 'vm:y', owner(1))).toMatchObject({ ahead: [owner(2)] })
})

test('of twenty that see the same dead holder the first in line takes over', async () => {
  const { db } = opened.database
  const dead = { workflowId: 'gone', runId: 'gone' }
  await tryAcquire(db, 'vm:dead', dead)
  await tryAcquire(db, 'vm:dead', owner(7))
  const answers = await Promise.all(
    many.map(async (n) => {
      await releaseLease(db, 'vm:dead', dead)
      return await tryAcquire(db, 'vm:dead', owner(n))
    }),
  )
  expect(answers.filter((one) => one.acquired)).toEqual([
    { acquired: true, leaseNo: 2, heldBy: null, ahead: [] },
  ])
  expect(await leaseOf(db, 'vm:dead')).toMatchObject({ owner: owner(7) })
})

test('asking again as the holder answers yes with the same number', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'vm:again', owner(1))
  expect(await tryAcquire(db, 'vm:again', owner(1))).toMatchObject({
    acquired: true,
    leaseNo: 1,
    heldBy: null,
  })
  expect(await tryAcquire(db, 'vm:again', { ...owner(1), runId: 'another run' })).toMatchObject({
    acquired: false,
  })
})

test('only its holder gives a lease back, and the number keeps growing', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'vm:back', owner(1))
  expect(await releaseLease(db, 'vm:back', owner(2))).toBe(false)
  expect(await releaseLease(db, 'vm:back', owner(1))).toBe(true)
  expect(await releaseLease(db, 'vm:back', owner(1))).toBe(false)
  expect(await leaseOf(db, 'vm:back')).toBeUndefined()
  expect(await tryAcquire(db, 'vm:back', owner(2))).toMatchObject({ acquired: true, leaseNo: 2 })
})

test('the list shows what is held only', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'volume:1', owner(1))
  await tryAcquire(db, 'volume:2', owner(1))
  await releaseLease(db, 'volume:1', owner(1))
  const volumes = (await listLeases(db)).filter((lease) => lease.resource.startsWith('volume:'))
  expect(volumes).toMatchObject([{ resource: 'volume:2', owner: owner(1), leaseNo: 1 }])
})
