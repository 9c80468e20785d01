import { writeFile } from 'node:fs/promises'

import { copy } from '../copy.js'
import { openDigestWriter } from '../digest-writer.js'
import type { End, WritableEnd } from '../end.js'
import { memoryEnd } from '../memory-end.js'
import { noise, scratch } from '../testing/scratch.js'
import { nbdkit, qemuNbd, run, type TestServer } from '../testing/servers.js'
import { makeTlsFiles, nbdkitTls, qemuTls, type TlsFiles } from '../testing/tls-files.js'
import { openNbd } from './nbd-end.js'
import { parseNbdUri } from './uri.js'

jest.setTimeout(60_000)

const MiB = 2 ** 20
const sizeBytes = 8 * MiB
const content = Buffer.concat([noise(3 * MiB, 1), Buffer.alloc(2 * MiB), noise(3 * MiB, 2)])
content.fill(0, MiB + 4096, MiB + 300_000)

type Security = 'plain' | 'psk' | 'x509'
type Scratch = Awaited<ReturnType<typeof scratch>>

let home: Scratch
let files: TlsFiles
beforeAll(async () => {
  home = await scratch()
  files = await makeTlsFiles(home.path)
  await writeFile(home.path('content'), content)
  await run('fallocate', ['--dig-holes', home.path('content')])
})
afterAll(() => home[Symbol.asyncDispose]())

/** One word for both, our client and libnbd's tools. */
const uriOf = ({ socketPath }: TestServer, security: Security): string =>
  ({
    plain: `nbd+unix:///?socket=${socketPath}`,
    psk: `nbds+unix://alice@/?socket=${socketPath}&tls-psk-file=${files.pskFile}`,
    x509: `nbds+unix:///?socket=${socketPath}&tls-certificates=${files.certificates}`,
  })[security]

const openUri = (uri: string, side: 'source' | 'target') => {
  const { address, exportName } = parseNbdUri(uri)
  return openNbd(address, { side, exportName })
}

const copyAll = async (dir: Scratch, source: End, target: WritableEnd, targetKnownZero: boolean) => {
  const extents = [{ offset: 0, length: sizeBytes }]
  await using digests = await openDigestWriter(dir.path('digests'), { sizeBytes, kind: 'root' })
  await copy({ source, target, extents, sizeBytes, targetKnownZero, digests, stallMs: 30_000 })
  await digests.finish()
}

const kitOf = (dir: Scratch, security: Security, { args = [], parameters = [] }: Kit, plugin: string[]) =>
  nbdkit(dir.path('kit'), [
    ...(security === 'plain' ? [] : nbdkitTls(files, security)),
    ...args,
    ...plugin,
    ...parameters,
  ])

interface Kit {
  readonly name: string
  readonly args?: string[]
  readonly parameters?: string[]
  /** TLS needs options, which these servers do not take. */
  readonly isPlainOnly?: boolean
  readonly isReadOnly?: boolean
}

const kits: Kit[] = [
  { name: 'nothing special' },
  { name: 'delay', args: ['--filter=delay'], parameters: ['delay-read=1ms', 'delay-write=1ms'] },
  { name: 'cow', args: ['--filter=cow'] },
  { name: 'exitlast', args: ['--filter=exitlast'], isReadOnly: true },
  {
    name: 'blocksize-policy',
    args: ['--filter=blocksize-policy'],
    parameters: ['blocksize-minimum=4096', 'blocksize-maximum=256K', 'blocksize-error-policy=error'],
  },
  { name: 'noextents', args: ['--filter=noextents'] },
  { name: 'nozero', args: ['--filter=nozero'] },
  { name: 'multi-conn=disable', args: ['--filter=multi-conn'], parameters: ['multi-conn-mode=disable'] },
  { name: 'error that never strikes', args: ['--filter=error'], parameters: ['error-rate=0'] },
  { name: '--no-sr', args: ['--no-sr'] },
  { name: '--mask-handshake=0', args: ['--mask-handshake=0'], isPlainOnly: true },
  { name: '--mask-handshake=1', args: ['--mask-handshake=1'] },
  { name: '--mask-handshake=2', args: ['--mask-handshake=2'], isPlainOnly: true },
  { name: '--mask-handshake=3', args: ['--mask-handshake=3'] },
  // nbdkit 1.32 says that it can flush and zero, and refuses both with EINVAL: libnbd's tools fail the same way.
  { name: '--oldstyle', args: ['--oldstyle'], isPlainOnly: true, isReadOnly: true },
]
const plugins = ['file', 'pattern', 'memory'] as const
const images = ['raw', 'qcow2', 'qcow2 with a bitmap'] as const
const tls = ['psk', 'x509'] as const

