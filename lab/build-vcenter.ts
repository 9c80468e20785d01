import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export interface BuildVcenterOptions {
  /** Where the program goes; `<binDir>/vddk/nbdkit` becomes a link to it. */
  readonly binDir: string
  /** Folder of the Go module; the one beside this file's folder by default. */
  readonly sourceDir?: string
  /** Called only when something is really built. */
  readonly log?: (line: string) => void
}

const run = promisify(execFile)
// The flags are part of Go's cache key: changing them costs a whole new build.
const goFlags = ['build', '-trimpath', '-buildvcs=false']

/**
 * Builds the practice vCenter unless its sources are the ones of the last build; returns the program's path.
 * Fails with the compiler's words. Needs Go 1.25 or newer on PATH.
 */
export const buildVcenter = async (options: BuildVcenterOptions): Promise<string> => {
  const sourceDir = options.sourceDir ?? join(process.cwd(), 'lab', 'vcenter')
  const binary = join(options.binDir, 'lab-vcenter')
  const stampFile = `${binary}.sources`
  const stamp = await hashOfSources(sourceDir)
  const old = await readFile(stampFile, 'utf8').catch(() => '')
  if (old !== stamp) {
    options.log?.('building the practice vCenter with Go (about a minute the first time)')
    await mkdir(options.binDir, { recursive: true })
    await compile(sourceDir, `${binary}.new`)
    await rename(`${binary}.new`, binary)
    await writeFile(stampFile, stamp)
  }
  await linkWrapper(options.binDir, binary)
  return binary
}

const compile = async (sourceDir: string, output: string): Promise<void> => {
  try {
    await run('go', [...goFlags, '-o', output, '.'], {
      cwd: sourceDir,
      env: { ...process.env, GOFLAGS: '-mod=readonly' },
      maxBuffer: 16 << 20,
    })
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw new Error(`The practice vCenter could not be built: ${words.trim().slice(-4000)}`, { cause: error })
  }
}

/** The real nbdkit is found by its name; so is the one that plays its VDDK plugin. */
const linkWrapper = async (binDir: string, binary: string): Promise<void> => {
  const link = join(binDir, 'vddk', 'nbdkit')
  await mkdir(dirname(link), { recursive: true })
  const fresh = `${link}.${process.pid}.new`
  await rm(fresh, { force: true })
  await symlink(binary, fresh)
  await rename(fresh, link)
}

const hashOfSources = async (sourceDir: string): Promise<string> => {
  const hash = createHash('sha256').update(goFlags.join(' '))
  const names = (await readdir(sourceDir)).filter((name) => isSource(name)).sort()
  for (const name of names) {
    hash.update(`\n${name}\n`).update(await readFile(join(sourceDir, name)))
  }
  return hash.digest('hex')
}

const isSource = (name: string): boolean =>
  name === 'go.mod' || name === 'go.sum' || (name.endsWith('.go') && !name.endsWith('_test.go'))
