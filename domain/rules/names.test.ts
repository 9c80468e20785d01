import { readableId } from '../../drizzle/queries/readable-id.js'
import { longestSnapshotName, snapshotPrefix, snapshotToken } from './names.js'

const installation = 'f'.repeat(12)

test('a snapshot is named for its installation and its job', () => {
  expect(snapshotToken('a1', 'backup-x')).toBe('sendense:a1:backup-x')
  expect(snapshotToken('a1', 'backup-x').startsWith(snapshotPrefix('a1'))).toBe(true)
  expect(snapshotToken('a10', 'backup-x').startsWith(snapshotPrefix('a1'))).toBe(false)
})

test('the longest id that we make fits into a snapshot’s name', () => {
  const id = readableId('backup', 'n'.repeat(80))
  expect(id).toHaveLength(48)
  expect(snapshotToken(installation, id).length).toBeLessThanOrEqual(longestSnapshotName)
})
