import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { leaseOf, listLeases, releaseLease, takeOver, tryAcquire } from './leases.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

const owner = (n: number) => ({ workflowId: `backup:ctx-${n}`, runId: `run-${n}` })
const many = Array.from({ length: 20 }, (_, n) => n)

test('of twenty that ask at once exactly one acquires, and the others learn who', async () => {
  const { db } = opened.database
  const answers = await Promise.all(many.map((n) => tryAcquire(db, 'vm:race', owner(n))))
  const winners = many.filter((n) => answers[n]?.acquired)
  expect(winners).toHaveLength(1)
  const winner = owner(winners[0] ?? -1)
  for (const answer of answers.filter((one) => !one.acquired)) {
    expect(answer).toEqual({ acquired: false, leaseNo: 1, heldBy: winner })
  }
  expect(await leaseOf(db, 'vm:race')).toMatchObject({ owner: winner, leaseNo: 1 })
})

test('of twenty that take over from the same dead holder exactly one does', async () => {
  const { db } = opened.database
  const dead = await tryAcquire(db, 'vm:dead', { workflowId: 'gone', runId: 'gone' })
  const answers = await Promise.all(many.map((n) => takeOver(db, 'vm:dead', dead.leaseNo, owner(n))))
  expect(answers.filter((one) => one.acquired)).toEqual([{ acquired: true, leaseNo: 2, heldBy: null }])
})

test('asking again as the holder answers yes with the same number', async () => {
  const { db } = opened.database
  await tryAcquire(db, 'vm:again', owner(1))
  expect(await tryAcquire(db, 'vm:again', owner(1))).toEqual({ acquired: true, leaseNo: 1, heldBy: null })
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
