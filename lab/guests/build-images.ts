import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeBootDisk } from './boot-disk.js'
import { writeExt4Disk, writeNtfsDisk } from './data-disks.js'
import { demoDisks, demoRecipe, writeDemoExt4, writeDemoNtfs } from './demo-disks.js'
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

/** Sparse images of the demo's VM, big enough that its backup can be watched. */
export interface DemoImages {
  /** 3.75 GiB ext4 with 512 MiB in files. */
  readonly ext4: string
  /** 4.75 GiB NTFS with 256 MiB in files. */
  readonly ntfs: string
}

export interface BuildGuestImagesOptions {
  readonly outDir: string
  /** Where the kernel package stays unpacked; `<outDir>/cache` by default. */
  readonly cacheDir?: string
  /** Builds the demo's images, too (800 MiB on disk); by default where a `cacheDir` says that all this is kept. */
  readonly demo?: boolean
  /** Called only when something is really built. */
  readonly log?: (line: string) => void
}

// Count up when a step changes what the small images hold.
const recipe = 1

/**
 * Builds the practice VMs' disks from Debian packages, without mounting and without installing a kernel.
 * Idempotent: with the same recipe nothing is done. Fails with the failing tool's own words.
 */
export const buildGuestImages = async (options: BuildGuestImagesOptions): Promise<GuestImages> => {
  const { outDir, cacheDir, demo = cacheDir !== undefined } = options
  const images = {
    boot: join(outDir, 'boot.raw'),
    dataExt4: join(outDir, 'data-ext4.raw'),
    ntfs: join(outDir, 'ntfs.raw'),
  }
  await buildOnce(join(outDir, 'images.stamp'), { recipe, scripts }, images, async (made, workDir) => {
    options.log?.('fetching the guest kernel')
    const kernel = await provideKernel(cacheDir ?? join(outDir, 'cache'))
    options.log?.(`building guest disks with Linux ${kernel.release}`)
    await writeBootDisk(kernel, workDir, made.boot)
    await writeExt4Disk(workDir, made.dataExt4)
    await writeNtfsDisk(workDir, made.ntfs)
  })
  if (demo) await buildDemoImages(options)
  return images
}

/** Idempotent, as `buildGuestImages`; some ten seconds when there is something to do. */
export const buildDemoImages = async ({
  outDir,
  log,
}: Pick<BuildGuestImagesOptions, 'outDir' | 'log'>): Promise<DemoImages> => {
  const images = { ext4: join(outDir, 'demo-ext4.raw'), ntfs: join(outDir, 'demo-ntfs.raw') }
  await buildOnce(join(outDir, 'demo.stamp'), demoRecipe, images, async (made, workDir) => {
    log?.('building the disks of the demo')
    await writeDemoExt4(demoDisks.ext4, workDir, made.ext4)
    await writeDemoNtfs(demoDisks.ntfs, workDir, made.ntfs)
  })
  return images
}

/** Runs `build` unless the stamp names this very recipe; the images take their places only when all are made. */
const buildOnce = async <Images extends Record<string, string>>(
  stampFile: string,
  ingredients: unknown,
  images: Images,
  build: (made: Images, workDir: string) => Promise<void>,
): Promise<void> => {
  const stamp = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')
  if (await isBuilt(stampFile, stamp, images)) return
  const outDir = dirname(stampFile)
  await mkdir(outDir, { recursive: true })
  const workDir = await mkdtemp(join(outDir, 'building-'))
  const inWork = (file: string): string => join(workDir, basename(file))
  try {
    const made = Object.fromEntries(Object.entries(images).map(([key, file]) => [key, inWork(file)]))
    await build(made as Images, workDir)
    // Without a stamp a mixture of old and new images cannot pass for either.
    await rm(stampFile, { force: true })
    for (const file of Object.values(images)) await rename(inWork(file), file)
    await writeFile(stampFile, stamp)
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

const isBuilt = async (
  stampFile: string,
  stamp: string,
  images: Readonly<Record<string, string>>,
): Promise<boolean> => {
  if ((await readFile(stampFile, 'utf8').catch(() => '')) !== stamp) return false
  const there = await Promise.all(
    Object.values(images).map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  )
  return there.every(Boolean)
}
