import { eachLimited } from './each-limited.js'

async function* items(...values: (number | Error)[]): AsyncGenerator<number> {
  for (const value of values) {
    if (value instanceof Error) throw value
    yield value
  }
}

/** Work that the test ends, item by item. */
const handWork = () => {
  const ends = new Map<number, (error?: Error) => void>()
  const work = (item: number): Promise<void> =>
    new Promise((resolve, reject) => ends.set(item, (error) => (error ? reject(error) : resolve())))
  return { ends, work }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('starts no more than the limit at once, and none after a failure', async () => {
  const { ends, work } = handWork()
  const running = eachLimited(items(1, 2, 3, 4), 2, work)
  await soon()
  expect([...ends.keys()]).toEqual([1, 2])
  ends.get(1)?.()
  await soon()
  expect([...ends.keys()]).toEqual([1, 2, 3])
  ends.get(2)?.(new Error('two'))
  ends.get(3)?.()
  await expect(running).rejects.toThrow('two')
  expect([...ends.keys()]).toEqual([1, 2, 3])
})

test('a failure of the list itself is told only when all running work has ended', async () => {
  const { ends, work } = handWork()
  let isOver = false
  const running = eachLimited(items(1, new Error('no more items')), 4, work).finally(() => (isOver = true))
  running.catch(() => undefined)
  await soon()
  expect([...ends.keys()]).toEqual([1])
  expect(isOver).toBe(false)
  ends.get(1)?.()
  await expect(running).rejects.toThrow('no more items')
})
