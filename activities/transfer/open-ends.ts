import path from 'node:path'
import type { End, WritableEnd } from '../blocks/end.js'
import { openNbd } from '../blocks/nbd/nbd-end.js'
import type { Places } from '../blocks/places.js'
import type { DiskReader } from '../platforms/platform.js'
import type { ChildOwner } from '../processes/child-record.js'
import { nbdkitSource } from '../processes/nbdkit-source.js'
import { ProcessError } from '../processes/process-error.js'
import { qemuNbdTarget } from '../processes/qemu-nbd-target.js'
import type { TransferDependencies } from './dependencies.js'
import { openReopenable } from './reopenable-end.js'
import type { EndWatch, ReopenableEnd, ServedEnd } from './reopenable-end.js'
import { servedByChild } from './served-by-child.js'
import { isLoginRefused, transportFailed } from './transport-failure.js'

// Eight requests in flight on each. A source's connections count at the platform, and more won nothing there; qemu-nbd
// serves 16 requests of a client at once, and after it stood still it has more to go on with.
const connections = { source: 2, target: 4 }
const exportName = 'disk'

interface SourceOptions {
  /** Of the platform: every connection to it takes one. */
  readonly places: Places
  readonly watch?: EndWatch
  /** Asked when the disk cannot be opened again: throws where trying on is of no use. */
  readonly worthAnother?: () => Promise<void>
}

/** Opens the snapshot's disk for reading: through an nbdkit of ours, whose connections take places, or in this process. */
export function openSource(
  dependencies: TransferDependencies,
  reader: DiskReader,
  owner: ChildOwner,
  signal: AbortSignal,
  { places, watch, worthAnother }: SourceOptions,
): Promise<ReopenableEnd<End>> {
  const isOver = (): boolean => signal.aborted
  const openOnce = (opening: AbortSignal): Promise<ServedEnd<End>> =>
    reader.kind === 'end'
      ? openInProcess(reader)
      : serveSource(dependencies, reader, owner, { opening, isOver, places })
  let wasOpen = false
  const open = async (opening: AbortSignal): Promise<ServedEnd<End>> => {
    try {
      const served = await openOnce(opening)
      wasOpen = true
      return served
    } catch (error) {
      if (wasOpen && !opening.aborted) await worthAnother?.()
      throw error
    }
  }
  return openReopenable({ open, signal, withinMs: dependencies.reopenMs, watch })
}

async function openInProcess(reader: DiskReader & { kind: 'end' }): Promise<ServedEnd<End>> {
  const end = await reader.open()
  const close = () => Promise.resolve(end[Symbol.asyncDispose]())
  return { end, close, abandon: close, fate: () => Promise.resolve('it was lost or stood still') }
}

async function serveSource(
  { guard, programs, runDir }: TransferDependencies,
  { transport, pluginArgs, secrets }: DiskReader & { kind: 'nbdkit' },
  owner: ChildOwner,
  {
    opening,
    isOver,
    places,
  }: { readonly opening: AbortSignal; readonly isOver: () => boolean; readonly places: Places },
): Promise<ServedEnd<End>> {
  const socketPath = socketOf({ runDir }, owner, 's')
  const name = `${owner.diskId}.${owner.attemptNo}.source`
  const args = nbdkitSource({ socketPath, pluginArgs })
  const { nbdkit: program } = programs
  return await servedByChild({
    child: { guard, program, args, name, secrets, owner, readiness: { socketPath }, signal: opening },
    isOver,
    connect: (server) =>
      openNbd(
        { socketPath },
        { connections: connections.source, side: 'source', signal: opening, places },
      ).catch((cause: unknown) => {
        // VDDK logs in when it is connected to, long after nbdkit listens.
        const said = server.stderrTail()
        throw isLoginRefused(said) ? transportFailed(transport, said, cause) : cause
      }),
  }).catch((cause: unknown) => {
    throw cause instanceof ProcessError ? transportFailed(transport, cause.stderrTail, cause) : cause
  })
}

interface TargetOptions {
  readonly watch?: EndWatch
  /** The fence: asked before a server is started, and once it is on record, before anything is written through it. */
  readonly confirm: () => Promise<void>
}

/** Opens the backup's image for writing, through a qemu-nbd of ours. */
export function openTarget(
  { guard, programs, runDir, reopenMs }: TransferDependencies,
  image: string,
  owner: ChildOwner,
  signal: AbortSignal,
  { watch, confirm }: TargetOptions,
): Promise<ReopenableEnd<WritableEnd>> {
  const socketPath = socketOf({ runDir }, owner, 't')
  const name = `${owner.diskId}.${owner.attemptNo}.target`
  const args = qemuNbdTarget({ socketPath, exportName, file: image })
  const { qemuNbd: program } = programs
  const open = async (opening: AbortSignal): Promise<ServedEnd<WritableEnd>> => {
    // Else a newer attempt, which has just ended our exporter, could find the image locked by the next one.
    await confirm()
    return await servedByChild({
      child: { guard, program, args, name, owner, readiness: { socketPath }, signal: opening },
      connect: async () => {
        // A newer attempt ends the exporters it finds on record: who passes here is found by the next one.
        await confirm()
        return await openNbd(
          { socketPath },
          {
            exportName,
            connections: connections.target,
            side: 'target',
            signal: opening,
          },
        )
      },
    })
  }
  return openReopenable({ open, signal, withinMs: reopenMs, watch })
}

// The attempt's number is in the name: a sleeper that wakes finds its exporter gone, not its successor's.
const socketOf = ({ runDir }: Pick<TransferDependencies, 'runDir'>, owner: ChildOwner, end: string): string =>
  path.join(runDir, `${owner.diskId.slice(-24)}.${owner.attemptNo}.${end}`)
