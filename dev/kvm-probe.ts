import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLines, tryCommand } from './run-command.js'

export type KvmProbe = { readonly works: true } | { readonly works: false; readonly reason: string }

// mov al,0x10; mov dx,0xf4; out dx,al; hlt; jmp back: the first sector that a BIOS boots, telling QEMU's
// isa-debug-exit device to end with status 0x10 * 2 + 1.
const program = Uint8Array.of(0xb0, 0x10, 0xba, 0xf4, 0x00, 0xee, 0xf4, 0xeb, 0xfd)
const expectedStatus = 33

/**
 * Boots nine bytes of code. A /dev/kvm that can be opened proves little: some hosts accept guests that then never
 * run an instruction. `tcg` is for the probe's own test.
 */
export const probeKvm = async (accelerator: 'kvm' | 'tcg', timeoutMs = 8000): Promise<KvmProbe> => {
  const folder = await mkdtemp(join(tmpdir(), 'sendense-kvm-'))
  try {
    const disk = join(folder, 'boot')
    await writeFile(disk, bootSector())
    const machine = [
      '-machine',
      'pc',
      '-m',
      '32',
      '-nodefaults',
      '-no-user-config',
      '-display',
      'none',
      '-no-reboot',
    ]
    const devices = [
      '-device',
      'isa-debug-exit,iobase=0xf4,iosize=0x04',
      '-drive',
      `file=${disk},format=raw,if=ide`,
    ]
    const args = ['-accel', accelerator, ...machine, ...devices]
    const answer = await tryCommand('qemu-system-x86_64', args, { timeoutMs })
    if (answer.status === expectedStatus) return { works: true }
    return { works: false, reason: reasonOf(answer.status, answer.stderr, timeoutMs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const bootSector = (): Uint8Array => {
  const sector = new Uint8Array(512)
  sector.set(program)
  sector.set([0x55, 0xaa], 510)
  return sector
}

const reasonOf = (status: number, stderr: string, timeoutMs: number): string => {
  if (status === 127) return 'qemu-system-x86_64 is not installed'
  if (status === 137) return `a guest ran no instruction within ${timeoutMs / 1000} s`
  return lastLines(stderr, 1).trim() || `qemu ended with status ${status}`
}
