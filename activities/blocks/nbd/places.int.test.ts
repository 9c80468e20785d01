import { scratch } from '../testing/scratch.js'
import { nbdkit } from '../testing/servers.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(20_000)

/** So many places; tells how many are taken. */
const placesOf = (count: number) => {
  const waiting: (() => void)[] = []
  let taken = 0
  const give = (): Disposable => {
    taken++
    return {
      [Symbol.dispose]() {
        taken--
        waiting.shift()?.()
      },
    }
  }
  return {
    taken: () => taken,
    tryTake: () => (taken < count ? give() : undefined),
    async take() {
      while (taken >= count) await new Promise<void>((resolve) => waiting.push(resolve))
      return give()
    },
  }
}

test('each connection holds a place until it is closed, and only the first one waits', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['memory', '1M'])
  const places = placesOf(3)
  const options = { side: 'source', connections: 2, places } as const
  const address = { socketPath: server.socketPath }
  const first = await openNbd(address, options)
  const second = await openNbd(address, options)
  expect([first.connections, second.connections, places.taken()]).toEqual([2, 1, 3])
  const third = openNbd(address, options)
  expect(await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe(
    'waits',
  )
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  await using opened = await third
  expect(opened.connections).toBeGreaterThan(0)
  await second[Symbol.asyncDispose]()
  expect(places.taken()).toBe(opened.connections)
})

test('an opening that fails gives its place back', async () => {
  await using dir = await scratch()
  const places = placesOf(1)
  const opening = openNbd({ socketPath: dir.path('none') }, { side: 'source', places })
  await expect(opening).rejects.toMatchObject({ errno: 'ENOENT' })
  expect(places.taken()).toBe(0)
})
