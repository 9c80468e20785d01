import { scratch } from '../testing/scratch.js'
import { nbdkit, qemuNbd, run } from '../testing/servers.js'
import { openNbd } from './nbd-end.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20
const changes = 'qemu:dirty-bitmap:changes'
const source = { side: 'source' } as const

test('a bitmap of qemu says what was written since it was made', async () => {
  await using dir = await scratch()
  const disk = dir.path('disk')
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '64M'])
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 1 0 1M', disk])
  await run('qemu-img', ['bitmap', '--add', '-g', '65536', disk, 'changes'])
  await run('qemu-io', ['-f', 'qcow2', '-c', 'write -P 2 8M 128k', '-c', 'write -P 3 33M 1k', disk])
  const more = ['--read-only', '--bitmap=changes']
  await using server = await qemuNbd(dir.path('s'), disk, { more })
  const address = { socketPath: server.socketPath }
  await using end = await openNbd(address, { ...source, contexts: [changes] })
  expect(await end.contextStatus(changes, 0, 64 * MiB)).toEqual([
    { offset: 0, length: 8 * MiB, flags: 0 },
    { offset: 8 * MiB, length: 131_072, flags: 1 },
    { offset: 8 * MiB + 131_072, length: 25 * MiB - 131_072, flags: 0 },
    { offset: 33 * MiB, length: 65_536, flags: 1 },
    { offset: 33 * MiB + 65_536, length: 31 * MiB - 65_536, flags: 0 },
  ])
  expect(await end.contextStatus(changes, 8 * MiB + 1000, 5000)).toEqual([
    { offset: 8 * MiB + 1000, length: 5000, flags: 1 },
  ])
  expect((await end.status(0, 64 * MiB)).filter(({ zero }) => !zero)).toEqual([
    { offset: 0, length: MiB, hole: false, zero: false },
    { offset: 8 * MiB, length: 131_072, hole: false, zero: false },
    { offset: 33 * MiB, length: 4096, hole: false, zero: false },
  ])
})

test('a context that is not there fails the opening, one that was not asked for the question', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['memory', '1M'])
  const address = { socketPath: server.socketPath }
  await expect(openNbd(address, { ...source, contexts: [changes] })).rejects.toMatchObject({
    op: 'open',
    errno: 'ENOENT',
    retry: false,
    message: expect.stringContaining(`no meta context "${changes}"`) as string,
  })
  await using end = await openNbd(address, source)
  await expect(end.contextStatus(changes, 0, 512)).rejects.toMatchObject({
    op: 'status',
    offset: 0,
    length: 512,
    errno: 'EINVAL',
  })
  await using plain = await nbdkit(dir.path('p'), ['--no-sr', 'memory', '1M'])
  await expect(
    openNbd({ socketPath: plain.socketPath }, { ...source, contexts: [changes] }),
  ).rejects.toMatchObject({ op: 'open', errno: 'ENOENT' })
  await using old = await nbdkit(dir.path('o'), ['--oldstyle', 'memory', '1M'])
  await expect(
    openNbd({ socketPath: old.socketPath }, { ...source, contexts: [changes] }),
  ).rejects.toMatchObject({ op: 'open', errno: 'ENOENT' })
})
