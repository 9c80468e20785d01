import { noTransferLimits } from '../../domain/transfer-limits.js'
import type { TransferLimit, TransferLimits } from '../../domain/transfer-limits.js'
import { fakeClock } from '../blocks/testing/fake-clock.js'
import { limitBoard } from './limit-board.js'

const MiB = 2 ** 20
const none: TransferLimit = { bytes_per_second: null, calendar: null }

/** A board over limits that the test sets; nothing moves but by its clock. */
const openBoard = (first: Partial<TransferLimits> = {}, startAt = 0) => {
  const clock = fakeClock(startAt)
  const said: string[] = []
  const asked = { limits: { ...noTransferLimits, ...first }, error: undefined as Error | undefined }
  const board = limitBoard({
    read: () => (asked.error === undefined ? Promise.resolve(asked.limits) : Promise.reject(asked.error)),
    said: (sentence) => said.push(sentence),
    everyMs: 3000,
    clock,
    wall: clock,
  })
  const set = async (limits: Partial<TransferLimits>): Promise<void> => {
    asked.limits = { ...noTransferLimits, ...limits }
    await clock.advance(3000)
  }
  return { board, clock, said, asked, set }
}
const ratesOf = async ({ board }: ReturnType<typeof openBoard>, platformId: string) =>
  (await board.limitsFor(platformId)).rates
const perSecond = (rates: readonly { readonly bytesPerSecond: number | undefined }[]) =>
  rates.map(({ bytesPerSecond }) => bytesPerSecond)

test('a copy goes by its own limit, by that of its platform and by that of its process, narrowest first', async () => {
  const of = openBoard({
    process: { ...none, bytes_per_second: 9 * MiB },
    copy: { ...none, bytes_per_second: MiB },
    platforms: [{ ...none, platform_id: 'a', bytes_per_second: 3 * MiB, max_connections: null }],
  })
  const [first, second, other] = [await ratesOf(of, 'a'), await ratesOf(of, 'a'), await ratesOf(of, 'b')]
  expect(perSecond(first)).toEqual([MiB, 3 * MiB, 9 * MiB])
  expect(perSecond(other)).toEqual([MiB, undefined, 9 * MiB])
  expect(first[0]).not.toBe(second[0])
  expect(first[1]).toBe(second[1])
  expect(first[1]).not.toBe(other[1])
  expect(first[2]).toBe(other[2])
})

test('copies that run follow what is set, and one that has ended is forgotten', async () => {
  const of = openBoard()
  const running = await ratesOf(of, 'a')
  const ended = await of.board.limitsFor('a')
  ended[Symbol.dispose]()
  await of.set({
    copy: { ...none, bytes_per_second: MiB },
    platforms: [{ ...none, platform_id: 'a', bytes_per_second: 2 * MiB, max_connections: 3 }],
  })
  expect(perSecond(running)).toEqual([MiB, 2 * MiB, undefined])
  expect(ended.rates[0]?.bytesPerSecond).toBeUndefined()
  await of.set({})
  expect(perSecond(running)).toEqual([undefined, undefined, undefined])
})

test('a platform lets in as many connections as are set', async () => {
  const of = openBoard({ platforms: [{ ...none, platform_id: 'a', max_connections: 1 }] })
  const places = await of.board.placesFor('a')
  expect([places.tryTake(), places.tryTake()]).toEqual([expect.anything(), undefined])
  expect((await of.board.placesFor('b')).tryTake()).toBeDefined()
  let isIn = false
  void places.take().then(() => (isIn = true))
  await of.set({ platforms: [{ ...none, platform_id: 'a', max_connections: 2 }] })
  expect(isIn).toBe(true)
})

test('a database that is away keeps the last known limits, and is told of once', async () => {
  const of = openBoard({ process: { ...none, bytes_per_second: MiB } })
  const rates = await ratesOf(of, 'a')
  of.asked.error = new Error('connect ECONNREFUSED')
  await of.clock.advance(30_000)
  expect(perSecond(rates)[2]).toBe(MiB)
  expect(of.said).toEqual([expect.stringContaining('ECONNREFUSED')])
  of.asked.error = undefined
  await of.set({})
  expect(perSecond(rates)[2]).toBeUndefined()
  expect(of.said).toEqual([expect.anything(), 'the transfer limits can be read again'])
})

test('what waits is let go when the calendar says so, also while the database is away', async () => {
  const day = { days: ['mon' as const], from: '08:00', to: '18:00', bytes_per_second: 'stopped' as const }
  const calendar = { timezone: 'Europe/Berlin', entries: [day] }
  const of = openBoard({ process: { bytes_per_second: MiB, calendar } }, Date.parse('2026-11-23T06:59:00Z'))
  const [, , process] = await ratesOf(of, 'a')
  expect(process?.bytesPerSecond).toBe(MiB)
  await of.clock.advance(60_000)
  expect(process?.bytesPerSecond).toBe(0)
  of.asked.error = new Error('away')
  let isGranted = false
  void process?.take(MiB).then(() => (isGranted = true))
  await of.clock.advance(10 * 3_600_000 - 1000)
  expect([process?.waiting, isGranted]).toEqual([1, false])
  await of.clock.advance(2000)
  expect([process?.bytesPerSecond, isGranted]).toEqual([MiB, true])
})

test('a calendar that is replaced does not come back', async () => {
  const entry = { days: ['thu' as const], from: '01:00', to: '02:00', bytes_per_second: 'stopped' as const }
  const of = openBoard({ process: { ...none, calendar: { timezone: 'UTC', entries: [entry] } } })
  const rates = await ratesOf(of, 'a')
  await of.set({ process: { ...none, bytes_per_second: MiB } })
  await of.clock.advance(90 * 60_000)
  expect(perSecond(rates)[2]).toBe(MiB)
  of.board[Symbol.dispose]()
  expect(of.clock.pending).toBe(0)
})
