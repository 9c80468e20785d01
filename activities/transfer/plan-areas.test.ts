import { Failure } from '../../domain/failure.js'
import type { PlatformConnection, Snapshot, SnapshotDisk } from '../platforms/platform.js'
import { planAreas } from './plan-areas.js'
import type { Base } from './plan-areas.js'

const sizeBytes = 1_000_000
const disk: SnapshotDisk = {
  key: 2000,
  backingUuid: 'u',
  capacityBytes: sizeBytes,
  path: '[s] v',
  changeId: '52 a/8',
}
const changed = [{ offset: 65_536, length: 65_536 }]
const base = (change: Partial<Base> = {}): Base => ({
  backupId: 'backup-1',
  capacityBytes: sizeBytes,
  changeId: '52 a/7',
  ...change,
})

const plan = async (
  on: Base | undefined,
  given: Partial<SnapshotDisk> = {},
  { error, doubt }: { error?: Failure; doubt?: string } = {},
) => {
  const asked: string[] = []
  const changeTracking = {
    changedAreas: (_: unknown, __: unknown, since: string) => (
      asked.push(since),
      error ? Promise.reject(error) : Promise.resolve(changed)
    ),
  }
  const connection = { changeTracking } as unknown as PlatformConnection
  return { asked, ...(await planAreas(connection, {} as Snapshot, { ...disk, ...given }, on, doubt)) }
}

const all = [{ offset: 0, length: sizeBytes }]
const expired = new Failure('change-tracking-unavailable', 'the change ID expired', { retry: false })

test.each([
  {
    what: 'a new chain',
    on: undefined,
    expected: { asked: ['*'], readMode: 'full', extents: changed, readReason: /allocated/ },
  },
  {
    what: 'over a base',
    on: base(),
    expected: { asked: ['52 a/7'], readMode: 'changed', extents: changed, readReason: /since backup-1/ },
  },
  {
    what: 'a grown disk',
    on: base({ capacityBytes: 500_000 }),
    expected: { asked: [], readMode: 'full', extents: all, readReason: /grown from 500000 to 1000000/ },
  },
  {
    what: 'a base that was not tracked',
    on: base({ changeId: null }),
    expected: { asked: [], readMode: 'full', extents: all, readReason: /not tracked when backup-1/ },
  },
])('$what', async ({ on, expected: { readReason, ...expected } }) => {
  const found = await plan(on)
  expect(found).toMatchObject(expected)
  expect(found.readReason).toMatch(readReason)
})

test('tracking that is off, or refuses, is not believed: all is read', async () => {
  expect(await plan(base(), { changeId: null })).toMatchObject({ readMode: 'full', extents: all, asked: [] })
  expect(await plan(base(), {}, { error: expired })).toMatchObject({
    readMode: 'full',
    extents: all,
    readReason: 'all of the disk is read: the change ID expired',
  })
})

test.each([
  { what: 'over a base', on: base() },
  { what: 'a new chain', on: undefined },
])('an audit found tracking wrong: it is not asked, $what', async ({ on }) =>
  expect(await plan(on, {}, { doubt: 'backup-7' })).toEqual({
    asked: [],
    readMode: 'full',
    extents: all,
    readReason:
      'all of the disk is read: an audit found changes that change tracking did not tell of (see backup-7)',
  }),
)
