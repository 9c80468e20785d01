import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { noise, scratch } from '../testing/scratch.js'
import { nbdkit, qemuNbd, run } from '../testing/servers.js'
import { runBlocks, startBlocks } from './testing/run-blocks.js'

jest.setTimeout(60_000)

const MiB = 2 ** 20
const content = Buffer.concat([noise(6 * MiB, 1), Buffer.alloc(10 * MiB), noise(4 * MiB, 2), noise(512, 3)])
const sizeBytes = content.length

const json = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>

test('a file copied into a qcow2 export verifies and compares as the same', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('from'), content)
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', dir.path('to'), `${sizeBytes}`])
  {
    await using to = await qemuNbd(dir.path('t.sock'), dir.path('to'), { exportName: 'disk' })
    const words = ['copy', dir.path('from'), to.uri('disk'), '--digests', dir.path('d'), '--json']
    const copied = await startBlocks(...words).ended
    expect(copied).toMatchObject({ status: 0 })
    expect(copied.stdout.split('\n').length).toBe(2)
    expect(json(copied.stdout)).toMatchObject({
      bytesTotal: sizeBytes,
      bytesRead: sizeBytes,
      resumedAt: null,
    })
    expect(json(copied.stdout)['bytesStored']).toBeLessThan(11 * MiB)

    const verified = await runBlocks('verify', to.uri('disk'), dir.path('d'))
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringMatching(/^All matches/) as string })
    const compared = await runBlocks('compare', dir.path('from'), to.uri('disk'))
    expect(compared).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Both are the same/) as string,
    })
  }
  await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', dir.path('from'), dir.path('to')])
  expect((await readdir(dir.path(''))).sort()).toEqual(['d', 'from', 'to'])
})

test('compare and verify name exactly what was changed', async () => {
  await using dir = await scratch()
  const changed = Buffer.from(content)
  for (const offset of [0, MiB + 4095, 12 * MiB, sizeBytes - 1]) changed[offset]! ^= 1
  await writeFile(dir.path('a'), content)
  await writeFile(dir.path('b'), changed)
  await using served = await nbdkit(dir.path('s.sock'), ['--readonly', 'file', dir.path('b')])
  const ranges = ['0 4096', `${MiB} 4096`, `${12 * MiB} 4096`, `${20 * MiB} 512`]
  const compared = await startBlocks('compare', dir.path('a'), served.uri()).ended
  expect(compared.status).toBe(1)
  expect(compared.stdout.split('\n').slice(0, -2)).toEqual(ranges)
  expect(compared.stdout).toContain('differ in 4 ranges')

  const first = await runBlocks('compare', dir.path('a'), served.uri(), '--max', '1', '--json')
  expect(first.status).toBe(1)
  expect(json(first.stdout)).toMatchObject({ rangesDiffering: 4, ranges: [{ offset: 0, length: 4096 }] })

  await runBlocks('copy', dir.path('a'), dir.path('c'), '--digests', dir.path('d'))
  const verified = await runBlocks('verify', served.uri(), dir.path('d'))
  expect(verified.status).toBe(1)
  const grains = [0, MiB, 12 * MiB].map((offset) => `${offset} 65536`)
  expect(verified.stdout.split('\n').slice(0, -2)).toEqual([...grains, `${20 * MiB} 512`])
})

test('disks of different size differ, unless the longer one’s zeros are ignored', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('a'), content)
  await writeFile(dir.path('b'), content)
  await truncate(dir.path('b'), 21 * MiB)
  const differing = await runBlocks('compare', dir.path('a'), dir.path('b'))
  expect(differing.status).toBe(1)
  expect(differing.stdout.split('\n')[0]).toBe(`${sizeBytes} ${MiB - 512}`)
  expect(differing.stderr).toContain(`The sizes differ: ${sizeBytes} and ${21 * MiB} bytes.`)
  expect((await runBlocks('compare', dir.path('b'), dir.path('a'), '--ignore-zero-tail')).status).toBe(0)
})

