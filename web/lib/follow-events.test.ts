import { QueryClient } from '@tanstack/react-query'
import { listPlatforms } from '../../api/contract/platforms.js'
import { followEvents } from './events.js'
import { keyOf } from './query.js'

/** The browser's EventSource, which Node has not: opened, broken and refused by hand. */
class HandSource extends EventTarget {
  static readonly CLOSED = 2
  static readonly opened: HandSource[] = []
  readyState = 0
  constructor() {
    super()
    HandSource.opened.push(this)
  }
  stand() {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  /** `refused`: the server answered, but not with a stream; the browser gives up then. */
  fail(refused: boolean) {
    this.readyState = refused ? HandSource.CLOSED : 0
    this.dispatchEvent(new Event('error'))
  }
  close() {
    this.readyState = HandSource.CLOSED
  }
}

const key = keyOf(listPlatforms)
const newest = (): HandSource => {
  const source = HandSource.opened.at(-1)
  if (source === undefined) throw new Error('no stream was opened')
  return source
}
const follow = () => {
  const client = new QueryClient()
  client.setQueryData(key, { platforms: [], total: 0 })
  const live: boolean[] = []
  const stop = followEvents(client, (isLive) => live.push(isLive))
  return { live, stop, isStale: () => client.getQueryState(key)?.isInvalidated }
}

beforeEach(() => {
  jest.useFakeTimers()
  HandSource.opened.length = 0
  Reflect.set(globalThis, 'EventSource', HandSource)
})
afterEach(() => {
  jest.useRealTimers()
  Reflect.deleteProperty(globalThis, 'EventSource')
})

test('the first opening asks nothing again, one after a break asks for everything', () => {
  const { live, stop, isStale } = follow()
  newest().stand()
  expect([live, isStale()]).toEqual([[true], false])
  newest().fail(false)
  newest().stand()
  expect([live, isStale()]).toEqual([[true, false, true], true])
  stop()
})

test('a broken connection is left to the browser, a refused one is opened again', () => {
  const { live, stop } = follow()
  newest().stand()
  newest().fail(false)
  jest.advanceTimersByTime(60_000)
  expect(HandSource.opened).toHaveLength(1)
  newest().fail(true)
  jest.advanceTimersByTime(3000)
  expect(HandSource.opened).toHaveLength(2)
  newest().stand()
  expect(live.at(-1)).toBe(true)
  stop()
})

test('who stops following opens nothing more', () => {
  const { stop } = follow()
  newest().fail(true)
  stop()
  jest.advanceTimersByTime(60_000)
  expect(HandSource.opened).toHaveLength(1)
  expect(newest().readyState).toBe(HandSource.CLOSED)
})
