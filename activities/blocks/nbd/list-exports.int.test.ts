import { answer, greet, reply, takeOption, u16, u32, u64 } from '../testing/nbd-script.js'
import { scratch } from '../testing/scratch.js'
import { scriptedServer } from '../testing/scripted-server.js'
import { nbdkit, qemuNbd, run } from '../testing/servers.js'
import { makeTlsFiles, nbdkitTls } from '../testing/tls-files.js'
import { listExports } from './list-exports.js'

jest.setTimeout(30_000)

const MiB = 2 ** 20

test('qemu-nbd lists its export with description, flags, block sizes and bitmaps', async () => {
  await using dir = await scratch()
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', dir.path('disk'), '8M'])
  await run('qemu-img', ['bitmap', '--add', dir.path('disk'), 'changes'])
  const more = ['--read-only', '--bitmap=changes', '--description', 'a disk of ours']
  await using server = await qemuNbd(dir.path('s'), dir.path('disk'), { exportName: 'disk-1', more })
  expect(await listExports({ socketPath: server.socketPath })).toEqual([
    {
      name: 'disk-1',
      description: 'a disk of ours',
      problem: undefined,
      details: expect.objectContaining({
        sizeBytes: 8 * MiB,
        readOnly: true,
        canMultiConn: true,
        preferredBlockBytes: 4096,
        maxBlockBytes: 32 * MiB,
        contexts: ['base:allocation', 'qemu:dirty-bitmap:changes'],
      }) as unknown,
    },
  ])
  expect(await run('nbdinfo', ['--list', server.uri()])).toContain('qemu:dirty-bitmap:changes')
})

test('nbdkit lists several exports, over TLS too, and each connection ends well', async () => {
  await using dir = await scratch()
  const files = await makeTlsFiles(dir.path)
  const script = ['list_exports=echo NAMES; echo a; echo b', 'open=echo $3', 'get_size=echo 1M']
  const args = [...nbdkitTls(files, 'psk'), 'eval', ...script, 'pread=exit 1']
  await using server = await nbdkit(dir.path('s'), args)
  const address = { socketPath: server.socketPath }
  await expect(listExports(address)).rejects.toMatchObject({ op: 'open', errno: 'EACCES' })
  const tls = { kind: 'psk', pskFile: files.pskFile, user: 'alice' } as const
  const exports = await listExports({ ...address, tls })
  expect(exports.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(exports.map(({ details }) => details?.sizeBytes)).toEqual([MiB, MiB])
})

test('an old-style server has one export, without a name', async () => {
  await using dir = await scratch()
  await using server = await nbdkit(dir.path('s'), ['--oldstyle', '--readonly', 'memory', '3M'])
  expect(await listExports({ socketPath: server.socketPath })).toMatchObject([
    { name: '', details: { sizeBytes: 3 * MiB, readOnly: true, contexts: [] } },
  ])
})

test('a server that will not list, or not describe, is quoted', async () => {
  await using plain = await scriptedServer(async (peer) => {
    await greet(peer, 0)
    await peer.take(1)
  })
  await expect(listExports(plain.address)).rejects.toMatchObject({ op: 'open', errno: 'ENOTSUP' })
  await using strict = await scriptedServer(async (peer) => {
    await greet(peer)
    const { code } = await takeOption(peer)
    peer.send(answer(code, 0x80000002, Buffer.from('ask\0the owner')))
    await peer.take(1)
  })
  await expect(listExports(strict.address)).rejects.toMatchObject({
    errno: 'EACCES',
    message: expect.stringContaining('by policy (ask?the owner)') as string,
  })
  await using shy = await scriptedServer(async (peer) => {
    await greet(peer)
    for (;;) {
      const { code, data } = await takeOption(peer)
      if (code === 3)
        for (const name of ['open', 'shut']) peer.send(answer(code, reply.server, sizedName(name)))
      if (code === 6 && !data.includes('shut'))
        peer.send(answer(code, reply.info, Buffer.concat([u16(0), u64(512), u16(1)])))
      const isRefused = ![3, 6].includes(code) || (code === 6 && data.includes('shut'))
      peer.send(answer(code, isRefused ? reply.tlsRequired : reply.ack))
    }
  })
  expect(await listExports(shy.address)).toMatchObject([
    { name: 'open', problem: undefined, details: { sizeBytes: 512, minBlockBytes: 1, contexts: [] } },
    { name: 'shut', problem: 'the server requires TLS', details: undefined },
  ])
})

const sizedName = (name: string): Buffer => Buffer.concat([u32(name.length), Buffer.from(name)])
