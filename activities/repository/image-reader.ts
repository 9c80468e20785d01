import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { End } from '../blocks/end.js'
import { openNbd } from '../blocks/nbd/nbd-end.js'
import type { NbdEnd } from '../blocks/nbd/nbd-end.js'
import { qemuNbdReader } from '../processes/qemu-nbd-target.js'
import { spawnChild } from '../processes/spawn-child.js'
import { ProcessError } from '../processes/process-error.js'
import { Failure } from '../../domain/failure.js'
import type { RepositoryDependencies } from './dependencies.js'

export interface OpenImageInput {
  readonly image: string
  readonly backupId: string
  readonly diskId: string
  readonly signal?: AbortSignal
}

const readyTimeoutMs = 30_000
/** What a qemu-nbd that cannot open its image needs to say so and end, on a busy machine. */
const lastWordsMs = 5000

/** Readers of a point are nobody's copy: a sweep that looks for a job's movers leaves them alone. */
export const readerOwner = (backupId: string): string => `read:${backupId}`

/**
 * Opens an image with its whole chain, read-only: a qemu-nbd of its own behind an NBD client. Disposing the end ends
 * both. Throws `point-damaged` for an image that cannot be opened, else a ProcessError or an EndError; nothing is left
 * then.
 */
export const openImage = async (
  { guard, runDir, programs }: Pick<RepositoryDependencies, 'guard' | 'runDir' | 'programs'>,
  { image, backupId, diskId, signal }: OpenImageInput,
): Promise<End> => {
  const name = `read-${randomBytes(6).toString('hex')}`
  const socketPath = path.join(runDir, `${name}.sock`)
  const exportName = 'disk'
  const cancel = signal === undefined ? {} : { signal }
  const server = await spawnChild({
    guard,
    program: programs.qemuNbd,
    args: qemuNbdReader({ socketPath, exportName, file: image }),
    name,
    owner: { jobId: readerOwner(backupId), diskId, attemptNo: 0 },
    readiness: { socketPath },
    readyTimeoutMs,
    ...cancel,
  }).catch((error: unknown) => {
    throw isRefusedImage(error) ? unreadable(backupId, error.stderrTail, error) : error
  })
  try {
    const end = await openNbd({ socketPath }, { exportName, connections: 2, side: 'source', ...cancel })
    return withServer(end, server)
  } catch (error) {
    // qemu-nbd listens before it looks at the image: what it cannot open, it says after its first client came.
    const ended = await Promise.race([server.exited, sleep(lastWordsMs, undefined, { ref: false })])
    const said = server.stderrTail()
    await server[Symbol.asyncDispose]()
    throw ended?.code === 1 ? unreadable(backupId, said, error) : error
  }
}

// 1: qemu-nbd's word for an image that it cannot open; 126 and 127 say that the program is not there.
const isRefusedImage = (error: unknown): error is ProcessError =>
  error instanceof ProcessError && error.problem === 'exited' && error.exitCode === 1

const unreadable = (backupId: string, stderrTail: string, cause: unknown): Failure => {
  const said = stderrTail.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  return new Failure('point-damaged', `An image of point ${backupId} cannot be opened: ${said}`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Verify the other points of this VM and back it up again in full.',
    cause,
  })
}

const withServer = (end: NbdEnd, server: AsyncDisposable): End => ({
  sizeBytes: end.sizeBytes,
  readOnly: end.readOnly,
  describe: end.describe,
  read: (offset, length, stop) => end.read(offset, length, stop),
  readInto: (offset, into, stop) => end.readInto(offset, into, stop),
  status: (offset, length, stop) => end.status(offset, length, stop),
  bytesMoved: () => end.bytesMoved(),
  [Symbol.asyncDispose]: async () => {
    try {
      await end[Symbol.asyncDispose]()
    } finally {
      await server[Symbol.asyncDispose]()
    }
  },
})
