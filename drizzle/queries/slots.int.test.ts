import { seeded } from '../../activities/blocks/testing/random.js'
import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { listWaiters } from './lease-waiters.js'
import { listSlots, releaseSlots, tryTakeSlots } from './slots.js'
import type { SlotAnswer, WantedSlot } from './slots.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(120_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())
afterEach(async () => {
  const { db } = opened.database
  const owners = [...(await listSlots(db)).map((slot) => slot.owner), ...(await listWaiters(db))]
  for (const owner of owners) await releaseSlots(db, owner)
})

const owner = (n: number | string) => ({ workflowId: `backup:ctx-${n}`, runId: `run-${n}` })
const one = (resource: string, limit = 1): WantedSlot => ({ resource, limit })
const take = (n: number | string, ...wanted: WantedSlot[]): Promise<SlotAnswer> =>
  tryTakeSlots(opened.database.db, owner(n), wanted)
const back = (n: number | string) => releaseSlots(opened.database.db, owner(n))
const held = async (): Promise<string[]> =>
  (await listSlots(opened.database.db)).map((slot) => `${slot.resource} ${slot.owner.workflowId}`)

test('all or none: where one is full nothing is held, and it is named with its holders', async () => {
  await take(1, one('b'))
  expect(await take(2, one('a'), one('b'), one('c'))).toEqual({
    taken: false,
    full: one('b'),
    holders: [owner(1)],
    ahead: [],
  })
  expect(await held()).toEqual(['b backup:ctx-1'])
  await back(1)
  expect(await take(2, one('a'), one('b'), one('c'))).toEqual({ taken: true })
  expect(await held()).toEqual(['a backup:ctx-2', 'b backup:ctx-2', 'c backup:ctx-2'])
  expect(await listWaiters(opened.database.db)).toEqual([])
})

test('the holder that asks again is told so, even where the limit has been lowered since', async () => {
  await take(1, one('a', 2))
  await take(2, one('a', 2))
  expect(await take(1, one('a', 1))).toEqual({ taken: true })
  expect(await held()).toHaveLength(2)
})

test('twenty at once for four places: four get one, the others stand in line', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => take(n, one('a', 4))))
  expect(answers.filter(({ taken }) => taken)).toHaveLength(4)
  expect(await held()).toHaveLength(4)
  expect(await listWaiters(opened.database.db)).toHaveLength(16)
})

test('nobody is overtaken: a free place is kept for who came first, and goes on when that one gives up', async () => {
  await take(0, one('a'))
  for (const n of [2, 1, 3]) await take(n, one('a'))
  await back(0)
  expect(await take(1, one('a'))).toMatchObject({ taken: false, holders: [], ahead: [owner(2)] })
  expect(await take(9, one('a'))).toMatchObject({ ahead: [owner(2), owner(1), owner(3)] })
  await back(2)
  expect(await take(3, one('a'))).toMatchObject({ taken: false, ahead: [owner(1)] })
  expect(await take(1, one('a'))).toEqual({ taken: true })
})

test('who waits for a narrow place does not hold up others on the wide one', async () => {
  const [main, other, vcenter] = [one('repository:1'), one('repository:2', 2), one('vcenter', 3)]
  await take(0, main, vcenter)
  for (const n of [1, 2, 3, 4, 5]) expect(await take(n, main, vcenter)).toMatchObject({ full: main })
  expect(await take(6, other, vcenter)).toEqual({ taken: true })
})

