import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from './run-tool.js'

export interface GuestKernel {
  readonly release: string
  readonly vmlinuz: string
  /** Its `lib/modules/<release>`, with modules.dep. */
  readonly modulesDir: string
}

/**
 * Debian's cloud kernel, unpacked and never installed: a kernel package would rebuild the host's boot files.
 * Kept in `cacheDir/kernel`; the version is the one that apt offers at the first call.
 */
export const provideKernel = async (cacheDir: string): Promise<GuestKernel> => {
  const home = join(cacheDir, 'kernel')
  const there = await access(home).then(
    () => true,
    () => false,
  )
  if (!there) await unpackKernel(cacheDir, home)
  const [release] = await readdir(join(home, 'lib', 'modules'))
  if (release === undefined) throw new Error(`${home} holds no kernel modules; remove it and build again`)
  return {
    release,
    vmlinuz: join(home, 'boot', `vmlinuz-${release}`),
    modulesDir: join(home, 'lib', 'modules', release),
  }
}

const unpackKernel = async (cacheDir: string, home: string): Promise<void> => {
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, 'kernel-'))
  try {
    await downloadKernel(work)
    const deb = (await readdir(work)).find((name) => name.endsWith('.deb'))
    if (deb === undefined) throw new Error('apt-get download left no package behind')
    const root = join(work, 'root')
    await runTool('dpkg-deb', ['-x', join(work, deb), root])
    const [release] = await readdir(join(root, 'lib', 'modules'))
    await runTool('depmod', ['-b', root, release ?? ''])
    await rename(root, home)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const downloadKernel = async (cwd: string): Promise<void> => {
  try {
    await runTool('apt-get', ['download', await kernelPackage()], { cwd })
  } catch (error) {
    if (process.getuid?.() !== 0) throw error
    // Package lists that are empty or older than the archive: refresh once.
    await runTool('apt-get', ['update'])
    await runTool('apt-get', ['download', await kernelPackage()], { cwd })
  }
}

/** The meta package names the current one, such as linux-image-6.1.0-44-cloud-amd64. */
const kernelPackage = async (): Promise<string> => {
  const text = (await runTool('apt-cache', ['depends', 'linux-image-cloud-amd64'])).toString()
  const found = /Depends: (linux-image-[0-9]\S*)/.exec(text)
  if (found?.[1] === undefined) throw new Error('apt offers no linux-image-cloud-amd64; run apt-get update')
  return found[1]
}
