import { setTimeout as sleep } from 'node:timers/promises'
import { createOrder } from './copy-order.js'
import type { Piece } from './plan.js'

const MiB = 2 ** 20
const limits = { bytes: 2 * MiB, bytesWhenStill: 5 * MiB, stillMs: 20, pieces: 100 }
const piece = (i: number): Piece => ({ offset: i * MiB, length: MiB, kind: 'data' })

/** Admits pieces as fast as there is room; `finish(i)` ends the work on one of them. */
const startOrder = (about: Partial<typeof limits> = {}, count = 20) => {
  const retired: number[] = []
  const ends: (() => void)[] = []
  const state = { isHeld: false, isOver: false }
  const order = createOrder({ ...limits, ...about }, ({ offset }) => void retired.push(offset / MiB), {
    isHeld: () => state.isHeld,
    isOver: () => state.isOver,
  })
  const admitAll = async (): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await order.room()
      if (state.isOver) return
      const work = () => new Promise<object>((resolve) => ends.push(() => resolve({})))
      order.admit(piece(i), work, () => {})
    }
  }
  return { order, state, retired, admitted: () => ends.length, finish: (i: number) => ends[i]!(), admitAll }
}

test('what is under way is bounded; a piece that is done makes room for one', async () => {
  const { admitAll, admitted, finish } = startOrder({ stillMs: 1000 })
  void admitAll()
  await sleep(30)
  expect(admitted()).toBe(2)
  finish(0)
  await sleep(30)
  expect(admitted()).toBe(3)
})

test('more goes under way while nothing gets done, and no more than that', async () => {
  const { admitAll, admitted } = startOrder()
  void admitAll()
  await sleep(200)
  expect(admitted()).toBe(5)
})

test('once pieces get done again, the lower bound holds again', async () => {
  const { admitAll, admitted, finish } = startOrder()
  void admitAll()
  await sleep(200)
  for (const i of [0, 1, 2]) finish(i)
  await sleep(5)
  // Two are left of five: as many as there may be.
  expect(admitted()).toBe(5)
  finish(3)
  await sleep(5)
  expect(admitted()).toBe(6)
})

test('standing still does not pass who holds the copy back', async () => {
  const { admitAll, admitted, state, order } = startOrder()
  state.isHeld = true
  void admitAll()
  await sleep(100)
  expect(admitted()).toBe(0)
  state.isHeld = false
  order.kick()
  await sleep(100)
  expect(admitted()).toBe(5)
})

test('pieces leave in their order, whatever the order they are done in', async () => {
  const { admitAll, retired, finish } = startOrder({ bytes: 20 * MiB }, 4)
  await admitAll()
  for (const i of [2, 1, 3]) finish(i)
  await sleep(5)
  expect(retired).toEqual([])
  finish(0)
  await sleep(5)
  expect(retired).toEqual([0, 1, 2, 3])
})

test('whoever waits for room learns that the copy is over', async () => {
  const { admitAll, admitted, state, order } = startOrder({ stillMs: 1000 })
  const all = admitAll()
  await sleep(5)
  state.isOver = true
  order.kick()
  await all
  expect(admitted()).toBe(2)
})
