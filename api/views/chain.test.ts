import type { BackupWithDisks } from '../../drizzle/queries/backups.js'
import { auditsOf, chainsOf, chosenDisk } from './chain.js'

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
      disks: [{ audit_result, audit_detail: `said of ${id}`, read_mode }],
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
