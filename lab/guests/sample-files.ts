import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface SampleFile {
  readonly path: string
  readonly content: Buffer
}

/** Files with reproducible content: names that hurt, empty ones, and sizes around block boundaries. */
export const sampleFiles = (count: number, seed: string): SampleFile[] => {
  const special = [
    'empty',
    'with space.txt',
    "o'brien.txt",
    'Büro-サーバ.txt',
    'deep/er/and/deeper/file',
    '-dash',
  ]
  const files: SampleFile[] = special.map((path, index) => ({
    path,
    content: path === 'empty' ? Buffer.alloc(0) : contentOf(`${seed}/${path}`, 100 + index),
  }))
  for (let n = files.length; n < count; n++) {
    const path = `dir-${n % 13}/file-${String(n).padStart(4, '0')}.bin`
    files.push({ path, content: contentOf(`${seed}/${path}`, sizeOf(n)) })
  }
  return files
}

/** Writes them with a SHA256SUMS beside; the sums' format is sha256sum's. */
export const writeSampleFiles = async (dir: string, files: readonly SampleFile[]): Promise<void> => {
  const sums: string[] = []
  for (const { path, content } of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content)
    sums.push(`${createHash('sha256').update(content).digest('hex')}  ./${path}\n`)
  }
  await writeFile(join(dir, 'SHA256SUMS'), sums.join(''))
  await symlink('with space.txt', join(dir, 'link-to-file'))
}

const sizeOf = (n: number): number => [4096, 4095, 4097, 65_536, 512, 20_000, 1, 9000][n % 8] ?? 4096

const contentOf = (seed: string, size: number): Buffer => {
  const blocks: Buffer[] = []
  for (let n = 0; n * 32 < size; n++) blocks.push(createHash('sha256').update(`${seed}#${n}`).digest())
  return Buffer.concat(blocks).subarray(0, size)
}
