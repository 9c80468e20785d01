import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { planHash, readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js'
import { scratch } from './testing/scratch.js'

const checkpoint: Checkpoint = {
  version: 1,
  cursor: 655_360,
  digestBytes: 8192,
  planHash: planHash(1, []),
  counts: { bytesRead: 3, bytesStored: 2, bytesSkipped: 1 },
}

test('a checkpoint reads back and leaves no temporary file', async () => {
  await using dir = await scratch()
  expect(await readCheckpoint(dir.path('c'))).toBeUndefined()
  await writeCheckpoint(dir.path('c'), { ...checkpoint, cursor: 0 })
  await writeCheckpoint(dir.path('c'), checkpoint)
  expect(await readCheckpoint(dir.path('c'))).toEqual(checkpoint)
  expect(await readdir(dirname(dir.path('c')))).toEqual(['c'])
})

test('a checkpoint that cannot be put in its place leaves no temporary file', async () => {
  await using dir = await scratch()
  await mkdir(dir.path('c/occupied'), { recursive: true })
  await expect(writeCheckpoint(dir.path('c'), checkpoint)).rejects.toMatchObject({ syscall: 'rename' })
  expect(await readdir(dirname(dir.path('c')))).toEqual(['c'])
})

test.each([
  { name: 'a changed number', change: (text: string) => text.replace('655360', '655361') },
  { name: 'half a file', change: (text: string) => text.slice(0, 30) },
  { name: 'an empty file', change: () => '' },
  { name: 'something else', change: () => '[]' },
])('$name is refused', async ({ change }) => {
  await using dir = await scratch()
  await writeCheckpoint(dir.path('c'), checkpoint)
  await writeFile(dir.path('c'), change(await readFile(dir.path('c'), 'utf8')))
  await expect(readCheckpoint(dir.path('c'))).rejects.toMatchObject({ name: 'CheckpointError' })
})

test('a plan is named by size and areas', () => {
  const areas = [{ offset: 0, length: 65_536 }]
  const names = [
    planHash(2 ** 20, areas),
    planHash(2 ** 21, areas),
    planHash(2 ** 20, []),
    planHash(2 ** 20, [{ offset: 65_536, length: 65_536 }]),
    planHash(2 ** 20, areas, 'snapshot-1'),
  ]
  expect(new Set(names).size).toBe(5)
  expect(planHash(2 ** 20, areas)).toBe(names[0])
})
