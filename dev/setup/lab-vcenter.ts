import { join } from 'node:path'
import type { Layout } from '../layout.js'
import { waitForLock } from '../lock.js'
import type { StepReport } from '../progress.js'
import { setupFailed } from '../setup-failed.js'

/** Path of the practice vCenter's program; Go's own cache makes an unchanged build a matter of a second. */
export const provideLabBinary = async (layout: Layout, report: StepReport): Promise<string> => {
  await using _lock = await waitForLock(join(layout.cacheDir, 'build.lock'), 900_000)
  // Loaded only with the lab: --no-lab stands without it.
  const { buildVcenter } = await import('../../lab/build-vcenter.js')
  let words = 0
  const binary = await buildVcenter({ binDir: layout.binDir, log: () => (words += 1) }).catch(
    failWith(
      'Its modules come from the Go module proxy (GOPROXY): see that it can be reached, then run this again.',
    ),
  )
  if (words === 0) report.cached()
  return binary
}

/** Folder with the disks that the practice VMs start from. */
export const provideGuestImages = async (
  layout: Layout,
  report: StepReport,
  demo: boolean,
): Promise<string> => {
  // The guests’ kernel comes from apt, which an apt run of ours beside it would disturb.
  await using _lock = await waitForLock(join(layout.cacheDir, 'apt.lock'), 900_000)
  const { buildGuestImages } = await import('../../lab/guests/build-images.js')
  const outDir = join(layout.cacheDir, 'images')
  let words = 0
  const cacheDir = join(layout.cacheDir, 'guests')
  await buildGuestImages({ outDir, cacheDir, demo, log: () => (words += 1) }).catch(
    failWith('Their kernel comes from Debian’s packages: run apt-get update as root, then this again.'),
  )
  if (words === 0) report.cached()
  return outDir
}

/** What the lab's builders say, with what to do about it. */
const failWith =
  (remedy: string) =>
  (error: unknown): never => {
    throw setupFailed(error instanceof Error ? error.message : String(error), remedy, error)
  }
