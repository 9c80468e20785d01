import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SocketDir extends AsyncDisposable {
  readonly path: string
  /** The folder to remove with the leftovers when it lies outside the home; else null. */
  readonly temporary: string | null
}

// A unix socket's path ends at 107 bytes; what the worker adds (a disk, an attempt) takes up to 50 of them.
const longestPath = 50

/** A folder for unix sockets: run/sockets when its path is short enough, else a temporary one. */
export const openSocketDir = async (runDir: string): Promise<SocketDir> => {
  const usual = join(runDir, 'sockets')
  if (usual.length <= longestPath) {
    await mkdir(usual, { recursive: true, mode: 0o711 })
    return { path: usual, temporary: null, [Symbol.asyncDispose]: async () => undefined }
  }
  const path = await mkdtemp(join(tmpdir(), 'sendense-run-'))
  return { path, temporary: path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
