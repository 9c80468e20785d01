import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { CopiedDisk } from '../../steps.js'
import type { CopyProgress } from '../../blocks/copy-meter.js'
import { readRecords } from '../../processes/child-record.js'
import type { ChildRecord } from '../../processes/child-record.js'
import { eventually } from '../../processes/testing/scratch.js'
import type { PointLab, TestPoint } from '../../repository/testing/point-lab.js'
import { copyDisk } from '../copy-disk.js'
import type { TransferDependencies } from '../dependencies.js'
import { openTransfer } from './memory-source.js'
import type { MemorySource } from './memory-source.js'

export type Side = 'source' | 'target'

/** A copy of a point's first disk that runs as the product runs it: nbdkit on a slow file, qemu-nbd on the image. */
export interface RunningCopy extends AsyncDisposable {
  readonly result: Promise<CopiedDisk>
  readonly said: readonly string[]
  readonly heartbeats: readonly unknown[]
  progress(): CopyProgress | undefined
  /** Waits until so much was read and something of it is durable. */
  reached(bytesRead: number): Promise<void>
  /** The servers of this copy that are on record. */
  servers(): Promise<ChildRecord[]>
  server(side: Side): Promise<ChildRecord>
  /** From now on a server of that side does this shell command instead of serving; undefined: serves again. */
  instead(side: Side, command: string | undefined): Promise<void>
  /** From now on the source is not slow any more. */
  hurry(): Promise<void>
  cancel(): void
}

interface Options extends Partial<Pick<TransferDependencies, 'reopenMs' | 'stallMs'>> {
  readonly changed?: NonNullable<MemorySource['changed']>
  readonly found?: () => Promise<void>
}

/** What a program does is read from a file at each start. */
const scripted = async (directory: string, program: string) => {
  const [script, order] = [path.join(directory, program), path.join(directory, `${program}.order`)]
  await writeFile(script, `#!/bin/sh\nif [ -s ${order} ]; then . ${order}; fi\nexec ${program} "$@"\n`, {
    mode: 0o755,
  })
  return { script, instead: (command: string | undefined) => writeFile(order, command ?? '') }
}

export const startCopy = async (
  lab: PointLab,
  point: TestPoint,
  { changed, found, ...timing }: Options = {},
): Promise<RunningCopy> => {
  const directory = await mkdtemp(path.join(tmpdir(), 'copy-'))
  const file = path.join(directory, 'disk.raw')
  await writeFile(file, point.contents[0] ?? '')
  const programs = {
    source: await scripted(directory, 'nbdkit'),
    target: await scripted(directory, 'qemu-nbd'),
  }
  const said: string[] = []
  const rateFile = path.join(directory, 'rate')
  const rate = ['rate=100M', `rate-file=${rateFile}`, 'burstiness=0.1']
  const pluginArgs = ['--filter=rate', 'file', file, ...rate]
  const transfer = openTransfer(lab, {
    ...{ rows: point.rows, contents: point.contents, said, ...(changed && { changed }) },
    ...(found && { found }),
    reader: () => ({ kind: 'nbdkit', transport: 'vddk', pluginArgs, secrets: [] }),
  })
  let latest: CopyProgress | undefined
  const heartbeats: unknown[] = []
  const dependencies: TransferDependencies = {
    ...transfer.dependencies,
    ...timing,
    programs: { nbdkit: programs.source.script, qemuNbd: programs.target.script },
    progress: {
      report: () => ({
        set: (progress) => void (latest = progress),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
  }
  const environment = new MockActivityEnvironment()
  environment.on('heartbeat', (view: unknown) => heartbeats.push(view))
  const diskId = point.rows[0]?.disk_id ?? ''
  const step = copyDisk(dependencies)
  const result: Promise<CopiedDisk> = environment.run(step, {
    backupId: point.id,
    diskId,
    heartbeatSeconds: 10,
  })
  result.catch(() => undefined)
  const servers = async (): Promise<ChildRecord[]> =>
    (await readRecords(lab.needs.guard.stateDir)).filter(({ owner }) => owner.jobId === point.id)
  return {
    result,
    said,
    heartbeats,
    progress: () => latest,
    reached: (bytesRead) =>
      eventually(
        `${bytesRead} bytes are read`,
        async () => {
          const checkpoint = await readFile(
            path.join(path.dirname(lab.files(point, 0).image), `${point.id}.1.checkpoint`),
          ).catch(() => undefined)
          return checkpoint !== undefined && (latest?.bytesRead ?? 0) >= bytesRead
        },
        30_000,
      ),
    servers,
    server: async (side) => {
      const one = (await servers()).find(({ name }) => name.endsWith(`.${side}`))
      if (one === undefined) throw new Error(`no server of the ${side} is on record`)
      return one
    },
    instead: (side, command) => programs[side].instead(command),
    hurry: async () => {
      // nbdkit reads it before each request: never half of it.
      await writeFile(`${rateFile}.next`, '10G\n')
      await rename(`${rateFile}.next`, rateFile)
    },
    cancel: () => environment.cancel('CANCELLED'),
    [Symbol.asyncDispose]: async () => {
      environment.cancel('CANCELLED')
      await result.catch(() => undefined)
      await transfer[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
