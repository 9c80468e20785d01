import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from '../layout.js'
import { waitForLock } from '../lock.js'
import type { StepReport } from '../progress.js'
import { runCommand } from '../run-command.js'

// All that ends up in the page: its own sources, and the contract and nouns that it imports.
const sources = ['web', 'api/contract', 'domain', 'package-lock.json']

/** Builds the web page into the cache, in a folder named by the hash of its sources. Returns that folder. */
export const buildWebPage = async (
  layout: Layout,
  report: StepReport,
  signal: AbortSignal,
): Promise<string> => {
  const folder = join(layout.cacheDir, 'web')
  const built = join(folder, await hashOf(layout.root))
  if (await hasPage(built)) {
    report.cached()
    return built
  }
  await using _lock = await waitForLock(join(layout.cacheDir, 'web.lock'), 600_000)
  if (await hasPage(built)) return built
  await removeOldPages(folder)
  const draft = `${built}.draft`
  const vite = join(layout.root, 'node_modules', 'vite', 'bin', 'vite.js')
  const args = [
    'build',
    'web',
    '--config',
    'web/vite.config.ts',
    '--outDir',
    draft,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ]
  await runCommand(process.execPath, [vite, ...args], { cwd: layout.root, signal })
  await rename(draft, built)
  return built
}

/** Keeps the two newest: a running instance may be serving one of them. */
const removeOldPages = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  const pages = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, made: (await stat(join(folder, name))).mtimeMs })),
  )
  for (const { name } of pages.sort((a, b) => b.made - a.made).slice(2))
    await rm(join(folder, name), { recursive: true, force: true })
}

const hasPage = (folder: string): Promise<boolean> =>
  stat(join(folder, 'index.html')).then(
    () => true,
    () => false,
  )

const hashOf = async (root: string): Promise<string> => {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of await filesBelow(root, source))
      hash.update(`${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}

const skipped = /^(dist|node_modules|e2e)$|\.test\.tsx?$/

const filesBelow = async (root: string, path: string): Promise<string[]> => {
  if ((await stat(join(root, path))).isFile()) return [path]
  const files: string[] = []
  for (const name of (await readdir(join(root, path))).sort())
    if (!skipped.test(name)) files.push(...(await filesBelow(root, join(path, name))))
  return files
}
