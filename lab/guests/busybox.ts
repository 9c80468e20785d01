import { chmod, copyFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from './run-tool.js'

const busyboxProgram = '/bin/busybox'

/** Copies the host's static busybox with a link for each of its commands. */
export const installBusybox = async (binDir: string): Promise<void> => {
  await copyFile(busyboxProgram, join(binDir, 'busybox'))
  await chmod(join(binDir, 'busybox'), 0o755)
  const commands = (await runTool(busyboxProgram, ['--list'])).toString().split('\n').filter(Boolean)
  for (const command of commands) {
    if (command !== 'busybox') await symlink('busybox', join(binDir, command))
  }
}
