import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from './layout.js'
import { print } from './progress.js'
import { setupFailed } from './setup-failed.js'

const suffix = '.bench.ts'

/**
 * `npm run bench [-- name … setting=value …]`: runs bench/<name>.bench.ts, all when none is named, and gives each the
 * settings (`rounds=5`). Status 1 when one fails.
 */
export const bench = async (layout: Layout, args: readonly string[]): Promise<number> => {
  const settings = args.filter((arg) => arg.includes('='))
  const names = args.filter((arg) => !arg.includes('='))
  const folder = join(layout.root, 'bench')
  const present = (await readdir(folder)).filter((file) => file.endsWith(suffix)).sort()
  const known = present.map((file) => file.slice(0, -suffix.length))
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0 || known.length === 0)
    throw setupFailed(
      `There is no bench ${unknown.join(', ') || 'yet'}.`,
      `There are: ${known.join(', ') || 'none'}.`,
    )
  let status = 0
  for (const name of names.length > 0 ? names : known) {
    print(`• bench ${name}`)
    if ((await runOne(join(folder, `${name}${suffix}`), settings, layout)) !== 0) status = 1
  }
  return status
}

const runOne = (file: string, settings: readonly string[], layout: Layout): Promise<number> =>
  new Promise((resolve) => {
    const args = ['--import', 'tsx', file, ...settings]
    const child = spawn(process.execPath, args, { cwd: layout.root, stdio: 'inherit' })
    child.on('error', () => resolve(127))
    child.on('exit', (status) => resolve(status ?? 1))
  })
