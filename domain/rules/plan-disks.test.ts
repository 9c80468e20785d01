import { planDisks, type BasePoint } from './plan-disks.js'

const now = new Date('2026-11-21T03:00:00Z')
const GiB = 2 ** 30
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000)

const point = (backupId: string, days: number, over: Partial<BasePoint> = {}): BasePoint => ({
  backupId,
  takenAt: daysAgo(days),
  isDamaged: false,
  disks: [{ diskId: 'd1', capacityBytes: GiB, parentBackupId: null }],
  ...over,
})
const onto = (parentBackupId: string) => ({ disks: [{ diskId: 'd1', capacityBytes: GiB, parentBackupId }] })
const plan = (points: BasePoint[], over: Partial<Parameters<typeof planDisks>[0]> = {}) =>
  planDisks({
    requested: 'auto',
    disks: [{ diskId: 'd1', capacityBytes: GiB }],
    points,
    fullEvery: { days: 7, points: 3 },
    now,
    ...over,
  })

test('over the newest point, and says so', () => {
  expect(plan([point('b', 1, onto('a')), point('a', 2)])).toEqual({
    backupType: 'incremental',
    reason: 'over b',
    disks: [
      {
        diskId: 'd1',
        storedAs: 'overlay',
        storedReason: 'only what differs from b is stored',
        parentBackupId: 'b',
      },
    ],
  })
})

test.each([
  { why: 'no point', points: [], over: {}, reason: /no earlier point/ },
  { why: 'asked for', points: [point('a', 1)], over: { requested: 'full' as const }, reason: /asked for/ },
  { why: 'damaged', points: [point('a', 1, { isDamaged: true })], over: {}, reason: /a was found damaged/ },
  {
    why: 'damaged below the newest',
    points: [point('b', 1, onto('a')), point('a', 2, { isDamaged: true })],
    over: {},
    reason: /b needs a, which was found damaged/,
  },
  { why: 'a week old', points: [point('b', 1, onto('a')), point('a', 7)], over: {}, reason: /7 days old/ },
  {
    why: 'long enough',
    points: [point('c', 1, onto('b')), point('b', 2, onto('a')), point('a', 3)],
    over: {},
    reason: /has 3 points/,
  },
])('a full backup: $why', ({ points, over, reason }) => {
  const found = plan(points, over)
  expect(found).toMatchObject({ backupType: 'full', disks: [{ storedAs: 'root', parentBackupId: null }] })
  expect(found.reason).toMatch(reason)
})

test('only the points that the newest one needs count as its chain', () => {
  // A full backup b began a chain of its own; the old one has three points and a damaged root.
  const points = [
    point('e', 1, onto('d')),
    point('d', 2),
    point('c', 3, onto('b')),
    point('b', 30, { isDamaged: true }),
  ]
  expect(plan(points)).toMatchObject({ backupType: 'incremental', reason: 'over e' })
})

test('a disk whose own point stands on a damaged one begins a chain, and only that disk', () => {
  const holding = (diskId: string, parentBackupId: string | null) => ({
    disks: [{ diskId, capacityBytes: GiB, parentBackupId }],
  })
  const points = [
    point('c', 1, holding('d1', null)),
    point('b', 2, holding('d2', 'a')),
    point('a', 3, { ...holding('d2', null), isDamaged: true }),
  ]
  const disks = ['d1', 'd2'].map((diskId) => ({ diskId, capacityBytes: GiB }))
  expect(plan(points, { disks }).disks).toMatchObject([
    { diskId: 'd1', storedAs: 'overlay', parentBackupId: 'c' },
    { diskId: 'd2', storedAs: 'root', storedReason: 'b needs a, which was found damaged' },
  ])
})

test('a disk that only an older point holds lies over that one; a new, a shrunk and a grown one', () => {
  const disks = ['d1', 'd2', 'new', 'shrunk', 'grown'].map((diskId) => ({
    diskId,
    capacityBytes: diskId === 'shrunk' ? GiB / 2 : diskId === 'grown' ? 2 * GiB : GiB,
  }))
  const held = (...ids: string[]) => ({
    disks: ids.map((diskId) => ({ diskId, capacityBytes: GiB, parentBackupId: null })),
  })
  const found = plan([point('b', 1, held('d1', 'shrunk', 'grown')), point('a', 2, held('d1', 'd2'))], {
    disks,
  })
  expect(found.disks.map(({ storedAs, parentBackupId }) => [storedAs, parentBackupId])).toEqual([
    ['overlay', 'b'],
    ['overlay', 'a'],
    ['root', null],
    ['root', null],
    ['overlay', 'b'],
  ])
  expect(found).toMatchObject({
    backupType: 'incremental',
    reason: 'over b, a; 2 of 5 disk(s) begin a chain',
  })
})
