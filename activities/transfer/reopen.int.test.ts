import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { Failure } from '../../domain/failure.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { stepsOf } from '../../drizzle/queries/job-steps.js'
import { openDigests } from '../blocks/digest-reader.js'
import { memoryEnd } from '../blocks/memory-end.js'
import { verify } from '../blocks/verify.js'
import { isAlive } from '../processes/process-identity.js'
import { eventually } from '../processes/testing/scratch.js'
import { openPointLab } from '../repository/testing/point-lab.js'
import type { PointLab, TestPoint } from '../repository/testing/point-lab.js'
import { startCopy } from './testing/running-copy.js'
import type { RunningCopy, Side } from './testing/running-copy.js'

jest.setTimeout(120_000)

const MiB = 2 ** 20
const contents = (): Buffer[] => [
  Buffer.concat([randomBytes(20 * MiB), Buffer.alloc(4 * MiB), randomBytes(16 * MiB)]),
]

let lab: PointLab
beforeAll(async () => {
  lab = await openPointLab()
})
afterAll(() => lab[Symbol.asyncDispose]())

const kill = async (copy: RunningCopy, side: Side, signal: NodeJS.Signals = 'SIGKILL') => {
  const server = await copy.server(side)
  process.kill(server.pid, signal)
  return server
}

const snapshotGone = (): Failure => new Failure('snapshot-gone', 'somebody removed it', { retry: false })

/** What is left comes at once: the same attempt ended it, with the right bytes by qemu-img and by the digests, and nothing is left. */
const endsWell = async (copy: RunningCopy, point: TestPoint): Promise<void> => {
  const bytes = point.contents[0]!
  await copy.hurry()
  expect(await copy.result).toMatchObject({ attemptNo: 1 })
  expect(await copy.servers()).toEqual([])
  expect(await disksOfBackup(lab.needs.db, point.id)).toMatchObject([{ status: 'copied', attempt_no: 1 }])
  const files = lab.files(point, 0)
  expect((await lab.convert(files.image)).equals(bytes)).toBe(true)
  await using own = await openDigests(files.digests)
  const parent = point.rows[0]?.parent_backup_id
  if (parent == null)
    return void expect(await verify({ end: memoryEnd(bytes), digests: own })).toMatchObject({
      mismatches: [],
    })
  await using below = await openDigests(files.digests.replace(point.id, parent))
  const digests = [own, below]
  expect(await verify({ end: memoryEnd(bytes), digests })).toMatchObject({ mismatches: [] })
}

test.each<{ what: string; sides: readonly Side[]; signal: NodeJS.Signals }>([
  { what: 'nbdkit is killed', sides: ['source'], signal: 'SIGKILL' },
  { what: 'qemu-nbd is killed', sides: ['target'], signal: 'SIGKILL' },
  { what: 'both are killed', sides: ['source', 'target'], signal: 'SIGKILL' },
  { what: 'nbdkit stands still', sides: ['source'], signal: 'SIGSTOP' },
  { what: 'qemu-nbd stands still', sides: ['target'], signal: 'SIGSTOP' },
])('$what in a full copy: the same attempt goes on', async ({ sides, signal }) => {
  const point = await lab.plan(contents())
  await using copy = await startCopy(lab, point, { stallMs: signal === 'SIGSTOP' ? 1500 : 30_000 })
  await copy.reached(8 * MiB)
  const dead = await Promise.all(sides.map((side) => kill(copy, side, signal)))
  await endsWell(copy, point)
  for (const server of dead) expect(await isAlive(server)).toBe(false)
  for (const side of sides) {
    expect(copy.said.join('\n')).toMatch(new RegExp(`the ${side} is lost \\(.*\\) and is opened again`))
    expect(copy.said.join('\n')).toMatch(new RegExp(`the ${side} is back after \\d`))
    const name = side === 'source' ? 'reopenSource' : 'reopenTarget'
    const lines = (await stepsOf(lab.needs.db, point.id)).filter((step) => step.name === name)
    expect(lines).toMatchObject([
      { status: 'completed', detail: expect.stringContaining('is back') as string },
    ])
  }
})

