import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where everything lives under one SENDENSE_HOME. */
export interface Layout {
  readonly root: string
  readonly home: string
  /** Built and extracted tools; may be deleted at any time. */
  readonly cacheDir: string
  readonly binDir: string
  /** What must survive a restart: databases, keys, repositories, the lab's disks. */
  readonly stateDir: string
  readonly keysDir: string
  /** What belongs to one run: lock, process records, logs, sockets. */
  readonly runDir: string
  readonly logsDir: string
  readonly endpointsFile: string
  readonly lockFile: string
  readonly childrenFile: string
}

export const layoutOf = (root: string, home: string, cacheDir: string): Layout => {
  const runDir = join(home, 'run')
  const stateDir = join(home, 'state')
  return {
    root,
    home,
    cacheDir,
    binDir: join(cacheDir, 'bin'),
    stateDir,
    keysDir: join(stateDir, 'keys'),
    runDir,
    logsDir: join(runDir, 'logs'),
    endpointsFile: join(home, 'endpoints.json'),
    lockFile: join(runDir, 'lock'),
    childrenFile: join(runDir, 'children.json'),
  }
}

/** Makes the folders. Secrets live below state/ and run/, so others get no look in. */
export const makeFolders = async (layout: Layout): Promise<void> => {
  for (const folder of [layout.home, layout.cacheDir, layout.binDir]) await mkdir(folder, { recursive: true })
  await mkdir(layout.stateDir, { recursive: true, mode: 0o711 })
  await mkdir(layout.runDir, { recursive: true, mode: 0o711 })
  await mkdir(layout.keysDir, { recursive: true, mode: 0o700 })
  await mkdir(layout.logsDir, { recursive: true, mode: 0o700 })
}