test('makes a raw file with the source’s size, its zeros as holes, of the areas asked for', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('areas'), `${MiB} ${MiB}\n${16 * MiB} 65536\n`)
  await using from = await nbdkit(dir.path('s.sock'), ['--readonly', 'file', await written(dir.path('from'))])
  const words = ['copy', from.uri(), dir.path('to'), '--extents', dir.path('areas')]
  const copied = await runBlocks(...words, '--fresh', '--digests', dir.path('d'))
  expect(copied).toMatchObject({ status: 0, stdout: expect.stringContaining('stored 1.06 MiB') as string })
  const { size, blocks } = await stat(dir.path('to'))
  expect(size).toBe(sizeBytes)
  expect(blocks * 512).toBeLessThan(2 * MiB)
  expect((await runBlocks('verify', dir.path('to'), dir.path('d'))).status).toBe(0)
  const expected = Buffer.alloc(sizeBytes)
  for (const [start, end] of [
    [MiB, 2 * MiB],
    [16 * MiB, 16 * MiB + 65_536],
  ] as const)
    content.copy(expected, start, start, end)
  await writeFile(dir.path('expected'), expected)
  expect((await runBlocks('compare', dir.path('expected'), dir.path('to'))).status).toBe(0)
})

const written = async (path: string): Promise<string> => {
  await writeFile(path, content)
  return path
}

test('over digests it stores what differs from them, and the chain verifies', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('before'), content)
  await runBlocks('copy', dir.path('before'), dir.path('base'), '--digests', dir.path('root.d'))
  const after = Buffer.from(content)
  after[MiB] = after[MiB]! ^ 1
  after.fill(0, 2 * MiB, 2 * MiB + 65_536)
  await writeFile(dir.path('after'), after)
  const backing = ['-b', 'base', '-F', 'raw', dir.path('top'), `${sizeBytes}`]
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing])
  await using to = await qemuNbd(dir.path('t.sock'), dir.path('top'))
  const words = ['copy', dir.path('after'), to.uri(), '--digests', dir.path('top.d'), '--json']
  const copied = await runBlocks(...words, '--over', dir.path('root.d'))
  expect(json(copied.stdout)).toMatchObject({ bytesRead: sizeBytes, bytesStored: 65_536 })
  expect((await runBlocks('compare', dir.path('after'), to.uri())).status).toBe(0)
  expect((await runBlocks('verify', to.uri(), dir.path('top.d'), dir.path('root.d'))).status).toBe(0)
  expect((await runBlocks('verify', to.uri(), dir.path('root.d'))).status).toBe(1)
  const half = await runBlocks('verify', to.uri(), dir.path('top.d'))
  expect(half).toMatchObject({ status: 2, stderr: expect.stringContaining('is of an overlay') as string })
})

test('info says which exports a server has, and what each offers', async () => {
  await using dir = await scratch()
  await mkdir(dir.path('disks'))
  await writeFile(dir.path('disks/one'), Buffer.alloc(MiB))
  await writeFile(dir.path('disks/two'), Buffer.alloc(2 * MiB))
  await using served = await nbdkit(dir.path('s.sock'), ['file', `dir=${dir.path('disks')}`])
  const told = await runBlocks('info', served.uri('two'), '--json')
  expect(json(told.stdout)).toMatchObject({
    sizeBytes: 2 * MiB,
    exports: expect.arrayContaining([
      expect.objectContaining({ name: 'one', sizeBytes: MiB }),
      expect.objectContaining({ name: 'two', contexts: ['base:allocation'] }),
    ]) as unknown,
  })
  const words = await runBlocks('info', served.uri('two'))
  expect(words.stdout).toMatch(/also there: +"one", 1 MiB/)
})

