import { createSlots } from './slots.js'

const never = new AbortController().signal
const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))])

test('gives places in the order in which they were asked for', async () => {
  const slots = createSlots(1)
  const first = await slots.take(never)
  const [second, third] = [slots.take(never), slots.take(never)]
  expect(await settled(second)).toBe(false)
  first[Symbol.dispose]()
  expect(await settled(second)).toBe(true)
  expect(await settled(third)).toBe(false)
})

test('who gives a place back twice frees one', async () => {
  const slots = createSlots(1)
  const held = await slots.take(never)
  held[Symbol.dispose]()
  held[Symbol.dispose]()
  await slots.take(never)
  expect(await settled(slots.take(never))).toBe(false)
})

test('a cancelled one leaves the line and takes no place', async () => {
  const slots = createSlots(1)
  const held = await slots.take(never)
  const cancelled = new AbortController()
  const leaving = slots.take(cancelled.signal)
  const next = slots.take(never)
  cancelled.abort(new Error('cancelled'))
  await expect(leaving).rejects.toThrow('cancelled')
  await expect(slots.take(cancelled.signal)).rejects.toThrow('cancelled')
  held[Symbol.dispose]()
  expect(await settled(next)).toBe(true)
})
