import { randomBytes } from 'node:crypto'
import { aUser, openTestApi } from '../../api/testing/test-api.js'
import type { TestApi } from '../../api/testing/test-api.js'
import { readTransferLimits } from '../../drizzle/queries/transfer-limits.js'
import { pieceBytes } from '../blocks/plan.js'
import { fakeClock } from '../blocks/testing/fake-clock.js'
import { eventually } from '../processes/testing/scratch.js'
import { openPointLab } from '../repository/testing/point-lab.js'
import type { PointLab } from '../repository/testing/point-lab.js'
import { copyDisk } from './copy-disk.js'
import { limitBoard } from './limit-board.js'
import { openTransfer } from './testing/memory-source.js'

jest.setTimeout(60_000)

const MiB = 2 ** 20
const none = { process: {}, copy: {}, platforms: [] }

let lab: PointLab
let api: TestApi
let token = ''
beforeAll(async () => {
  lab = await openPointLab()
  const nothing = (): Promise<void> => Promise.resolve()
  const database = { db: lab.needs.db, ping: nothing, close: nothing, [Symbol.asyncDispose]: nothing }
  // Nothing here asks Temporal.
  api = await openTestApi({ database, temporalAddress: '127.0.0.1:1' })
  token = (await aUser(api.context, 'admin')).token
}, 120_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
}, 60_000)

const put = async (body: object): Promise<void> => {
  const answer = await api.call('PUT', '/transfer-limits', { token, body })
  expect(answer).toMatchObject({ status: 200 })
}

/** A copy of 6 MiB of noise, under limits that go by a clock of the test's. */
const begin = async () => {
  const clock = fakeClock(Date.parse('2026-11-23T07:00:00Z'))
  const read = () => readTransferLimits(lab.needs.db)
  const board = limitBoard({ read, said: () => undefined, everyMs: 3000, clock, wall: clock })
  const point = await lab.plan([randomBytes(6 * MiB)])
  const transfer = openTransfer(lab, point, board)
  const copying = lab.run(copyDisk(transfer.dependencies), {
    backupId: point.id,
    diskId: point.rows[0]?.disk_id ?? '',
    heartbeatSeconds: 10,
  })
  copying.catch(() => undefined)
  const [, platform, process] = (await board.limitsFor(lab.registered.platform.id)).rates
  if (platform === undefined || process === undefined) throw new Error('no limits')
  return {
    clock,
    copying,
    point,
    platform,
    process,
    [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose](),
  }
}

test('a limit that is set through the API slows a copy to its rate, and lets it go when it is taken away', async () => {
  await put({ ...none, process: { bytes_per_second: MiB } })
  await using run = await begin()
  // What is saved up lets the first piece go; the clock stands, so the second one waits.
  await eventually('the copy waits', () => run.process.waiting === 1, 20_000)
  expect(run.process.bytesTaken).toBe(pieceBytes)
  await run.clock.advance(1000)
  const aSecondMore = pieceBytes + MiB
  await eventually('a second passes', () => run.process.bytesTaken >= aSecondMore, 20_000)
  await eventually('the copy waits', () => run.process.waiting === 1, 20_000)
  expect(run.process.bytesTaken).toBe(aSecondMore)
  await put(none)
  await run.clock.advance(2000)
  await expect(run.copying).resolves.toMatchObject({ bytesRead: 6 * MiB })
  expect(run.process.bytesTaken).toBe(6 * MiB)
  // Jest's own comparison takes a minute for so many bytes.
  const stored = await lab.convert(lab.files(run.point, 0).image)
  expect(stored.equals(run.point.contents[0] ?? Buffer.alloc(0))).toBe(true)
})

test('while a platform is stopped by its calendar none of its blocks is read; afterwards the copy goes on', async () => {
  const entries = [{ days: ['mon'], from: '07:00', to: '09:30', bytes_per_second: 'stopped' }]
  const platform_id = lab.registered.platform.id
  await put({ ...none, platforms: [{ platform_id, calendar: { timezone: 'Etc/UTC', entries } }] })
  await using run = await begin()
  await eventually('the copy waits', () => run.platform.waiting === 1, 20_000)
  await run.clock.advance(9_000_000 - 1)
  expect([run.platform.bytesTaken, run.process.bytesTaken]).toEqual([0, 0])
  await run.clock.advance(1)
  await expect(run.copying).resolves.toMatchObject({ bytesRead: 6 * MiB })
  expect(run.platform.bytesTaken).toBe(6 * MiB)
})
