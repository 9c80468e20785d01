import { createPlaces } from './places.js'

const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))])

test('gives places in the order in which they were asked for', async () => {
  const places = createPlaces(1)
  const first = await places.take()
  const [second, third] = [places.take(), places.take()]
  expect(await settled(second)).toBe(false)
  first[Symbol.dispose]()
  expect(await settled(second)).toBe(true)
  expect(await settled(third)).toBe(false)
})

test('who gives a place back twice frees one', async () => {
  const places = createPlaces(1)
  const held = await places.take()
  held[Symbol.dispose]()
  held[Symbol.dispose]()
  await places.take()
  expect(await settled(places.take())).toBe(false)
})

test('a cancelled one leaves the line and takes no place', async () => {
  const places = createPlaces(1)
  const held = await places.take()
  const cancelled = new AbortController()
  const leaving = places.take(cancelled.signal)
  const next = places.take()
  cancelled.abort(new Error('cancelled'))
  await expect(leaving).rejects.toThrow('cancelled')
  await expect(places.take(cancelled.signal)).rejects.toThrow('cancelled')
  held[Symbol.dispose]()
  expect(await settled(next)).toBe(true)
  expect([places.taken, places.waiting]).toEqual([1, 0])
})

test('trying never waits, and never overtakes', async () => {
  const places = createPlaces(2)
  const first = places.tryTake()
  const second = places.tryTake()
  expect([first, second]).not.toContain(undefined)
  expect(places.tryTake()).toBeUndefined()
  const waiting = places.take()
  first?.[Symbol.dispose]()
  expect(places.tryTake()).toBeUndefined()
  expect(await settled(waiting)).toBe(true)
})

test('more places let in who waits; fewer send nobody away', async () => {
  const places = createPlaces(1)
  const first = await places.take()
  const [second, third] = [places.take(), places.take()]
  places.setCount(3)
  expect(await Promise.all([settled(second), settled(third)])).toEqual([true, true])
  places.setCount(2)
  first[Symbol.dispose]()
  expect(places.tryTake()).toBeUndefined()
  const [held] = [await second]
  held[Symbol.dispose]()
  expect(places.tryTake()).toBeDefined()
})

test.each([0, -1, NaN])('%d places are refused', (count) => {
  expect(() => createPlaces(count)).toThrow(RangeError)
})