test('who got through the narrow line goes first on the wide one, and keeps its narrow place meanwhile', async () => {
  const [main, other, vcenter] = [one('repository:1'), one('repository:2', 9), one('vcenter', 2)]
  await take(0, main, vcenter)
  await take(1, main, vcenter)
  await take(2, other, vcenter)
  await take(3, other, vcenter)
  // Their repository is free now, and the vCenter has another taker before they ask again.
  await back(0)
  expect(await take(3, other, vcenter)).toEqual({ taken: true })
  expect(await take(5, other, vcenter)).toMatchObject({ full: vcenter, ahead: [] })
  expect(await take(1, main, vcenter)).toMatchObject({ full: vcenter, holders: [owner(2), owner(3)] })
  expect(await take(4, main)).toMatchObject({ taken: false, ahead: [owner(1)] })
  // It stands behind in the wide line, and began to wait earlier.
  expect(await take(5, other, vcenter)).toMatchObject({ full: vcenter, ahead: [owner(1)] })
  await back(2)
  expect(await take(5, other, vcenter)).toMatchObject({ taken: false })
  expect(await take(1, main, vcenter)).toEqual({ taken: true })
})

test('who began to wait earlier goes first in a line that it comes to later', async () => {
  const [main, other, vcenter] = [one('repository:1'), one('repository:2', 9), one('vcenter', 2)]
  await take(0, main, vcenter)
  await take(1, main, vcenter)
  await take(2, other, vcenter)
  expect(await take(3, other, vcenter)).toMatchObject({ full: vcenter })
  await back(0)
  expect(await take(1, main, vcenter)).toEqual({ taken: true })
  expect(await take(3, other, vcenter)).toMatchObject({ full: vcenter, holders: [owner(2), owner(1)] })
})

test('two that want the same in opposite orders do not wait for each other', async () => {
  await take(0, one('a'))
  await take(9, one('b'))
  expect(await take(1, one('a'), one('b'))).toMatchObject({ full: one('a') })
  expect(await take(2, one('b'), one('a'))).toMatchObject({ full: one('b') })
  await back(0)
  await back(9)
  expect(await take(2, one('b'), one('a'))).toMatchObject({ taken: false })
  expect(await take(1, one('a'), one('b'))).toEqual({ taken: true })
  await back(1)
  expect(await take(2, one('b'), one('a'))).toEqual({ taken: true })
})

test('who waits holds nothing, and leaves the lines of what it no longer wants', async () => {
  await take(1, one('host:a'))
  await take(2, one('host:b'))
  // Its VM has moved to the other's host.
  expect(await take(1, one('host:b'))).toMatchObject({ taken: false })
  expect(await held()).toEqual(['host:b backup:ctx-2'])
  expect(await take(1, one('host:c'))).toEqual({ taken: true })
  expect(await listWaiters(opened.database.db)).toEqual([])
})

test.each([1, 2, 3])(
  'seed %i: twenty parallel requests over common resources, never over a limit, all served',
  async (seed) => {
    const choice = seeded(`slots ${seed}`)
    const pick = (count: number) => choice.int(0, count - 1)
    const requests = Array.from({ length: 20 }, (_, n) => ({
      n: `${seed}-${n}`,
      wanted: [
        one(`repository:${pick(3)}`, 2),
        ...[...new Set([pick(4), pick(4)])].sort().map((store) => one(`datastore:${store}`, 2)),
        one(`host:${pick(2)}`, 3),
        one('vcenter', 5),
      ],
    }))
    const inUse = new Map<string, number>()
    const use = ({ resource, limit }: WantedSlot, by: 1 | -1): void => {
      const count = (inUse.get(resource) ?? 0) + by
      inUse.set(resource, count)
      expect(count).toBeLessThanOrEqual(limit)
    }
    let served = 0
    let lookups = 0
    const serve = async ({ n, wanted }: (typeof requests)[number]): Promise<void> => {
      while (!(await take(n, ...wanted)).taken) {
        if ((lookups += 1) > 20_000) throw new Error(`${n} starves; held: ${(await held()).join()}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      for (const want of wanted) use(want, 1)
      await new Promise((resolve) => setTimeout(resolve, 5 + pick(20)))
      for (const want of wanted) use(want, -1)
      await back(n)
      served += 1
    }
    await Promise.all(requests.map(serve))
    expect(served).toBe(20)
    expect(await held()).toEqual([])
    expect(await listWaiters(opened.database.db)).toEqual([])
  },
)
