import { copyFile, mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installBusybox } from './busybox.js'
import { dhcpScript, grubConfig, grubEarlyConfig, guestInit, powerButton } from './guest-scripts.js'
import { writeInitramfs } from './initramfs.js'
import type { GuestKernel } from './kernel.js'
import { runTool } from './run-tool.js'
import { sampleFiles, writeSampleFiles } from './sample-files.js'

const diskMiB = 64
const partitionOffset = 1 << 20
const bootCodeBytes = 440 // the rest of the first sector is the partition table
const sectorBytes = 512
const grubDir = '/usr/lib/grub/i386-pc'
const grubModules = [
  'biosdisk',
  'part_msdos',
  'ext2',
  'linux',
  'normal',
  'configfile',
  'serial',
  'terminal',
  'echo',
]

/** A disk that boots by itself under any BIOS: grub in the gap, one ext4 partition; nothing is ever mounted. */
export const writeBootDisk = async (kernel: GuestKernel, workDir: string, file: string): Promise<void> => {
  const root = join(workDir, 'boot-root')
  await fillRoot(kernel, workDir, root)
  await writeFile(file, '')
  await truncate(file, diskMiB << 20)
  await runTool('sfdisk', ['--quiet', file], { input: 'label: dos\n2048,,83,*\n' })
  const options = `offset=${partitionOffset},hash_seed=6b1f2c60-0000-4000-8000-000000000001`
  const identity = ['-L', 'TROOT', '-U', '6b1f2c60-0000-4000-8000-000000000002']
  const size = `${(diskMiB - 1) * 1024}k`
  await runTool('mke2fs', ['-q', '-F', '-t', 'ext4', ...identity, '-E', options, '-d', root, file, size])
  await installGrub(workDir, file)
}

const fillRoot = async (kernel: GuestKernel, workDir: string, root: string): Promise<void> => {
  const dirs = ['bin', 'sbin', 'boot/grub', 'proc', 'sys', 'dev', 'tmp', 'data', 'etc/acpi/PWRF']
  for (const dir of dirs) await mkdir(join(root, dir), { recursive: true })
  await installBusybox(join(root, 'bin'))
  await writeFile(join(root, 'sbin/guest-init'), guestInit, { mode: 0o755 })
  await writeFile(join(root, 'sbin/dhcp-script'), dhcpScript, { mode: 0o755 })
  await writeFile(join(root, 'etc/acpi/PWRF/00000080'), powerButton, { mode: 0o755 })
  await writeFile(join(root, 'boot/grub/grub.cfg'), grubConfig)
  await copyFile(kernel.vmlinuz, join(root, 'boot/vmlinuz'))
  await writeInitramfs(kernel, workDir, join(root, 'boot/initrd.img'))
  await writeSampleFiles(join(root, 'data'), sampleFiles(40, 'boot'))
}

/** boot.img into the first 440 bytes, core.img into the gap before the partition: its default block list fits. */
const installGrub = async (workDir: string, file: string): Promise<void> => {
  const early = join(workDir, 'early.cfg')
  const core = join(workDir, 'core.img')
  await writeFile(early, grubEarlyConfig)
  const where = ['-O', 'i386-pc', '-c', early, '-o', core, '-p', '(hd0,msdos1)/boot/grub']
  await runTool('grub-mkimage', [...where, ...grubModules])
  const coreBytes = await readFile(core)
  if (coreBytes.length > partitionOffset - sectorBytes) {
    throw new Error(`grub's core image has ${coreBytes.length} bytes and does not fit before the partition`)
  }
  const disk = await open(file, 'r+')
  try {
    const bootCode = (await readFile(join(grubDir, 'boot.img'))).subarray(0, bootCodeBytes)
    await disk.write(bootCode, 0, bootCode.length, 0)
    await disk.write(coreBytes, 0, coreBytes.length, sectorBytes)
  } finally {
    await disk.close()
  }
}
