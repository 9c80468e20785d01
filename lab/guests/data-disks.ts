import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { runTool } from './run-tool.js'
import { sampleFiles, writeSampleFiles } from './sample-files.js'

const ext4MiB = 24
const ntfsMiB = 16

/** An ext4 without partitions, with some 400 files and their SHA256SUMS. */
export const writeExt4Disk = async (workDir: string, file: string): Promise<void> => {
  const root = join(workDir, 'data-root')
  await mkdir(root)
  await writeSampleFiles(root, sampleFiles(400, 'data'))
  await writeFile(file, '')
  await truncate(file, ext4MiB << 20)
  const identity = ['-L', 'TDATA', '-U', '6b1f2c60-0000-4000-8000-000000000003']
  const options = 'hash_seed=6b1f2c60-0000-4000-8000-000000000004'
  await runTool('mke2fs', ['-q', '-F', '-t', 'ext4', ...identity, '-E', options, '-d', root, file])
}

/** An NTFS with a handful of files in its root: ntfscp writes only there, one a call. */
export const writeNtfsDisk = async (workDir: string, file: string): Promise<void> => {
  const root = join(workDir, 'ntfs-root')
  await mkdir(root)
  await writeFile(file, '')
  await truncate(file, ntfsMiB << 20)
  await runTool('mkntfs', ['-q', '-F', '-f', '-L', 'TNTFS', file])
  // ntfscp takes a leading dash for an option, even after --.
  const files = sampleFiles(15, 'ntfs')
    .map(({ path, content }) => ({ path: basename(path), content }))
    .filter(({ path }) => !path.startsWith('-'))
  await writeSampleFiles(root, files)
  for (const name of [...files.map(({ path }) => path), 'SHA256SUMS']) {
    await runTool('ntfscp', ['-q', '-f', file, join(root, name), name])
  }
}
