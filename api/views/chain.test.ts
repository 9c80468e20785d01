import type { BackupWithDisks } from '../../drizzle/queries/backups.js'
import { auditsOf, chainsOf, chosenDisk, toChainSummary, wholeChainOf } from './chain.js'

const point = (id: string, parent: string | null) =>
  ({ backup: { id }, disks: [{ parent_backup_id: parent }] }) as unknown as BackupWithDisks
const ids = (points: readonly BackupWithDisks[]) =>
  chainsOf(points).map((chain) => chain.map((one) => one.backup.id))

test.each([
  { name: 'no points', points: [], chains: [] },
  { name: 'one full', points: [point('a', null)], chains: [['a']] },
  {
    name: 'a full and its incrementals',
    points: [point('a', null), point('b', 'a'), point('c', 'b')],
    chains: [['a', 'b', 'c']],
  },
  {
    name: 'two fulls',
    points: [point('a', null), point('b', 'a'), point('c', null), point('d', 'c')],
    chains: [
      ['a', 'b'],
      ['c', 'd'],
    ],
  },
  { name: 'a parent that is not there', points: [point('b', 'gone')], chains: [['b']] },
])('$name', ({ points, chains }) => expect(ids(points)).toEqual(chains))

test('a chain tells its newest audit and the points in doubt', () => {
  const audited = (id: string, audit_result: string | null, read_mode: string) =>
    ({
      backup: { id },
      disks: [{ audit_result, audit_detail: `said of ${id}`, read_mode, bytes_total: 8, capacity_bytes: 8 }],
    }) as unknown as BackupWithDisks
  const chain = [audited('a', null, 'full'), audited('b', 'differs', 'changed'), audited('c', null, 'full')]
  expect(auditsOf(chain)).toEqual({
    audit: { result: 'differs', backup_id: 'b', detail: 'said of b' },
    suspect_backup_ids: ['b'],
  })
  expect(auditsOf([])).toEqual({ audit: null, suspect_backup_ids: [] })
})

test('a disk is chosen by id, by index, or is the first', () => {
  const disks = [
    { id: 'disk-a', disk_index: 0 },
    { id: 'disk-b', disk_index: 1 },
  ] as never[]
  expect(chosenDisk(disks, undefined)).toBe(disks[0])
  expect(chosenDisk(disks, '1')).toBe(disks[1])
  expect(chosenDisk(disks, 'disk-b')).toBe(disks[1])
  expect(chosenDisk(disks, 'disk-c')).toBeUndefined()
})

describe('what goes with a chain as a whole', () => {
  const withDisks = (id: string, ...parents: (string | null)[]) =>
    ({
      backup: { id },
      disks: parents.map((parent) => ({ parent_backup_id: parent })),
    }) as unknown as BackupWithDisks

  test.each([
    { name: 'a point alone', points: [withDisks('a', null), withDisks('b', null)], of: 'a', whole: ['a'] },
    {
      name: 'its increments, from the middle',
      points: [withDisks('a', null), withDisks('b', 'a'), withDisks('c', 'b'), withDisks('d', null)],
      of: 'b',
      whole: ['a', 'b', 'c'],
    },
    {
      name: 'a disk that began its chain later, and what stands on that',
      points: [withDisks('a', null, null), withDisks('b', 'a', null), withDisks('c', null, 'b')],
      of: 'a',
      whole: ['a', 'b', 'c'],
    },
    {
      name: 'not what stands on a parent that is gone',
      points: [withDisks('a', null), withDisks('b', 'gone')],
      of: 'a',
      whole: ['a'],
    },
  ])('$name', ({ points, of, whole }) =>
    expect(wholeChainOf(points, of).map(({ backup }) => backup.id)).toEqual(whole),
  )
})

test('a chain in short counts this disk alone and takes its moments from the snapshots', () => {
  const at = (id: string, taken: string | null, bytes_stored: number) =>
    ({
      backup: { id, snapshot_taken_at: taken, created_at: '2026-11-21T09:00:00.000Z' },
      disks: [{ disk_index: 1, bytes_stored }],
    }) as unknown as BackupWithDisks
  expect(toChainSummary([at('a', '2026-11-21T10:00:00.000Z', 5), at('b', null, 7)])).toEqual({
    chain_id: 'chain-a-1',
    full_backup_id: 'a',
    newest_backup_id: 'b',
    backup_count: 2,
    total_size_bytes: 12,
    first_point_at: '2026-11-21T10:00:00.000Z',
    newest_point_at: '2026-11-21T09:00:00.000Z',
  })
})
