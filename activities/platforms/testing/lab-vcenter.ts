import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Writable } from 'node:stream'
import type { Platform } from '../../../domain/platform.js'
import { openLabControl, type LabControl } from '../../../lab/control.js'
import { startVcenter, type RunningLab } from '../../../lab/start-vcenter.js'
import type { End } from '../../blocks/end.js'
import { openNbd } from '../../blocks/nbd/nbd-end.js'
import type { DiskReader } from '../platform.js'
import { labProgram } from './lab-program.js'

/** A practice vCenter of this test's own, with its guests' side and its VDDK. */
export interface LabVcenter extends AsyncDisposable {
  readonly lab: RunningLab
  readonly control: LabControl
  readonly password: string
  readonly scratchDir: string
  /** The lab as a registered platform, its certificate pinned. */
  platform(changes?: Partial<Platform>): Platform
  /** Starts the reader's nbdkit and connects to it; disposing the end stops both. */
  openReader(reader: DiskReader): Promise<End>
}

/** Starts one in a scratch directory; everything is gone when it is disposed of. */
export const startLabVcenter = async (): Promise<LabVcenter> => {
  const { binary, nbdkit } = await labProgram()
  const scratchDir = await mkdtemp(join(tmpdir(), 'sendense-lab-'))
  const password = `s3cret-${randomBytes(6).toString('hex')} & <Wört>'s`
  try {
    await makeImages(scratchDir)
    const scenario = join(process.cwd(), 'lab', 'scenarios', 'small.json')
    const lab = await startVcenter({
      binary,
      scenario,
      imagesDir: scratchDir,
      stateDir: join(scratchDir, 'state'),
      password,
    })
    return {
      lab,
      control: openLabControl({ controlUrl: lab.controlUrl, token: lab.controlToken }),
      password,
      scratchDir,
      platform: (changes = {}) => ({ ...platformOf(lab), ...changes }),
      openReader: (reader) => openReader(nbdkit, scratchDir, reader),
      async [Symbol.asyncDispose]() {
        await lab[Symbol.asyncDispose]()
        await rm(scratchDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(scratchDir, { recursive: true, force: true })
    throw error
  }
}

// What lies on the disks does not matter here, only that there are data and holes.
const makeImages = async (directory: string): Promise<void> => {
  for (const name of ['boot.raw', 'data-ext4.raw', 'ntfs.raw']) {
    await using file = await open(join(directory, name), 'w')
    await file.truncate(20 * 1024 * 1024)
    for (const [offset, length] of [
      [0, 4096],
      [1_048_576, 300_000],
      [9_000_000, 2_000_000],
      [20_000_000, 100],
    ] as const)
      await file.write(randomBytes(length), 0, length, offset)
  }
}

const platformOf = (lab: RunningLab): Platform => ({
  id: 'platform-lab',
  name: 'practice vCenter',
  kind: 'vmware',
  host: lab.host,
  username: lab.user,
  credential_id: 'none',
  datacenter: 'DatabanxDC',
  tls: { mode: 'thumbprint', thumbprint: lab.thumbprintSha256 },
  transport: 'vddk',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
})

let sockets = 0

const openReader = async (nbdkit: string, directory: string, reader: DiskReader): Promise<End> => {
  if (reader.kind !== 'nbdkit') throw new Error('a vCenter is read through nbdkit')
  const socketPath = join(directory, `reader-${++sockets}.sock`)
  const child = spawn(nbdkit, ['-r', '-f', '-U', socketPath, ...reader.pluginArgs], {
    stdio: ['ignore', 'ignore', 'pipe', ...reader.secrets.map(() => 'pipe' as const)],
  })
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  for (const { fd, value } of reader.secrets)
    (child.stdio[fd] as Writable).on('error', () => undefined).end(value)
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await closed
  }
  try {
    await appears(socketPath, () => child.exitCode !== null)
    const end = await openNbd({ socketPath }, { side: 'source' })
    const close = end[Symbol.asyncDispose].bind(end)
    return Object.assign(end, {
      async [Symbol.asyncDispose]() {
        await close()
        await stop()
      },
    })
  } catch (error) {
    await stop()
    throw new Error(`nbdkit: ${words.trim()}`, { cause: error })
  }
}

const appears = async (path: string, gone: () => boolean): Promise<void> => {
  for (let left = 200; left > 0; left--) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return
    if (gone()) throw new Error('it ended before its socket appeared')
    await pause(25)
  }
  throw new Error('its socket did not appear')
}
