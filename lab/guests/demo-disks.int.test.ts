import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildDemoImages, type DemoImages } from './build-images.js'
import { demoDisks } from './demo-disks.js'
import { runTool } from './run-tool.js'

const mib = 2 ** 20
let dir: string
let images: DemoImages
let built = 0

const build = (): Promise<DemoImages> => buildDemoImages({ outDir: dir, log: () => (built += 1) })
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'demo-images-'))
  images = await build()
}, 300_000)

afterAll(() => rm(dir, { recursive: true, force: true }))

test.each(['ext4', 'ntfs'] as const)('the %s is large, sparse, and full of data', async (kind) => {
  const { sizeMiB, files, fileMiB } = demoDisks[kind]
  const { size, blocks } = await stat(images[kind])
  expect(size).toBe(sizeMiB * mib)
  expect(blocks * 512).toBeGreaterThan(files * fileMiB * mib)
  expect(blocks * 512).toBeLessThan((files * fileMiB + 64) * mib)
})

test('the ext4 is sound and holds what its sums say', async () => {
  await runTool('e2fsck', ['-fn', images.ext4])
  const cat = (path: string): Promise<Buffer> => runTool('debugfs', ['-R', `cat "${path}"`, images.ext4])
  const sums = (await cat('/SHA256SUMS')).toString()
  const big = await cat('/base/16385/24577')
  expect(big).toHaveLength(demoDisks.ext4.fileMiB * mib)
  expect(sums).toContain(`${sha256(big)}  ./base/16385/24577\n`)
  expect(sums.match(/\.\/base\//g)).toHaveLength(demoDisks.ext4.files)
})

test('the NTFS holds what its sums say', async () => {
  const cat = (name: string): Promise<Buffer> => runTool('ntfscat', ['-q', '-f', images.ntfs, name])
  const sums = (await cat('SHA256SUMS')).toString()
  const last = await cat('archive-031.bin')
  expect(last).toHaveLength(demoDisks.ntfs.fileMiB * mib)
  expect(sums).toContain(`${sha256(last)}  ./archive-031.bin\n`)
  expect(sums.trim().split('\n')).toHaveLength(demoDisks.ntfs.files)
})

test('the demo has room behind them for a guest that keeps writing', async () => {
  const text = await readFile(resolve(__dirname, '..', 'scenarios', 'demo.json'), 'utf8')
  const { vms } = JSON.parse(text) as {
    vms: { name: string; disks: { image: string; size_mib: number }[] }[]
  }
  const disks = vms.find(({ name }) => name === 'pgtest2')?.disks ?? []
  expect(disks.map(({ image }) => join(dir, image))).toEqual([images.ext4, images.ntfs])
  expect(disks.map(({ size_mib }) => size_mib - demoDisks.ext4.sizeMiB)[0]).toBeGreaterThanOrEqual(128)
  expect(disks.map(({ size_mib }) => size_mib - demoDisks.ntfs.sizeMiB)[1]).toBeGreaterThanOrEqual(128)
})

test('they are built once, and again when their recipe is another', async () => {
  expect(built).toBe(1)
  const { ino } = await stat(images.ext4)
  await build()
  expect([built, (await stat(images.ext4)).ino]).toEqual([1, ino])
  await writeFile(join(dir, 'demo.stamp'), 'the stamp of another recipe')
  await build()
  expect(built).toBe(2)
  expect((await stat(images.ext4)).ino).not.toBe(ino)
}, 300_000)
