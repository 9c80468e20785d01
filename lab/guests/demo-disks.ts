import { createCipheriv, createHash } from 'node:crypto'
import { appendFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runTool } from './run-tool.js'
import { sampleFiles, writeSampleFiles } from './sample-files.js'

/** A file system with so many equal files of random content that copying it takes time enough to be watched. */
export interface BigDisk {
  readonly sizeMiB: number
  readonly files: number
  readonly fileMiB: number
  readonly seed: string
}

/** The disks of the demo's VM end behind these, so that a guest that keeps writing there leaves them whole. */
export const demoDisks = {
  ext4: { sizeMiB: 3840, files: 64, fileMiB: 8, seed: 'demo-ext4' },
  ntfs: { sizeMiB: 4864, files: 32, fileMiB: 8, seed: 'demo-ntfs' },
} as const satisfies Record<string, BigDisk>

const ext4Options = [
  ...['-q', '-F', '-t', 'ext4', '-L', 'PGDATA', '-U', '6b1f2c60-0000-4000-8000-000000000005'],
  ...['-E', 'hash_seed=6b1f2c60-0000-4000-8000-000000000006,lazy_itable_init=1,lazy_journal_init=1'],
]
const ntfsOptions = ['-q', '-F', '-f', '-L', 'ARCHIVE']

/** All that decides what the disks hold, but for the code below: count `version` up when that changes. */
export const demoRecipe = { version: 1, demoDisks, ext4Options, ntfsOptions }

/** An ext4 without partitions: small files with hard names, and big ones below `base/`. */
export const writeDemoExt4 = async (disk: BigDisk, workDir: string, file: string): Promise<void> => {
  const root = join(workDir, 'demo-root')
  await mkdir(root)
  await writeSampleFiles(root, sampleFiles(400, disk.seed))
  const sums: string[] = []
  for (let n = 0; n < disk.files; n++) {
    const name = `base/${16_384 + (n % 4)}/${24_576 + n}`
    sums.push(`${await writeBigFile(disk, n, join(root, name))}  ./${name}\n`)
  }
  await appendFile(join(root, 'SHA256SUMS'), sums.join(''))
  await writeFile(file, '')
  await truncate(file, disk.sizeMiB * mib)
  await runTool('mke2fs', [...ext4Options, '-d', root, file])
  await rm(root, { recursive: true })
}

/** An NTFS with its files in the root: ntfscp writes only there, one a call. */
export const writeDemoNtfs = async (disk: BigDisk, workDir: string, file: string): Promise<void> => {
  await writeFile(file, '')
  await truncate(file, disk.sizeMiB * mib)
  await runTool('mkntfs', [...ntfsOptions, file])
  const source = join(workDir, 'demo-file')
  const put = (name: string): Promise<unknown> => runTool('ntfscp', ['-q', '-f', file, source, name])
  const sums: string[] = []
  for (let n = 0; n < disk.files; n++) {
    const name = `archive-${String(n).padStart(3, '0')}.bin`
    sums.push(`${await writeBigFile(disk, n, source)}  ./${name}\n`)
    await put(name)
  }
  await writeFile(source, sums.join(''))
  await put('SHA256SUMS')
  await rm(source)
}

const mib = 2 ** 20
const zeros = Buffer.alloc(mib)

/** The key stream of AES from a seed: reproducible, fast, and nothing can make it smaller. Returns its SHA-256. */
const writeBigFile = async ({ seed, fileMiB }: BigDisk, n: number, path: string): Promise<string> => {
  const key = createHash('sha256').update(`${seed}#${n}`).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const content = Buffer.concat(Array.from({ length: fileMiB }, () => stream.update(zeros)))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return createHash('sha256').update(content).digest('hex')
}
