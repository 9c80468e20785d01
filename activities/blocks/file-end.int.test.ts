import { mkdir, truncate, writeFile } from 'node:fs/promises'

import { fileEnd } from './file-end.js'
import { noise, scratch } from './testing/scratch.js'
import { run } from './testing/servers.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20

// Loop devices and mounts are root's.
const asRoot = process.getuid?.() === 0 ? test : test.skip

/** Runs a command, and another one when the test's scope ends. */
const until = async (undo: readonly [string, ...string[]]): Promise<AsyncDisposable> => ({
  [Symbol.asyncDispose]: async () => void (await run(undo[0], undo.slice(1))),
})

asRoot('a block device has its size, is read and written, and its zeros are written', async () => {
  await using dir = await scratch()
  const content = noise(4 * MiB, 1)
  await writeFile(dir.path('disk'), content)
  const device = (await run('losetup', ['--find', '--show', dir.path('disk')])).trim()
  await using _detached = await until(['losetup', '--detach', device])
  await using end = await fileEnd(device, { side: 'target' })
  expect(end).toMatchObject({ sizeBytes: 4 * MiB, readOnly: false, isCreated: false })
  expect((await end.read(MiB, 2 * MiB)).equals(content.subarray(MiB, 3 * MiB))).toBe(true)
  await end.zero(MiB, MiB)
  await end.write(0, Buffer.from('here'))
  await end.flush()
  content.fill(0, MiB, 2 * MiB)
  content.write('here', 0)
  await using behind = await fileEnd(dir.path('disk'), { side: 'source' })
  expect((await behind.read(0, 4 * MiB)).equals(content)).toBe(true)
  expect(await end.status(0, 4 * MiB)).toEqual([{ offset: 0, length: 4 * MiB, hole: false, zero: false }])
})

asRoot('a mounted device is no target', async () => {
  await using dir = await scratch()
  await truncate((await writeFile(dir.path('disk'), ''), dir.path('disk')), 16 * MiB)
  await run('mke2fs', ['-q', '-F', dir.path('disk')])
  await mkdir(dir.path('mnt'))
  const device = (await run('losetup', ['--find', '--show', dir.path('disk')])).trim()
  await using _detached = await until(['losetup', '--detach', device])
  await run('mount', [device, dir.path('mnt')])
  await using _unmounted = await until(['umount', dir.path('mnt')])
  await expect(fileEnd(device, { side: 'target' })).rejects.toMatchObject({ op: 'open', errno: 'EBUSY' })
  await using source = await fileEnd(device, { side: 'source' })
  expect(source.sizeBytes).toBe(16 * MiB)
})

asRoot('a full file system is ENOSPC, with the write that found no room', async () => {
  await using dir = await scratch()
  await mkdir(dir.path('small'))
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir.path('small')])
  await using _unmounted = await until(['umount', dir.path('small')])
  {
    await using end = await fileEnd(dir.path('small/disk'), {
      side: 'target',
      create: { sizeBytes: 4 * MiB },
    })
    expect(await end.status(0, 4 * MiB)).toEqual([{ offset: 0, length: 4 * MiB, hole: true, zero: true }])
    await expect(end.write(MiB, noise(2 * MiB, 1))).rejects.toMatchObject({
      name: 'EndError',
      side: 'target',
      op: 'write',
      offset: MiB,
      errno: 'ENOSPC',
      retry: false,
    })
    expect(await end.status(0, 4 * MiB)).toEqual([{ offset: 0, length: 4 * MiB, hole: false, zero: false }])
  }
})
