import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBootDisk } from './boot-disk.js'
import { writeExt4Disk, writeNtfsDisk } from './data-disks.js'
import * as scripts from './guest-scripts.js'
import { provideKernel } from './kernel.js'

/** Absolute or `outDir`-relative paths of the raw images, as given. */
export interface GuestImages {
  /** 64 MiB, boots by itself (BIOS), prints TINY-UP on its first serial port. */
  readonly boot: string
  /** 24 MiB ext4 with about 400 files. */
  readonly dataExt4: string
  /** 16 MiB NTFS with a handful of files. */
  readonly ntfs: string
}

export interface BuildGuestImagesOptions {
  readonly outDir: string
  /** Where the kernel package stays unpacked; `<outDir>/cache` by default. */
  readonly cacheDir?: string
  /** Called only when something is really built. */
  readonly log?: (line: string) => void
}

// Count up when a step changes what the images hold.
const recipe = 1

/**
 * Builds the practice VMs' disks from Debian packages, without mounting and without installing a kernel.
 * Idempotent: with the same recipe nothing is done. Fails with the failing tool's own words.
 */
export const buildGuestImages = async (options: BuildGuestImagesOptions): Promise<GuestImages> => {
  const images: GuestImages = {
    boot: join(options.outDir, 'boot.raw'),
    dataExt4: join(options.outDir, 'data-ext4.raw'),
    ntfs: join(options.outDir, 'ntfs.raw'),
  }
  const stampFile = join(options.outDir, 'images.stamp')
  const stamp = createHash('sha256').update(JSON.stringify({ recipe, scripts })).digest('hex')
  if (await isBuilt(stampFile, stamp, images)) return images
  await mkdir(options.outDir, { recursive: true })
  const workDir = await mkdtemp(join(options.outDir, 'building-'))
  try {
    options.log?.('fetching the guest kernel')
    const kernel = await provideKernel(options.cacheDir ?? join(options.outDir, 'cache'))
    options.log?.(`building guest disks with Linux ${kernel.release}`)
    const made = (file: string): string => join(workDir, file)
    await writeBootDisk(kernel, workDir, made('boot.raw'))
    await writeExt4Disk(workDir, made('data-ext4.raw'))
    await writeNtfsDisk(workDir, made('ntfs.raw'))
    await rename(made('boot.raw'), images.boot)
    await rename(made('data-ext4.raw'), images.dataExt4)
    await rename(made('ntfs.raw'), images.ntfs)
    await writeFile(stampFile, stamp)
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
  return images
}

const isBuilt = async (stampFile: string, stamp: string, images: GuestImages): Promise<boolean> => {
  if ((await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) return false
  const there = await Promise.all(
    Object.values(images).map((file: string) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  )
  return there.every(Boolean)
}
