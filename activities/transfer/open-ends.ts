import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { End, WritableEnd } from '../blocks/end.js'
import { openNbd } from '../blocks/nbd/nbd-end.js'
import type { Places } from '../blocks/places.js'
import type { DiskReader } from '../platforms/platform.js'
import type { ChildOwner } from '../processes/child-record.js'
import { nbdkitSource } from '../processes/nbdkit-source.js'
import { ProcessError } from '../processes/process-error.js'
import { qemuNbdTarget } from '../processes/qemu-nbd-target.js'
import { spawnChild } from '../processes/spawn-child.js'
import type { TransferDependencies } from './dependencies.js'

const readyTimeoutMs = 30_000
// Two connections a side, eight requests in flight on each: more won nothing when it was measured.
const connections = 2
const exportName = 'disk'
/** What a source in the middle of a read may take to end: nobody waits for the answer any more. */
const abortedGraceMs = 300
const graceMs = 2000

/** An end of a copy together with the server behind it: disposing closes both, the end first. */
export interface OpenEnd<E extends End> extends AsyncDisposable {
  readonly end: E
}

/** Opens the snapshot's disk for reading: through an nbdkit of ours, whose connections take places, or in this process. */
export async function openSource(
  dependencies: TransferDependencies,
  reader: DiskReader,
  owner: ChildOwner,
  signal: AbortSignal,
  places: Places,
): Promise<OpenEnd<End>> {
  if (reader.kind === 'end') {
    const end = await reader.open()
    return { end, [Symbol.asyncDispose]: () => Promise.resolve(end[Symbol.asyncDispose]()) }
  }
  const socketPath = socketOf(dependencies, owner, 's')
  const server = await spawnChild({
    guard: dependencies.guard,
    program: dependencies.programs.nbdkit,
    args: nbdkitSource({ socketPath, pluginArgs: reader.pluginArgs }),
    name: `${owner.diskId}.${owner.attemptNo}.source`,
    secrets: reader.secrets,
    owner,
    readiness: { socketPath },
    signal,
    readyTimeoutMs,
    graceMs: () => (signal.aborted ? abortedGraceMs : graceMs),
  }).catch((cause: unknown) => {
    throw cause instanceof ProcessError ? transportFailed(reader.transport, cause) : cause
  })
  const source = await withServer(server, () =>
    openNbd({ socketPath }, { connections, side: 'source', signal, places }),
  )
  const endBoth = async (): Promise<void> => {
    // Replies on their way are not waited for: the server goes first, and they with it.
    if (signal.aborted) await server[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
  }
  return { end: source.end, [Symbol.asyncDispose]: endBoth }
}

/** Opens the backup's image for writing, through a qemu-nbd of ours. */
export async function openTarget(
  { guard, programs, runDir }: TransferDependencies,
  image: string,
  owner: ChildOwner,
  signal: AbortSignal,
): Promise<OpenEnd<WritableEnd>> {
  const socketPath = socketOf({ runDir }, owner, 't')
  const server = await spawnChild({
    guard,
    program: programs.qemuNbd,
    args: qemuNbdTarget({ socketPath, exportName, file: image }),
    name: `${owner.diskId}.${owner.attemptNo}.target`,
    owner,
    readiness: { socketPath },
    signal,
    readyTimeoutMs,
  })
  return await withServer(server, () =>
    openNbd({ socketPath }, { exportName, connections, side: 'target', signal }),
  )
}

async function withServer<E extends End>(
  server: AsyncDisposable,
  open: () => Promise<E>,
): Promise<OpenEnd<E>> {
  try {
    const end = await open()
    return {
      end,
      [Symbol.asyncDispose]: async () => {
        try {
          await end[Symbol.asyncDispose]()
        } finally {
          await server[Symbol.asyncDispose]()
        }
      },
    }
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

// The attempt's number is in the name: a sleeper that wakes finds its exporter gone, not its successor's.
const socketOf = ({ runDir }: Pick<TransferDependencies, 'runDir'>, owner: ChildOwner, end: string): string =>
  path.join(runDir, `${owner.diskId.slice(-24)}.${owner.attemptNo}.${end}`)

function transportFailed(transport: string, cause: ProcessError): Failure {
  const said = cause.stderrTail.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  const isRefused = /incorrect user name or password|InvalidLogin/i.test(said)
  return new Failure(
    isRefused ? 'source-login-refused' : 'transport-unavailable',
    `The ${transport} transport could not open the snapshot's disk: ${said === '' ? 'nbdkit did not start' : said}`,
    {
      retry: !isRefused,
      remedy: isRefused
        ? "Correct the platform's password, then start the backup again."
        : "Run the platform's test; check that nbdkit, its vddk plugin and the VDDK library are installed.",
      cause,
    },
  )
}