test('info says what a qcow2 export is', async () => {
  await using dir = await scratch()
  await run('qemu-img', [
    'convert',
    '-f',
    'raw',
    '-O',
    'qcow2',
    await written(dir.path('raw')),
    dir.path('disk'),
  ])
  await using served = await qemuNbd(dir.path('s.sock'), dir.path('disk'), {
    exportName: 'a disk',
    more: ['--read-only'],
  })
  const uri = served.uri('a%20disk')
  const told = await runBlocks('info', uri, '--json')
  expect(told).toMatchObject({ status: 0, stderr: '' })
  expect(json(told.stdout)).toMatchObject({
    kind: 'nbd',
    sizeBytes,
    readOnly: true,
    export: {
      name: 'a disk',
      tls: null,
      cipher: null,
      blockBytes: { min: 1, max: 32 * MiB },
      flags: expect.arrayContaining(['canFlush', 'canMultiConn']) as string[],
      contexts: ['base:allocation'],
    },
    allocation: {
      dataBytes: 10 * MiB + 512,
      zeroBytes: 0,
      holeBytes: 10 * MiB,
      extents: 3,
      bytesLookedAt: sizeBytes,
    },
  })
  const inWords = await runBlocks('info', uri)
  expect(inWords.stdout).toMatch(/^export: +"a disk"$/m)
  expect(inWords.stdout).toMatch(/^connections: +several$/m)
  expect(inWords.stdout).toMatch(/^holes: +10 MiB$/m)
  expect(inWords.stdout).toMatch(new RegExp(`^size: +20 MiB \\(${sizeBytes} bytes\\)$`, 'm'))
})

test('bad arguments and troubles end with 2 and one sentence, and touch nothing', async () => {
  await using dir = await scratch()
  await writeFile(dir.path('small'), 'x')
  await writeFile(dir.path('areas'), '0 banana')
  const [from, to] = [await written(dir.path('from')), dir.path('to')]
  const cases: readonly (readonly [words: readonly string[], sentence: RegExp])[] = [
    [['copy', from], /^Copy takes <from> and <to>/],
    [['copy', from, to, '--rate', 'x'], /^--rate is a number/],
    [['copy', from, to, '--extents', dir.path('areas')], /areas, line 1: "0 banana" is not/],
    [['copy', from, to, '--over', dir.path('none')], /none: open failed, no such file or directory\.$/],
    [['copy', from, dir.path('small')], /^The target is too small: it has 1 bytes/],
    [['copy', dir.path('none'), to], /^Source file .*none: open failed with ENOENT/],
    [['copy', `nbd+unix:///?socket=${dir.path('s')}`, to], /^Source nbd .*ENOENT/],
    [['copy', from, `file://${from}`], /^Both names lead to the same disk\.$/],
    [['verify', from, dir.path('small')], /^Digest file .*small is truncated/],
    [['info', dir.path('')], /EISDIR/],
  ]
  for (const [words, sentence] of cases) {
    const { status, stdout, stderr } = await runBlocks(...words)
    expect({ status, stdout, words }).toEqual({ status: 2, stdout: '', words })
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr.trim()).toMatch(sentence)
  }
  // Of the processes there are one for each status: this one for trouble.
  const started = await startBlocks('copy', from).ended
  expect(started).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(cases[0]![1]) as string,
  })
  expect((await readdir(dir.path(''))).sort()).toEqual(['areas', 'from', 'small'])
})

test('through the bootstrap: paths are the caller’s, and stdout has the result alone', async () => {
  await using dir = await scratch()
  await mkdir(dir.path('here'))
  await written(dir.path('here/disk'))
  const bootstrap = join(__dirname, '../../../dev/bootstrap.mjs')
  const child = spawn(process.execPath, [bootstrap, 'blocks', 'info', 'disk', '--json'], {
    cwd: dir.path('here'),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(json(stdout)).toMatchObject({ kind: 'file', sizeBytes })
})

test('without --digests there is no digest file', async () => {
  await using dir = await scratch()
  const copied = await runBlocks('copy', await written(dir.path('from')), dir.path('to'))
  expect(copied).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Copied 20 MiB in/) as string })
  await expect(access(dir.path('to'))).resolves.toBeUndefined()
  expect((await readdir(dir.path(''))).sort()).toEqual(['from', 'to'])
})
