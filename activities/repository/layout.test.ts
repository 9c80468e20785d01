import { Failure } from '../../domain/failure.js'
import {
  attemptFiles,
  diskFiles,
  manifestPath,
  ownerOfDiskFile,
  ownerOfPointFile,
  relativeDiskFiles,
} from './layout.js'

const hostileIds = [
  '..',
  '.',
  '',
  'a/b',
  '../x',
  '/etc',
  'a\\b',
  'a\0b',
  '.hidden',
  '-rf',
  'x'.repeat(65),
  'a b',
  'ä',
]

describe('layout of a repository', () => {
  test('a disk of a point lies below the VM, by ids only', () => {
    const files = diskFiles('/r', 'ctx-pgtest1-7f3a9c2e', 'disk-1', 'backup-pgtest1-01')
    expect(files).toEqual({
      vmDir: '/r/ctx-pgtest1-7f3a9c2e',
      dir: '/r/ctx-pgtest1-7f3a9c2e/disks/disk-1',
      image: '/r/ctx-pgtest1-7f3a9c2e/disks/disk-1/backup-pgtest1-01.qcow2',
      digests: '/r/ctx-pgtest1-7f3a9c2e/disks/disk-1/backup-pgtest1-01.digests',
      areas: '/r/ctx-pgtest1-7f3a9c2e/disks/disk-1/backup-pgtest1-01.areas',
    })
    expect(attemptFiles(files, 'backup-pgtest1-01', 3)).toEqual({
      digests: `${files.dir}/backup-pgtest1-01.3.digests.part`,
      areas: `${files.dir}/backup-pgtest1-01.3.areas.part`,
      checkpoint: `${files.dir}/backup-pgtest1-01.3.checkpoint`,
    })
    expect(relativeDiskFiles('disk-1', 'b').file).toBe('disks/disk-1/b.qcow2')
    expect(manifestPath('/r', 'ctx', 'b')).toBe('/r/ctx/points/b.json')
  })

  test.each(hostileIds)('refuses the id %j wherever it would become a path', (id) => {
    const paths = [
      () => diskFiles('/r', id, 'd', 'b'),
      () => diskFiles('/r', 'c', id, 'b'),
      () => diskFiles('/r', 'c', 'd', id),
      () => manifestPath('/r', 'c', id),
      () => relativeDiskFiles(id, 'b'),
      () => attemptFiles(diskFiles('/r', 'c', 'd', 'b'), id, 1),
    ]
    for (const make of paths) expect(make).toThrow(Failure)
  })

  test.each([
    ['b.qcow2', 'b', 'image'],
    ['b.digests', 'b', 'digests'],
    ['b.12.digests.part', 'b', 'attempt'],
    ['b.12.checkpoint', 'b', 'attempt'],
    ['b.12.areas.part', 'b', 'attempt'],
    ['b.areas', 'b', 'areas'],
    ['b.1.areas', 'b.1', 'areas'],
    ['b.12.checkpoint.tmp', 'b', 'temporary'],
    ['b.1.2.qcow2', 'b.1.2', 'image'],
  ])('%s belongs to %s', (name, backupId, kind) => {
    expect(ownerOfDiskFile(name)).toMatchObject({ backupId, kind })
  })

  test.each(['notes.txt', '.qcow2', '.b.qcow2', 'b.digests.part', 'b.x.checkpoint', 'lost+found'])(
    '%s is not ours',
    (name) => {
      expect(ownerOfDiskFile(name)).toBeUndefined()
    },
  )

  test.each([
    ['b.json', { backupId: 'b', kind: 'manifest' }],
    ['b.json.deleted', { backupId: 'b', kind: 'retired' }],
    ['b.json.0a1b2c3d.tmp', { backupId: 'b', kind: 'temporary' }],
    ['b.txt', undefined],
    ['.json', undefined],
  ])('in points/, %s is %j', (name, owner) => {
    expect(ownerOfPointFile(name)).toEqual(owner)
  })
})