// Every kind of nbdkit in plain text and with TLS; the rest turns at different speeds, so that all pairs meet.
const cases = kits.flatMap((kit, i) =>
  (kit.isPlainOnly === true ? (['plain'] as const) : (['plain', tls[i % 2]!] as const)).map(
    (security, k) => ({
      name: kit.name,
      kit,
      security,
      // What cannot be filled must have its content from elsewhere.
      plugin: kit.isReadOnly === true ? plugins[k % 2]! : plugins[(i + k) % 3]!,
      image: images[(i + 2 * k + Math.floor(i / 3)) % 3]!,
      other: (['plain', 'psk', 'x509'] as const)[(i + k + Math.floor(i / 3)) % 3]!,
    }),
  ),
)

/** The target is an image of its own behind a qemu-nbd; qemu-img is the judge of what it holds. */
const openImage = async (dir: Scratch, image: (typeof images)[number], security: Security) => {
  const format = image === 'raw' ? 'raw' : 'qcow2'
  await run('qemu-img', ['create', '-q', '-f', format, dir.path('image'), `${sizeBytes}`])
  const hasBitmap = image === 'qcow2 with a bitmap'
  if (hasBitmap) await run('qemu-img', ['bitmap', '--add', dir.path('image'), 'changes'])
  const more = [
    ...(security === 'plain' ? [] : qemuTls(files, security)),
    ...(hasBitmap ? ['-B', 'changes'] : []),
  ]
  return { format, server: await qemuNbd(dir.path('qemu'), dir.path('image'), { format, more }) }
}

test.each(cases)(
  'from nbdkit $plugin with $name ($security) into qemu-nbd $image ($other)',
  async ({ kit, security, plugin, image, other }) => {
    await using dir = await scratch()
    const oracle = plugin === 'pattern' ? dir.path('oracle') : home.path('content')
    const what = {
      file: ['file', home.path('content')],
      pattern: ['pattern', `${sizeBytes}`],
      memory: ['memory', `${sizeBytes}`],
    }[plugin]
    const { format, server } = await openImage(dir, image, other)
    {
      await using qemu = server
      await using from = await kitOf(dir, security, kit, what)
      await using target = await openUri(uriOf(qemu, other), 'target')
      await using source = await openUri(uriOf(from, security), 'source')
      if (plugin === 'memory') await copyAll(dir, memoryEnd(content), source, true)
      await copyAll(dir, source, target, true)
      if (plugin === 'pattern') await run('nbdcopy', [uriOf(from, security), oracle])
    }
    await run('qemu-img', ['compare', '-f', 'raw', '-F', format, oracle, dir.path('image')])
  },
)

test.each(cases.filter(({ kit }) => kit.isReadOnly !== true))(
  'into nbdkit with $name ($security), over what was there',
  async ({ kit, security }) => {
    await using dir = await scratch()
    await using to = await kitOf(dir, security, kit, ['memory', `${sizeBytes}`])
    {
      await using target = await openUri(uriOf(to, security), 'target')
      await target.write(2 * MiB, noise(2 * MiB, 9))
      await copyAll(dir, memoryEnd(content), target, false)
      // Of the cow filter each connection sees its own server's overlay, so nbdcopy sees the same.
      await run('nbdcopy', [uriOf(to, security), dir.path('back')])
    }
    await run('cmp', [dir.path('back'), home.path('content')])
  },
)

test.each(['plain', 'psk', 'x509'] as const)('an error of the disk ends the copy (%s)', async (security) => {
  await using dir = await scratch()
  const parameters = ['error-pread=EIO', 'error-pread-rate=100%']
  const kit = { name: 'error', args: ['--filter=error'], parameters }
  await using from = await kitOf(dir, security, kit, ['pattern', `${sizeBytes}`])
  await using source = await openUri(uriOf(from, security), 'source')
  await expect(copyAll(dir, source, memoryEnd(sizeBytes), true)).rejects.toMatchObject({
    name: 'EndError',
    side: 'source',
    op: 'read',
    errno: 'EIO',
    retry: false,
  })
})
