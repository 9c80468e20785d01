import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Layout } from '../layout.js'
import { waitForLock } from '../lock.js'
import type { StepReport } from '../progress.js'
import { runCommand, tryCommand } from '../run-command.js'
import { setupFailed } from '../setup-failed.js'

export interface SystemPackage {
  readonly name: string
  /** A program of it: what is looked for where dpkg does not know the package. */
  readonly program: string
  readonly why: string
}

/** Debian names. No kernel among them: the guests' kernel is extracted from its package, never installed. */
export const basePackages: readonly SystemPackage[] = [
  { name: 'nbdkit', program: 'nbdkit', why: 'serves the source of a copy' },
  { name: 'qemu-utils', program: 'qemu-nbd', why: 'writes and compares qcow2 images' },
]

export const labPackages: readonly SystemPackage[] = [
  { name: 'qemu-system-x86', program: 'qemu-system-x86_64', why: 'boots practice guests' },
  { name: 'grub-pc-bin', program: '/usr/lib/grub/i386-pc/boot.img', why: 'makes practice guests bootable' },
  { name: 'grub-common', program: 'grub-mkimage', why: 'makes practice guests bootable' },
  { name: 'busybox-static', program: 'busybox', why: 'is the practice guests’ user land' },
  { name: 'cpio', program: 'cpio', why: 'packs the practice guests’ initramfs' },
  { name: 'ntfs-3g', program: 'ntfs-3g', why: 'makes NTFS practice disks' },
  { name: 'e2fsprogs', program: 'mke2fs', why: 'makes ext4 practice disks' },
  { name: 'fdisk', program: 'sfdisk', why: 'partitions practice disks' },
  { name: 'kmod', program: 'depmod', why: 'indexes the practice guests’ kernel modules' },
]

export const databasePackages: readonly SystemPackage[] = [
  { name: 'mariadb-server-core', program: 'mariadbd', why: 'is the database' },
  { name: 'mariadb-client-core', program: 'mariadb', why: 'looks into the database by hand' },
]

export const testPackages: readonly SystemPackage[] = [
  { name: 'libnbd-bin', program: 'nbdcopy', why: 'is what our copy engine is compared with' },
  { name: 'chromium-headless-shell', program: 'chromium-headless-shell', why: 'drives the web page' },
  { name: 'openssl', program: 'openssl', why: 'makes foreign certificates' },
  { name: 'procps', program: 'ps', why: 'lists processes to look for leftovers and secrets' },
]

/** Those that are not there, asked of dpkg and, where it has no answer, of PATH. */
export const missingPackages = async (wanted: readonly SystemPackage[]): Promise<SystemPackage[]> => {
  const names = wanted.map(({ name }) => name)
  const answer = await tryCommand('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names])
  const installed = new Set(answer.stdout.split('\n'))
  const missing: SystemPackage[] = []
  for (const candidate of wanted) {
    if (installed.has(`${candidate.name} installed`)) continue
    if (!(await hasProgram(candidate.program))) missing.push(candidate)
  }
  return missing
}

export const installCommand = (packages: readonly SystemPackage[]): string =>
  `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.map(({ name }) => name).join(' ')}`

/** Installs what is missing when root; else says the one command that does. */
export const installSystemPackages = async (
  layout: Layout,
  wanted: readonly SystemPackage[],
  report: StepReport,
  signal: AbortSignal,
): Promise<void> => {
  if ((await missingPackages(wanted)).length === 0) return report.cached()
  // An apt of another process may remove the archives that ours has just downloaded: one at a time.
  await using _lock = await waitForLock(join(layout.cacheDir, 'apt.lock'), 900_000)
  const missing = await missingPackages(wanted)
  if (missing.length === 0) return report.cached()
  const named = missing.map(({ name }) => name).join(', ')
  if (process.getuid?.() !== 0)
    throw setupFailed(`System packages are missing: ${named}.`, `Run: ${installCommand(missing)}`)
  if (!(await hasProgram('apt-get')))
    throw setupFailed(
      `System packages are missing (Debian names): ${named}.`,
      'Install their like from your system.',
    )
  await aptInstall(missing, signal)
}

/** Asks nothing, keeps the machine's own configuration files and lets needrestart restart none of its services. */
const aptInstall = async (missing: readonly SystemPackage[], signal: AbortSignal): Promise<void> => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' }
  const keep = ['--force-confdef', '--force-confold']
  const settings = ['DPkg::Lock::Timeout=300', ...keep.map((option) => `Dpkg::Options::=${option}`)]
  const flags = ['-y', '--no-install-recommends', ...settings.flatMap((setting) => ['-o', setting])]
  // Install has the last word on both: a source that cannot be read may not be the one that is needed, and
  // dpkg has something to make good only after an installation that was killed half way.
  await tryCommand('dpkg', ['--configure', '-a', ...keep], { env })
  await tryCommand('apt-get', ['update', ...flags], { env, signal })
  signal.throwIfAborted()
  // Ctrl-C waits for this one: a killed dpkg leaves the whole machine with half-installed packages.
  await runCommand('apt-get', ['install', ...flags, ...missing.map(({ name }) => name)], {
    env,
    remedy: 'See that `apt-get update` reaches Debian’s packages, then run the same command again.',
  })
  signal.throwIfAborted()
}

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** An absolute path, or a program on PATH or in the system's folders (a user's PATH often lacks sbin). */
const hasProgram = async (program: string): Promise<boolean> => {
  const searched = [...(process.env['PATH'] ?? '').split(delimiter), ...folders]
  const candidates = program.startsWith('/') ? [program] : searched.map((folder) => join(folder, program))
  for (const candidate of candidates) {
    const found = await access(candidate, program.startsWith('/') ? constants.F_OK : constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}
