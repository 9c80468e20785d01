import { open, readdir } from 'node:fs/promises'

import { createQcow2, qemuImgCheck } from './qemu-img.js'
import { owner, scratch } from './testing/scratch.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20

test('creates an image and an overlay on it that check clean', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const options = { guard, owner }
  await createQcow2(dir.path('p.qcow2'), 8 * MiB, options)
  await createQcow2(dir.path('c.qcow2'), 16 * MiB, { ...options, backing: 'p.qcow2' })
  expect(await qemuImgCheck(dir.path('c.qcow2'), options)).toEqual({
    isClean: true,
    corruptions: 0,
    leaks: 0,
  })
  expect(await readdir(dir.stateDir)).toEqual([])
})

test('names a damaged image, a file that is none, and a parent that is missing', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const options = { guard, owner }
  await createQcow2(dir.path('p.qcow2'), 8 * MiB, options)
  const file = await open(dir.path('p.qcow2'), 'r+')
  // The refcount table's second cluster: the counts of the image's own metadata.
  await file.write(Buffer.alloc(64, 0xff), 0, 64, 2 * 65_536)
  await file.close()
  const check = await qemuImgCheck(dir.path('p.qcow2'), options)
  expect(check.isClean).toBe(false)
  expect(check.leaks + check.corruptions).toBeGreaterThan(0)
  await expect(qemuImgCheck(dir.path('none.qcow2'), options)).rejects.toMatchObject({ problem: 'failed' })
  const orphan = createQcow2(dir.path('c.qcow2'), 8 * MiB, { ...options, backing: 'gone.qcow2' })
  await expect(orphan).rejects.toMatchObject({
    name: 'ProcessError',
    stderrTail: expect.stringContaining('gone.qcow2') as string,
  })
  const absolute = createQcow2(dir.path('c.qcow2'), 8 * MiB, { ...options, backing: dir.path('p.qcow2') })
  await expect(absolute).rejects.toMatchObject({ problem: 'failed' })
})
