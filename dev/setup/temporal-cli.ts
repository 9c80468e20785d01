import { join } from 'node:path'
import type { Layout } from '../layout.js'
import { waitForLock } from '../lock.js'
import type { StepReport } from '../progress.js'
import { runCommand, tryCommand } from '../run-command.js'
import { setupFailed } from '../setup-failed.js'

export interface TemporalCli {
  readonly path: string
  readonly serverVersion: string
}

// The last release that `go install` can build: later ones carry a `replace`, which it refuses.
const goPackage = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'
const oldestServer = [1, 29] as const

/** `temporal` on PATH, else the cached one, else built from the Go module proxy (some minutes, once). */
export const provideTemporalCli = async (
  layout: Layout,
  report: StepReport,
  signal: AbortSignal,
): Promise<TemporalCli> => {
  const cached = join(layout.binDir, 'temporal')
  const present = (await usableCli('temporal')) ?? (await usableCli(cached))
  if (present !== undefined) {
    report.cached()
    return present
  }
  await using _lock = await waitForLock(join(layout.cacheDir, 'build.lock'), 900_000)
  const builtMeanwhile = await usableCli(cached)
  if (builtMeanwhile !== undefined) return builtMeanwhile
  process.stdout.write('built from source once, some minutes … ')
  await runCommand('go', ['install', goPackage], {
    cwd: layout.cacheDir,
    env: { ...process.env, GOBIN: layout.binDir },
    signal,
    remedy:
      'See that the Go module proxy (GOPROXY) can be reached, then run the same command again. Or put a `temporal` program on PATH.',
  })
  const built = await usableCli(cached)
  if (built === undefined)
    throw setupFailed(`${cached} was built but does not run.`, `Try it by hand: ${cached} --version`)
  return built
}

/** The program and its server's version, if it runs and is new enough. */
export const usableCli = async (path: string): Promise<TemporalCli | undefined> => {
  const answer = await tryCommand(path, ['--version'], { timeoutMs: 20_000 })
  const match = /Server (\d+)\.(\d+)(\.\d+)?/.exec(answer.stdout)
  if (answer.status !== 0 || match === null) return undefined
  const [major, minor] = [Number(match[1]), Number(match[2])]
  const isNewEnough = major > oldestServer[0] || (major === oldestServer[0] && minor >= oldestServer[1])
  return isNewEnough ? { path, serverVersion: `${major}.${minor}${match[3] ?? ''}` } : undefined
}