test.each<readonly Side[]>([['source'], ['target'], ['source', 'target']])(
  'a copy over an earlier point survives the end of its %s %s',
  async (...sides) => {
    const base = await lab.point(contents())
    const bytes = Buffer.from(base.contents[0]!)
    randomBytes(12 * MiB).copy(bytes, 2 * MiB)
    // Data that became zeros must hide what the layer below holds.
    bytes.fill(0, 30 * MiB, 32 * MiB)
    const point = await lab.plan([bytes], base)
    await using copy = await startCopy(lab, point, {
      changed: () => [{ offset: 0, length: 36 * MiB }],
    })
    await copy.reached(6 * MiB)
    for (const side of sides) await kill(copy, side)
    await endsWell(copy, point)
  },
)

test('a source that is not back in time ends the attempt, named, with nothing left', async () => {
  const point = await lab.plan(contents())
  await using copy = await startCopy(lab, point, { reopenMs: 2000 })
  await copy.reached(6 * MiB)
  await copy.instead('source', 'exec sleep 60')
  await kill(copy, 'source')
  const lost = performance.now()
  await expect(copy.result).rejects.toMatchObject({
    code: 'read-failed',
    retry: true,
    message: expect.stringMatching(/^Hard disk 1: Reading the source disk failed/) as string,
  })
  // Without the limit an opening alone may take half a minute.
  expect(performance.now() - lost).toBeLessThan(15_000)
  expect(await copy.servers()).toEqual([])
  expect(copy.said.at(-1)).toMatch(/the source was not back after \d/)
})

test('a server that fails to start a few times is tried on', async () => {
  const point = await lab.plan(contents())
  await using copy = await startCopy(lab, point)
  await copy.reached(6 * MiB)
  await copy.instead('target', 'echo Failed to get "write" lock >&2; exit 1')
  await kill(copy, 'target')
  await eventually('the target is away', () => copy.progress()?.away === 'target', 20_000)
  await copy.instead('target', undefined)
  await endsWell(copy, point)
})

test.each([
  {
    what: 'a refused login',
    order: 'echo "Incorrect user name or password" >&2; exit 1',
    code: 'source-login-refused',
  },
  { what: 'a snapshot that is gone', order: 'echo "no such file" >&2; exit 1', code: 'snapshot-gone' },
])('$what ends the copy at once', async ({ order, code }) => {
  const point = await lab.plan(contents())
  let isGone = false
  await using copy = await startCopy(lab, point, {
    found: () => (isGone ? Promise.reject(snapshotGone()) : Promise.resolve()),
  })
  await copy.reached(6 * MiB)
  isGone = code === 'snapshot-gone'
  await copy.instead('source', order)
  await kill(copy, 'source')
  await expect(copy.result).rejects.toMatchObject({ code, retry: false })
  expect(await copy.servers()).toEqual([])
})

test('a cancel while an end is opened again is heard, and leaves nothing', async () => {
  const point = await lab.plan(contents())
  await using copy = await startCopy(lab, point)
  await copy.reached(6 * MiB)
  await copy.instead('source', 'exec sleep 60')
  const before = await kill(copy, 'source')
  await eventually(
    'a new server is waited for',
    async () => (await copy.server('source').catch(() => before)).pid !== before.pid,
    20_000,
  )
  const again = await copy.server('source')
  const asked = performance.now()
  copy.cancel()
  await expect(copy.result).rejects.toThrow('CANCELLED')
  expect(performance.now() - asked).toBeLessThan(10_000)
  expect(await copy.servers()).toEqual([])
  expect(await isAlive(again)).toBe(false)
  // What is durable stays for the next attempt.
  await access(lab.files(point, 0).image)
})

test('the heartbeat says what the last checkpoint does', async () => {
  const point = await lab.plan(contents())
  await using copy = await startCopy(lab, point)
  await copy.result
  const total = point.contents[0]!.length
  const views = copy.heartbeats.filter((view) => view !== undefined)
  const cursors = views.flatMap(
    (view) => (view as { checkpoint: { cursor: number } | null }).checkpoint?.cursor ?? [],
  )
  expect(cursors.length).toBeGreaterThan(0)
  expect(cursors).toEqual([...cursors].sort((a, b) => a - b))
  expect(views.at(-1)).toEqual({
    attemptNo: 1,
    checkpoint: { cursor: expect.any(Number) as number, at: expect.stringMatching(/^\d{4}-.*Z$/) as string },
    bytesDone: expect.any(Number) as number,
    bytesTotal: total,
    bottleneck: expect.stringMatching(/^(source|digest|target)$/) as string,
    away: null,
  })
})
