import { readFile, stat } from 'node:fs/promises'

// SO_ACCEPTCON in the flags column of /proc/net/unix.
const listeningFlag = 0x10000

/**
 * Whether somebody listens on a unix socket, without connecting to it: a probe connection would use up the one
 * client of a server that serves one, and abrupt ends upset nbdkit.
 */
export const isListening = async (socketPath: string): Promise<boolean> => {
  // The table also lists sockets whose file was removed: those of a stray that had the same path.
  const file = await stat(socketPath).catch(() => undefined)
  if (file?.isSocket() !== true) return false
  const table = await readFile('/proc/net/unix', 'utf8')
  return table.split('\n').some((line) => {
    if (!line.endsWith(` ${socketPath}`)) return false
    return (Number.parseInt(line.split(/\s+/)[3] ?? '0', 16) & listeningFlag) !== 0
  })
}
