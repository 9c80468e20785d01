import { mapInOrder } from './map-in-order.js'

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) yield number
}

test('yields in the order of the items, whichever is done first', async () => {
  let running = 0
  let most = 0
  const found: number[] = []
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++running)
    for (let wait = item % 3 === 0 ? 9 : 1; wait > 0; wait--) await Promise.resolve()
    running--
    return item * 10
  }
  for await (const one of mapInOrder(numbers(20), 4, work)) found.push(one)
  expect(found).toEqual(Array.from({ length: 20 }, (_, index) => index * 10))
  expect(most).toBeLessThanOrEqual(4)
  expect(most).toBeGreaterThan(1)
})

test('rejects with the first failure when all that runs has ended, and starts no more', async () => {
  const ended: number[] = []
  const begun: number[] = []
  const work = async (item: number): Promise<number> => {
    begun.push(item)
    if (item === 1) throw new Error('one')
    await new Promise((resolve) => setImmediate(resolve))
    ended.push(item)
    return item
  }
  const all = async (): Promise<void> => {
    for await (const _one of mapInOrder(numbers(20), 4, work));
  }
  await expect(all()).rejects.toThrow('one')
  expect(begun.length).toBeLessThan(20)
  expect(ended.sort()).toEqual(begun.filter((item) => item !== 1).sort())
})
